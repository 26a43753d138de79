//! The tags of fields, as generated code reads them.

use std::io;

use protobuf::{CodedInputStream, Error, Result};

/// The next tag, or `None` at the end of the message, for generated code.
///
/// It reads what protobuf's own function reads. Tags of one byte, by far the most
/// common, are read in place.
///
/// # Errors
///
/// If the tag is cut off, or takes more than five bytes or 32 bits.
#[inline(always)]
pub fn read_tag(stream: &mut CodedInputStream<'_>) -> Result<Option<u32>> {
    if stream.eof()? {
        return Ok(None);
    }
    match stream.read_raw_byte()? {
        first if first < MORE => Ok(Some(u32::from(first))),
        first => read_rest(first, stream).map(Some),
    }
}

/// The tag that begins with `first`.
#[inline(never)]
fn read_rest(first: u8, stream: &mut CodedInputStream<'_>) -> Result<u32> {
    let begin = stream.pos();
    let rest = stream.read_raw_varint32()?;
    if stream.pos() - begin > REST || rest.leading_zeros() < 7 {
        return Err(too_long());
    }
    Ok(u32::from(first & !MORE) | rest << 7)
}

#[cold]
fn too_long() -> Error {
    io::Error::new(io::ErrorKind::InvalidData, "a tag has more than 32 bits").into()
}

/// The bit of a byte that says that another one follows.
const MORE: u8 = 0x80;

/// How many bytes may follow the first.
const REST: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    /// Tags of every length, cut off at every byte, too long and too large: read as by protobuf's own function.
    #[test]
    fn tags_are_read_as_by_protobuf() {
        let mut cases: Vec<Vec<u8>> = vec![
            vec![],
            vec![0x0a, 0x01],
            vec![0x92, 0x01, 0x07],
            vec![0x80, 0x00],
            vec![0x80, 0x80, 0x80, 0x80, 0x00],
            vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0x01],
            vec![0xff, 0xff, 0xff, 0xff, 0x10],
            vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            vec![0xff; 11],
        ];
        for whole in cases.clone() {
            cases.extend((0..whole.len()).map(|end| whole[..end].to_vec()));
        }
        for bytes in cases {
            let (mut ours, mut theirs) = (CodedInputStream::from_bytes(&bytes), CodedInputStream::from_bytes(&bytes));
            let (tag, expected) = (read_tag(&mut ours).ok(), theirs.read_raw_tag_or_eof().ok());
            assert_eq!(tag, expected, "{bytes:x?}");
            if tag.is_some() {
                assert_eq!(ours.pos(), theirs.pos(), "{bytes:x?}");
            }
        }
    }
}
