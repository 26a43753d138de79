//! Blocks of headers (HPACK, RFC 7541), told again with another authority.

use std::collections::VecDeque;

use bytes::Bytes;
use http::uri::Authority;

use crate::transport::huffman;

/// Reads the blocks of one direction of a connection, and tells those again
/// whose authority h2 would refuse.
///
/// From the first of them on each block is told again, without the dynamic
/// table: h2's stays as it was, and that of the peer is here.
#[derive(Debug)]
pub(super) struct Blocks {
    table: Table,
    /// The fields of the block at hand, as they are told again.
    told: Vec<u8>,
    /// Whether h2 no longer sees blocks as they came.
    retells: bool,
    /// The largest header list that h2 takes.
    limit: usize,
}

/// A block that breaks a rule of HPACK, or is larger than any that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Blocks {
    pub(super) fn new(limit: usize) -> Self {
        Self { table: Table::default(), told: Vec::new(), retells: false, limit }
    }

    /// The largest block that can be taken.
    pub(super) fn most(&self) -> usize {
        self.limit.saturating_mul(ABUSE)
    }

    /// Reads a block, and gives what h2 is to see instead; `None` if that is the block itself.
    pub(super) fn read(&mut self, block: &[u8]) -> Result<Option<&[u8]>, Malformed> {
        self.told.clear();
        let (mut rest, mut size, mut refused) = (block, 0, false);
        while let Some(first) = rest.first() {
            let entry = match first {
                0x80.. => self.table.get(integer(&mut rest, 7)?)?,
                0x40.. => {
                    let entry = self.literal(&mut rest, 6)?;
                    self.table.insert(entry.clone());
                    entry
                }
                0x20.. => {
                    self.table.resize(integer(&mut rest, 5)?)?;
                    continue;
                }
                _ => self.literal(&mut rest, 4)?,
            };
            // Beyond the limit h2 keeps nothing; and to go on for ever is abuse.
            if size <= self.limit {
                refused |= entry.tell(&mut self.told);
            }
            size += entry.size();
            if size > self.most() {
                return Err(Malformed);
            }
        }
        self.retells |= refused;
        Ok(self.retells.then_some(&self.told))
    }

    /// A field whose value, and maybe its name, is written out.
    fn literal(&self, rest: &mut &[u8], prefix: u32) -> Result<Entry, Malformed> {
        let name = match integer(rest, prefix)? {
            0 => Name::Literal(string(rest)?),
            index => self.table.get(index)?.name,
        };
        Ok(Entry { name, value: Some(string(rest)?) })
    }
}

/// The peer's dynamic table.
#[derive(Debug)]
struct Table {
    /// The newest first.
    entries: VecDeque<Entry>,
    size: usize,
    most: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { entries: VecDeque::new(), size: 0, most: TABLE }
    }
}

impl Table {
    /// A field of the static table or of this one.
    fn get(&self, index: usize) -> Result<Entry, Malformed> {
        match index.checked_sub(NAMES.len() + 1) {
            Some(place) => self.entries.get(place).cloned().ok_or(Malformed),
            None if index == 0 => Err(Malformed),
            None => Ok(Entry { name: Name::Static(index), value: None }),
        }
    }

    fn insert(&mut self, entry: Entry) {
        self.size += entry.size();
        self.entries.push_front(entry);
        self.evict();
    }

    fn resize(&mut self, most: usize) -> Result<(), Malformed> {
        if most > TABLE {
            return Err(Malformed);
        }
        self.most = most;
        self.evict();
        Ok(())
    }

    fn evict(&mut self) {
        while self.size > self.most
            && let Some(entry) = self.entries.pop_back()
        {
            self.size -= entry.size();
        }
    }
}

/// A field.
#[derive(Clone, Debug)]
struct Entry {
    name: Name,
    /// `None` is the one that the static table has.
    value: Option<Bytes>,
}

#[derive(Clone, Debug)]
enum Name {
    /// By its place in the static table.
    Static(usize),
    Literal(Bytes),
}

impl Entry {
    /// Tells the field in words that need no dynamic table; whether its value is another one then.
    fn tell(&self, told: &mut Vec<u8>) -> bool {
        let refused = self.is_authority() && !self.value.as_deref().is_some_and(is_authority);
        let value = if refused { Some(INSTEAD) } else { self.value.as_deref() };
        match (&self.name, value) {
            (Name::Static(index), None) => put_integer(told, 0x80, 7, *index),
            (Name::Static(index), Some(value)) => {
                put_integer(told, 0, 4, *index);
                put_string(told, value);
            }
            (Name::Literal(name), value) => {
                told.push(0);
                put_string(told, name);
                put_string(told, value.unwrap_or_default());
            }
        }
        refused
    }

    fn is_authority(&self) -> bool {
        match &self.name {
            Name::Static(index) => *index == AUTHORITY,
            Name::Literal(name) => name == &b":authority"[..],
        }
    }

    /// As HPACK counts it; a value of the static table is short.
    fn size(&self) -> usize {
        let name = match &self.name {
            Name::Static(index) => usize::from(NAMES[index - 1]),
            Name::Literal(name) => name.len(),
        };
        name + self.value.as_ref().map_or(0, Bytes::len) + 32
    }
}

/// Whether h2 takes it for an authority.
fn is_authority(value: &[u8]) -> bool {
    Authority::try_from(value).is_ok()
}

/// Takes a number whose first byte has so many bits of it.
fn integer(rest: &mut &[u8], prefix: u32) -> Result<usize, Malformed> {
    let (first, mut bytes) = rest.split_first().ok_or(Malformed)?;
    let full = (1 << prefix) - 1;
    let mut number = usize::from(*first) & full;
    if number == full {
        // More than four bytes are no number that means anything.
        for shift in [0, 7, 14, 21] {
            let (byte, behind) = bytes.split_first().ok_or(Malformed)?;
            bytes = behind;
            number += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                *rest = bytes;
                return Ok(number);
            }
        }
        return Err(Malformed);
    }
    *rest = bytes;
    Ok(number)
}

/// Takes a string, in the code of Huffman or without.
fn string(rest: &mut &[u8]) -> Result<Bytes, Malformed> {
    let coded = rest.first().is_some_and(|first| first & 0x80 != 0);
    let length = integer(rest, 7)?;
    let (text, behind) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = behind;
    if !coded {
        return Ok(Bytes::copy_from_slice(text));
    }
    let mut decoded = Vec::new();
    huffman::decode(text, &mut decoded).ok_or(Malformed)?;
    Ok(decoded.into())
}

fn put_integer(told: &mut Vec<u8>, kind: u8, prefix: u32, number: usize) {
    let full = (1 << prefix) - 1;
    if number < full {
        told.push(kind | number as u8);
        return;
    }
    told.push(kind | full as u8);
    let mut rest = number - full;
    while rest >= 0x80 {
        told.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    told.push(rest as u8);
}

fn put_string(told: &mut Vec<u8>, text: &[u8]) {
    put_integer(told, 0, 7, text.len());
    told.extend_from_slice(text);
}

/// The authority that h2 is told instead: that of a client of this library.
const INSTEAD: &[u8] = b"localhost";

/// The place of `:authority` in the static table.
const AUTHORITY: usize = 1;

/// How large the peer's table may be: HTTP/2's default, which h2 leaves as it is.
const TABLE: usize = 4096;

/// How many times the largest header list h2 reads before it ends the connection.
const ABUSE: usize = 4;

/// The lengths of the names in the static table (RFC 7541, appendix A).
const NAMES: [u8; 61] = [
    10, 7, 7, 5, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 14, 15, 15, 13, 6, 27, 3, 5, 13, 13, 19, 16, 16, 14, 16, 13, 12, 6, 4,
    4, 6, 7, 4, 4, 8, 17, 13, 8, 19, 13, 4, 8, 12, 18, 19, 5, 7, 7, 11, 6, 10, 25, 17, 10, 4, 3, 16,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        [&[text.len() as u8], text.as_bytes()].concat()
    }

    /// A block with a field that is entered into the table: a name by its number, and its value.
    fn entered(name: u8, value: &str) -> Vec<u8> {
        [vec![0x40 | name], text(value)].concat()
    }

    fn localhost() -> Vec<u8> {
        [&[0x01], &text("localhost")[..]].concat()
    }

    #[test]
    fn blocks_pass_as_they_came_until_an_authority_is_refused() {
        let mut blocks = Blocks::new(1_000);
        let (good, path) = (entered(1, "example.com:80"), entered(4, "/a.A/A"));
        assert_eq!(blocks.read(&[&[0x83, 0x86][..], &path, &good].concat()), Ok(None));
        assert_eq!(blocks.read(&[0x83, 0x86, 0xbf, 0xbe]), Ok(None));
        assert_eq!(blocks.read(&path), Ok(None));
        for refused in ["/run/x.sock", "%2Frun%2Fx.sock", "", "passthrough:///x"] {
            let told = [&[0x83, 0x86, 0x04][..], &text("/a.A/A"), &localhost()].concat();
            assert_eq!(blocks.read(&[&[0x83, 0x86, 0xbe][..], &entered(1, refused)].concat()), Ok(Some(&told[..])));
            // What was entered is known from now on, and what was before.
            assert_eq!(blocks.read(&[0x83, 0x86, 0xbf, 0xbe]), Ok(Some(&told[..])), "{refused}");
            blocks.read(&path).unwrap();
        }
        let told = [&[0x01][..], &text("example.com:80")].concat();
        assert_eq!(blocks.read(&good), Ok(Some(&told[..])));
    }

    /// However the name is written: by its number alone, in letters, by an entry of the table; and whatever the
    /// value's code is.
    #[test]
    fn an_authority_is_known_in_all_its_forms() {
        let name = [&[0x40][..], &text(":authority"), &text("a/b")].concat();
        let lettered = [&[0x00][..], &text(":authority"), &text("localhost")].concat();
        let mut blocks = Blocks::new(1_000);
        assert_eq!(blocks.read(&[0x81]), Ok(Some(&localhost()[..])));
        assert_eq!(blocks.read(&name), Ok(Some(&lettered[..])));
        assert_eq!(blocks.read(&[&[0x7e][..], &text("/")].concat()), Ok(Some(&lettered[..])));
        // "302/" in Huffman's code, and never to be entered.
        assert_eq!(blocks.read(&[0x11, 0x83, 0x64, 0x02, 0x63]), Ok(Some(&localhost()[..])));
    }

    #[test]
    fn the_table_forgets_as_the_peer_does() {
        let mut blocks = Blocks::new(100_000);
        assert_eq!(blocks.read(&entered(1, "/x")).map(|told| told.is_some()), Ok(true));
        // Entries of 32 + 5 + 63 bytes: 40 of them leave room for no more.
        let path = format!("/{}", "p".repeat(62));
        for _ in 0..41 {
            blocks.read(&entered(4, &path)).unwrap();
        }
        assert_eq!(blocks.table.entries.len(), 40);
        assert!(blocks.read(&[0x80 + 62 + 39]).is_ok());
        assert_eq!(blocks.read(&[0x80 + 62 + 40]), Err(Malformed));
        // Emptied, and as large as before.
        assert!(blocks.read(&[0x20, 0x3f, 0xe1, 0x1f]).is_ok());
        assert_eq!((blocks.table.entries.len(), blocks.table.size), (0, 0));
        assert_eq!(blocks.read(&[0x3f, 0xe2, 0x1f]), Err(Malformed));
    }

    #[test]
    fn what_grows_is_bounded() {
        let mut blocks = Blocks::new(5_000);
        let value = "v".repeat(100);
        blocks.read(&[&[0x81][..], &entered(58, &value)].concat()).unwrap();
        let told = blocks.read(&[0xbe; 100]).unwrap().unwrap().len();
        assert!((3_500..4_000).contains(&told), "{told}");
        assert_eq!(blocks.read(&[0xbe; 200]), Err(Malformed));
    }

    #[test]
    fn what_is_cut_off_is_malformed() {
        let block = [&[0x83][..], &entered(1, "/x"), &[0x40], &text("name"), &text("value")].concat();
        let whole = [1, 5, block.len()];
        for end in 0..block.len() {
            assert_eq!(Blocks::new(100).read(&block[..end]).is_ok(), end == 0 || whole.contains(&end), "{end}");
        }
        for malformed in [&[0x80][..], &[0xbe], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &[0x41, 0x81, 0x00]] {
            assert_eq!(Blocks::new(100).read(malformed), Err(Malformed), "{malformed:x?}");
        }
    }
}
