//! What requests say: their header blocks, all of it by reference once a connection has said it in full, and bodies.

use crate::hpack::{self, OVERHEAD, put_integer, put_string};
use crate::streams::Upload;

/// What all calls of one kind send.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) headers: Headers,
    pub(crate) body: Upload,
}

/// What calls of one kind say in their headers.
#[derive(Debug)]
pub(crate) struct Headers {
    /// Name, value and the index of the name in the static table.
    fields: [(&'static str, String, usize); 5],
    /// Of `http` and `https`, what the static table has.
    scheme: u8,
    /// Metadata in several versions, ready to be sent; none if there is none.
    metadata: Vec<Vec<u8>>,
    /// The paths that calls have in turn, ready to be sent; if there are none, that of `fields`.
    paths: Vec<Vec<u8>>,
}

impl Headers {
    /// Headers of calls to `path`, each with `metadata` bytes of values that no call before it had.
    pub(crate) fn new(path: &str, authority: &str, tls: bool, metadata: usize) -> Self {
        let field = |name, value: &str, index| (name, value.to_owned(), index);
        let versions = if metadata == 0 { 0 } else { VERSIONS };
        Self {
            fields: [
                field(":path", path, PATH),
                field(":authority", authority, 1),
                field("te", "trailers", 0),
                field("content-type", "application/grpc", 31),
                field("user-agent", "vs-load/0", 58),
            ],
            scheme: if tls { SCHEME_HTTPS } else { SCHEME_HTTP },
            metadata: (0..versions).map(|version| random_metadata(metadata, version)).collect(),
            paths: Vec::new(),
        }
    }

    /// Lets calls go to `path` with the numbers below `methods` behind it, in turn. Paths do not go into the table then, so
    /// that each costs the server the same however many there are. With 0, nothing changes.
    pub(crate) fn with_methods(mut self, path: &str, methods: usize) -> Self {
        let literal = |method| {
            let mut output = Vec::new();
            put_integer(&mut output, 0x00, 4, PATH);
            put_string(&mut output, format!("{path}{method}").as_bytes());
            output
        };
        self.paths = (0..methods).map(literal).collect();
        self
    }
}

/// What one connection has told its server, and how the next block refers to it.
#[derive(Debug)]
pub(crate) struct Encoder {
    /// The dynamic table, the oldest entry first. Nothing is ever evicted: what has no room is not inserted.
    table: Vec<(&'static str, String)>,
    size: usize,
    limit: usize,
    /// Of each kind of calls, its block without metadata, as long as the table is what it was.
    blocks: Vec<Option<Vec<u8>>>,
    /// The server wants a smaller table: the next block says that it is emptied and how large it is now.
    resized: bool,
    /// How many blocks there were: which version of the metadata and which path come next.
    version: usize,
}

impl Encoder {
    pub(crate) fn new(kinds: usize) -> Self {
        Self { table: Vec::new(), size: 0, limit: hpack::TABLE, blocks: vec![None; kinds], resized: false, version: 0 }
    }

    /// Obeys the server's SETTINGS_HEADER_TABLE_SIZE.
    pub(crate) fn resize(&mut self, limit: usize) {
        if limit < self.limit {
            *self = Self { limit, resized: true, version: self.version, ..Self::new(self.blocks.len()) };
        }
    }

    /// Appends the block of a call of this kind, which has these headers.
    pub(crate) fn encode(&mut self, kind: usize, headers: &Headers, output: &mut Vec<u8>) {
        if std::mem::take(&mut self.resized) {
            put_integer(output, 0x20, 5, 0);
            put_integer(output, 0x20, 5, self.limit);
        }
        if let Some(path) = turn(&headers.paths, self.version) {
            output.extend_from_slice(path);
        }
        if let Some(block) = &self.blocks[kind] {
            output.extend_from_slice(block);
        } else {
            self.spell(kind, headers, output);
        }
        if let Some(metadata) = turn(&headers.metadata, self.version) {
            output.extend_from_slice(metadata);
        }
        self.version += 1;
    }

    /// Writes a block in full, and keeps it if it refers only to what the server knows.
    fn spell(&mut self, kind: usize, headers: &Headers, output: &mut Vec<u8>) {
        let start = output.len();
        let mut known = true;
        output.extend_from_slice(&[METHOD_POST, headers.scheme]);
        let written = usize::from(!headers.paths.is_empty());
        for (name, value, index) in &headers.fields[written..] {
            known &= self.field(name, value, *index, output);
        }
        if known {
            self.blocks[kind] = Some(output[start..].to_vec());
        }
    }

    /// Writes a field; false if it went into the table by that.
    fn field(&mut self, name: &'static str, value: &str, index: usize, output: &mut Vec<u8>) -> bool {
        if let Some(at) = self.table.iter().rposition(|(n, v)| *n == name && v == value) {
            put_integer(output, 0x80, 7, STATIC + self.table.len() - at);
            return true;
        }
        let size = name.len() + value.len() + OVERHEAD;
        let room = self.size + size <= self.limit;
        let (pattern, bits) = if room { (0x40, 6) } else { (0x00, 4) };
        put_integer(output, pattern, bits, index);
        if index == 0 {
            put_string(output, name.as_bytes());
        }
        put_string(output, value.as_bytes());
        if room {
            self.size += size;
            self.table.push((name, value.to_owned()));
            // Everything in the table is one further away now.
            self.blocks.fill(None);
        }
        !room
    }
}

/// The one whose turn it is, if there are any.
fn turn(versions: &[Vec<u8>], number: usize) -> Option<&Vec<u8>> {
    versions.get(number.checked_rem(versions.len())?)
}

/// Fields whose values are `bytes` in all, at most 100 each, not to be put into the table.
fn random_metadata(bytes: usize, version: usize) -> Vec<u8> {
    let mut output = Vec::new();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(version as u64 + 1);
    let mut value = Vec::new();
    for (entry, start) in (0..bytes).step_by(LARGEST_ENTRY).enumerate() {
        value.clear();
        for _ in start..bytes.min(start + LARGEST_ENTRY) {
            // xorshift: what it gives looks random enough to a header table.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            value.push(ALPHABET[(state >> 58) as usize]);
        }
        put_integer(&mut output, 0x00, 4, 0);
        put_string(&mut output, format!("x-load-{entry}").as_bytes());
        put_string(&mut output, &value);
    }
    output
}

/// How many calls it takes until metadata repeats.
const VERSIONS: usize = 64;

const LARGEST_ENTRY: usize = 100;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The entries of the static table, and those that are used as they are.
const STATIC: usize = 61;
const PATH: usize = 4;
const METHOD_POST: u8 = 0x83;
const SCHEME_HTTP: u8 = 0x86;
const SCHEME_HTTPS: u8 = 0x87;

#[cfg(test)]
mod tests {
    use super::*;

    fn block(encoder: &mut Encoder, kind: usize, headers: &Headers) -> Vec<u8> {
        let mut output = Vec::new();
        encoder.encode(kind, headers, &mut output);
        output
    }

    #[test]
    fn from_the_second_call_on_headers_are_seven_bytes() {
        let (a, b) = (Headers::new("/a.A/A", "h", false, 0), Headers::new("/b.B/B", "h", true, 0));
        let mut encoder = Encoder::new(2);
        assert!(block(&mut encoder, 0, &a).len() > 40);
        assert_eq!(block(&mut encoder, 0, &a), [0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe]);
        // Another path becomes the newest entry, and the others move.
        assert!(block(&mut encoder, 1, &b).starts_with(&[0x83, 0x87, 0x44]));
        assert_eq!(block(&mut encoder, 1, &b), [0x83, 0x87, 0xbe, 0xc2, 0xc1, 0xc0, 0xbf]);
        assert_eq!(block(&mut encoder, 0, &a), [0x83, 0x86, 0xc3, 0xc2, 0xc1, 0xc0, 0xbf]);
        assert_eq!(block(&mut encoder, 0, &a), [0x83, 0x86, 0xc3, 0xc2, 0xc1, 0xc0, 0xbf]);
    }

    #[test]
    fn a_server_without_a_table_gets_literals() {
        let headers = Headers::new("/a.A/A", "h", false, 0);
        let mut encoder = Encoder::new(1);
        block(&mut encoder, 0, &headers);
        encoder.resize(0);
        let first = block(&mut encoder, 0, &headers);
        assert!(first.starts_with(&[0x20, 0x20, 0x83, 0x86, 0x04]));
        let second = block(&mut encoder, 0, &headers);
        assert_eq!(second, first[2..]);
        assert_eq!(block(&mut encoder, 0, &headers), second);
    }

    #[test]
    fn paths_of_many_methods_are_spelled_in_turn() {
        let headers = Headers::new("/a.A/A", "h", false, 0).with_methods("/a.A/A", 3);
        let mut encoder = Encoder::new(1);
        block(&mut encoder, 0, &headers);
        for method in [1, 2, 0, 1] {
            let mut expected = vec![0x04];
            put_string(&mut expected, format!("/a.A/A{method}").as_bytes());
            expected.extend([0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe]);
            assert_eq!(block(&mut encoder, 0, &headers), expected);
        }
    }

    #[test]
    fn metadata_has_the_size_asked_for_and_differs_from_call_to_call() {
        let (plain, with) = (Headers::new("/a", "h", false, 0), Headers::new("/a", "h", false, 250));
        let mut encoder = Encoder::new(2);
        for kind in [0, 0] {
            block(&mut encoder, kind, &plain);
        }
        let (first, second) = (block(&mut encoder, 1, &with), block(&mut encoder, 1, &with));
        assert_ne!(first, second);
        let mut values = 0;
        let mut rest = &first[7..];
        for name in ["x-load-0", "x-load-1", "x-load-2"] {
            let mut expected = vec![0];
            put_string(&mut expected, name.as_bytes());
            rest = rest.strip_prefix(&expected[..]).expect("the name");
            let (length, value) = (usize::from(rest[0] & 0x7f), &rest[1..]);
            let mut decoded = Vec::new();
            if rest[0] & 0x80 == 0 {
                decoded.extend_from_slice(&value[..length]);
            } else {
                crate::huffman::decode(&value[..length], &mut decoded).unwrap();
            }
            values += decoded.len();
            rest = &value[length..];
        }
        assert_eq!((values, rest.len()), (250, 0));
    }
}
