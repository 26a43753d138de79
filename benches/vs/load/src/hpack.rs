//! Reads header blocks (RFC 7541), as far as they tell how a call went.
//!
//! Of most fields only the size matters, which the dynamic table needs; `:status` and `grpc-status` are understood.

use std::collections::VecDeque;

use crate::failure::Failure;
use crate::huffman;

/// What a header block tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// `:status`.
    pub(crate) http: Option<u32>,
    /// `grpc-status`.
    pub(crate) grpc: Option<u32>,
}

/// The state that the blocks of one connection share.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The dynamic table, the newest entry first.
    table: VecDeque<Entry>,
    /// What the table takes by the rules of HPACK.
    size: usize,
    /// What was decoded of a name and a value.
    name: Vec<u8>,
    value: Vec<u8>,
    /// What the other side has lowered the table to, if it did.
    lowered: Option<usize>,
}

impl Decoder {
    /// Reads one whole header block.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Result<Head, Failure> {
        let mut head = Head::default();
        let mut input = Input { rest: block };
        while let Some(&first) = input.rest.first() {
            if first & 0x80 != 0 {
                let entry = self.entry(input.integer(7)?)?;
                head.note(entry);
            } else if first & 0x40 != 0 {
                let entry = self.literal(&mut input, 6)?;
                head.note(entry);
                self.insert(entry);
            } else if first & 0x20 != 0 {
                let limit = input.integer(5)?;
                if limit > TABLE {
                    return Err(BROKEN);
                }
                self.lowered = Some(limit);
                self.evict(limit);
            } else {
                let entry = self.literal(&mut input, 4)?;
                head.note(entry);
            }
        }
        Ok(head)
    }

    /// A field that is spelt out, its name perhaps by reference; the index takes so many bits of the first byte.
    fn literal(&mut self, input: &mut Input<'_>, bits: u32) -> Result<Entry, Failure> {
        let index = input.integer(bits)?;
        let (name, name_length) = if index == 0 {
            input.string(&mut self.name)?;
            (Name::of(&self.name), self.name.len())
        } else {
            let entry = self.entry(index)?;
            (entry.name, entry.name_length)
        };
        input.string(&mut self.value)?;
        let value = match name {
            Name::Other => None,
            Name::HttpStatus | Name::GrpcStatus => std::str::from_utf8(&self.value).ok().and_then(|v| v.parse().ok()),
        };
        Ok(Entry { name, name_length, value, size: name_length + self.value.len() + OVERHEAD })
    }

    fn entry(&self, index: usize) -> Result<Entry, Failure> {
        match index.checked_sub(1).ok_or(BROKEN)? {
            fixed if fixed < STATIC_NAMES.len() => {
                let name_length = STATIC_NAMES[fixed];
                let value = STATUSES.get(fixed.wrapping_sub(FIRST_STATUS)).copied();
                let name = if value.is_some() { Name::HttpStatus } else { Name::Other };
                Ok(Entry { name, name_length, value, size: 0 })
            }
            dynamic => self.table.get(dynamic - STATIC_NAMES.len()).copied().ok_or(BROKEN),
        }
    }

    fn insert(&mut self, entry: Entry) {
        let limit = self.lowered.unwrap_or(TABLE);
        self.evict(limit.saturating_sub(entry.size));
        if entry.size <= limit {
            self.size += entry.size;
            self.table.push_front(entry);
        }
    }

    fn evict(&mut self, limit: usize) {
        while self.size > limit {
            let Some(oldest) = self.table.pop_back() else { return };
            self.size -= oldest.size;
        }
    }
}

impl Head {
    fn note(&mut self, entry: Entry) {
        match entry.name {
            Name::Other => {}
            Name::HttpStatus => self.http = entry.value,
            Name::GrpcStatus => self.grpc = entry.value,
        }
    }
}

/// A field, without what is of no interest.
#[derive(Clone, Copy, Debug)]
struct Entry {
    name: Name,
    name_length: usize,
    /// Of `:status` and `grpc-status`, unless it is no number.
    value: Option<u32>,
    size: usize,
}

#[derive(Clone, Copy, Debug)]
enum Name {
    HttpStatus,
    GrpcStatus,
    Other,
}

impl Name {
    fn of(name: &[u8]) -> Self {
        match name {
            b":status" => Self::HttpStatus,
            b"grpc-status" => Self::GrpcStatus,
            _ => Self::Other,
        }
    }
}

/// What is left of a header block.
struct Input<'a> {
    rest: &'a [u8],
}

impl Input<'_> {
    /// An integer that begins in the lowest `bits` of the first byte.
    fn integer(&mut self, bits: u32) -> Result<usize, Failure> {
        let mask = (1 << bits) - 1;
        let mut value = usize::from(self.byte()?) & mask;
        if value < mask {
            return Ok(value);
        }
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BROKEN)
    }

    /// Puts a string into `output`, in the place of what is there.
    fn string(&mut self, output: &mut Vec<u8>) -> Result<(), Failure> {
        output.clear();
        let coded = self.rest.first().is_some_and(|first| first & 0x80 != 0);
        let length = self.integer(7)?;
        let (string, rest) = self.rest.split_at_checked(length).ok_or(BROKEN)?;
        self.rest = rest;
        if coded {
            return huffman::decode(string, output).ok_or(BROKEN);
        }
        output.extend_from_slice(string);
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Failure> {
        let (&first, rest) = self.rest.split_first().ok_or(BROKEN)?;
        self.rest = rest;
        Ok(first)
    }
}

/// Writes an integer that begins in the lowest `bits` of a byte whose other bits are `pattern`.
pub(crate) fn put_integer(output: &mut Vec<u8>, pattern: u8, bits: u32, value: usize) {
    let mask = (1 << bits) - 1;
    if value < mask {
        return output.push(pattern | value as u8);
    }
    output.push(pattern | mask as u8);
    let mut rest = value - mask;
    while rest >= 0x80 {
        output.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    output.push(rest as u8);
}

/// Writes a string in whatever form is shorter.
pub(crate) fn put_string(output: &mut Vec<u8>, string: &[u8]) {
    let coded = huffman::encoded_len(string);
    if coded < string.len() {
        put_integer(output, 0x80, 7, coded);
        huffman::encode(string, output);
    } else {
        put_integer(output, 0, 7, string.len());
        output.extend_from_slice(string);
    }
}

/// The size of the dynamic table until somebody says otherwise; we never do.
pub(crate) const TABLE: usize = 4096;

/// What an entry of the dynamic table counts beyond its name and value.
pub(crate) const OVERHEAD: usize = 32;

/// The lengths of the names of the static table (RFC 7541, appendix A).
const STATIC_NAMES: [usize; 61] = [
    10, 7, 7, 5, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 14, 15, 15, 13, 6, 27, 3, 5, 13, 13, 19, 16, 16, 14, 16, 13, 12, 6, 4,
    4, 6, 7, 4, 4, 8, 17, 13, 8, 19, 13, 4, 8, 12, 18, 19, 5, 7, 7, 11, 6, 10, 25, 17, 10, 4, 3, 16,
];

/// Where `:status` begins in the static table, counted from 0, and its values there.
const FIRST_STATUS: usize = 7;
const STATUSES: [u32; 7] = [200, 204, 206, 304, 400, 404, 500];

const BROKEN: Failure = Failure::Protocol("a header block that is no HPACK");

#[cfg(test)]
mod tests {
    use super::*;

    /// The second byte string of a literal with incremental indexing and a new name.
    fn literal(output: &mut Vec<u8>, name: &str, value: &str) {
        output.push(0x40);
        put_string(output, name.as_bytes());
        put_string(output, value.as_bytes());
    }

    #[test]
    fn statuses_are_found_by_any_way_of_writing_them() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(b"\x88"), Ok(Head { http: Some(200), grpc: None }));
        assert_eq!(decoder.decode(b"\x08\x03503"), Ok(Head { http: Some(503), grpc: None }));
        assert_eq!(decoder.decode(b"\x00\x0bgrpc-status\x0213"), Ok(Head { http: None, grpc: Some(13) }));
        let mut block = Vec::new();
        literal(&mut block, "date", "Mon, 21 Oct 2013 20:13:21 GMT");
        literal(&mut block, "grpc-status", "0");
        assert_eq!(decoder.decode(&block), Ok(Head { http: None, grpc: Some(0) }));
        // The same by index, another value of its name by index, and the entry before it.
        assert_eq!(decoder.decode(b"\xbe"), Ok(Head { http: None, grpc: Some(0) }));
        assert_eq!(decoder.decode(b"\x0f\x2f\x017"), Ok(Head { http: None, grpc: Some(7) }));
        assert_eq!(decoder.decode(b"\xbf"), Ok(Head::default()));
        assert!(decoder.decode(b"\xc0").is_err());
    }

    #[test]
    fn the_examples_of_the_rfc_leave_tables_of_their_sizes() {
        // RFC 7541, section C.6: responses in Huffman's code, here in a table that is large enough for all of them.
        let mut decoder = Decoder::default();
        let first = b"\x48\x82\x64\x02\x58\x85\xae\xc3\x77\x1a\x4b\x61\x96\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\
            \x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff\x6e\x91\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\
            \x82\xae\x43\xd3";
        assert_eq!(decoder.decode(first).unwrap().http, Some(302));
        assert_eq!(decoder.size, 222);
        assert_eq!(decoder.decode(b"\x48\x83\x64\x0e\xff\xc1\xc0\xbf").unwrap().http, Some(307));
        assert_eq!(decoder.size, 264);
    }

    #[test]
    fn old_entries_make_room_and_a_smaller_table_drops_them() {
        let mut decoder = Decoder::default();
        let mut block = Vec::new();
        literal(&mut block, "grpc-status", "0");
        decoder.decode(&block).unwrap();
        let one = decoder.size;
        for _ in 0..200 {
            decoder.decode(&block).unwrap();
        }
        assert_eq!(decoder.size, TABLE / one * one);
        decoder.decode(&[0x3f, 100 - 31]).unwrap();
        assert_eq!((decoder.size, decoder.table.len()), (one * 2, 2));
        decoder.decode(&[0x20]).unwrap();
        assert!(decoder.table.is_empty());
        decoder.decode(&block).unwrap();
        assert!(decoder.table.is_empty(), "larger than the table");
    }

    #[test]
    fn a_block_that_is_cut_off_is_refused() {
        let mut block = Vec::new();
        literal(&mut block, "grpc-status", "0");
        for end in 1..block.len() {
            assert!(Decoder::default().decode(&block[..end]).is_err(), "{end} bytes");
        }
        assert!(Decoder::default().decode(b"\xff\xff\xff\xff\xff\xff").is_err(), "an endless integer");
    }

    #[test]
    fn integers_are_read_as_written() {
        for value in [0, 9, 30, 31, 32, 158, 159, 1337, 16_384, 1_000_000] {
            let mut bytes = Vec::new();
            put_integer(&mut bytes, 0x20, 5, value);
            let mut input = Input { rest: &bytes };
            assert_eq!(input.integer(5), Ok(value));
            assert!(input.rest.is_empty());
        }
    }
}
