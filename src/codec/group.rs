//! Groups, which no type has here: they are stepped over, and have to be well-formed.

use std::io;

use protobuf::rt::{WireType, read_unknown_or_skip_group};
use protobuf::{CodedInputStream, Error, Result, UnknownFields};

/// Keeps a field that the type of its message does not have, for generated code.
///
/// A group is checked and not kept.
///
/// # Errors
///
/// If the field cannot be read, or if a group in it is closed by another number,
/// is never closed, or holds more than 100 others in each other.
#[cold]
pub fn read_unknown(tag: u32, stream: &mut CodedInputStream<'_>, fields: &mut UnknownFields) -> Result<()> {
    if tag & WIRE == START { skip_group(tag >> 3, stream) } else { read_unknown_or_skip_group(tag, stream, fields) }
}

/// Steps over a field that an entry of a map does not have, for generated code.
///
/// # Errors
///
/// As [`read_unknown`].
#[cold]
pub fn skip_unknown(tag: u32, stream: &mut CodedInputStream<'_>) -> Result<()> {
    match WireType::new(tag & WIRE) {
        Some(WireType::StartGroup) if tag >> 3 != 0 => skip_group(tag >> 3, stream),
        Some(wire) if tag >> 3 != 0 => stream.skip_field(wire),
        _ => Err(malformed(format!("there is no field with the tag {tag}"))),
    }
}

fn skip_group(number: u32, stream: &mut CodedInputStream<'_>) -> Result<()> {
    let mut open = vec![number];
    while let Some(innermost) = open.last().copied() {
        let Some(tag) = stream.read_raw_tag_or_eof()? else {
            return Err(malformed(format!("the group {innermost} is never closed")));
        };
        match (tag >> 3, WireType::new(tag & WIRE)) {
            (0, _) | (_, None) => return Err(malformed(format!("there is no field with the tag {tag}"))),
            (number, Some(WireType::StartGroup)) if open.len() < DEPTH => open.push(number),
            (_, Some(WireType::StartGroup)) => {
                return Err(malformed(format!("more than {DEPTH} groups in each other")));
            }
            (number, Some(WireType::EndGroup)) if number == innermost => drop(open.pop()),
            (number, Some(WireType::EndGroup)) => {
                return Err(malformed(format!("the group {innermost} is closed by the number {number}")));
            }
            (_, Some(wire)) => stream.skip_field(wire)?,
        }
    }
    Ok(())
}

#[cold]
fn malformed(why: String) -> Error {
    io::Error::new(io::ErrorKind::InvalidData, why).into()
}

/// The part of a tag that tells the form of the value.
const WIRE: u32 = 7;
const START: u32 = 3;

/// As deep as messages may be.
const DEPTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a field that a message does not have, and of one that an entry does not have.
    fn read(bytes: &[u8]) -> [std::result::Result<bool, String>; 2] {
        let mut fields = UnknownFields::new();
        [true, false].map(|kept| {
            let mut stream = CodedInputStream::from_bytes(bytes);
            let tag = stream.read_raw_varint32().unwrap();
            let read = if kept { read_unknown(tag, &mut stream, &mut fields) } else { skip_unknown(tag, &mut stream) };
            read.map_err(|error| error.to_string()).map(|()| stream.eof().unwrap())
        })
    }

    #[test]
    fn whole_groups_are_stepped_over() {
        // Empty; with a field of each form; with a group inside; and with a number of two bytes.
        let forms = [0x0b, 0x10, 1, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x22, 1, 9, 0x2d, 1, 2, 3, 4, 0x0c];
        for group in [&[0x0b, 0x0c][..], &forms, &[0x0b, 0x13, 0x14, 0x0c], &[0x83, 0x01, 0x84, 0x01]] {
            assert_eq!(read(group), [Ok(true), Ok(true)], "{group:x?}");
        }
    }

    #[test]
    fn groups_that_are_not_whole_are_malformed() {
        let deep = [vec![0x0b; DEPTH + 1], vec![0x0c; DEPTH + 1]].concat();
        let table = [
            (&[0x0b, 0x14][..], "the group 1 is closed by the number 2"),
            (&[0x0b, 0x13, 0x0c, 0x14], "the group 2 is closed by the number 1"),
            (&[0x0b], "the group 1 is never closed"),
            (&[0x0b, 0x10, 1], "the group 1 is never closed"),
            (&[0x0b, 0x03, 0x0c], "no field with the tag 3"),
            (&[0x0b, 0x0f, 0x0c], "no field with the tag 15"),
            (&deep, "more than 100 groups in each other"),
        ];
        for (bytes, words) in table {
            for read in read(bytes) {
                let error = read.unwrap_err();
                assert!(error.contains(words), "{bytes:x?}: {error}");
            }
        }
        // Closed before it was opened.
        assert!(read(&[0x0c]).iter().all(std::result::Result::is_err));
        let whole = [vec![0x0b; DEPTH], vec![0x0c; DEPTH]].concat();
        assert_eq!(read(&whole), [Ok(true), Ok(true)]);
    }
}
