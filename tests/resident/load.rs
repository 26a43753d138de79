//! What is sent: little on the wire, much in memory.

use fastrand::Rng;
use puregrpc_support::{Frame, flag, kind, message, request};

/// Calls that are made and stay open.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) calls: u32,
    pub(crate) headers: Headers,
    pub(crate) message: Kind,
    pub(crate) method: Method,
    /// How many bytes the message of a call has, about.
    pub(crate) size: usize,
    /// How many messages each call sends.
    pub(crate) count: usize,
}

/// What the fields of a call's headers are, and how many bytes of them HTTP/2 counts, about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Headers {
    Plain,
    /// One byte each, for an entry of HPACK's table.
    Indexed(usize),
    /// With names that differ.
    Names(usize),
    /// With one name.
    Values(usize),
    /// One value.
    Large(usize),
}

/// What messages are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Large structs, two bytes each.
    Files,
    /// Maps.
    Struct,
    /// Texts of no length.
    Mask,
    /// Packed numbers.
    Numbers,
    Bytes,
    Text,
    /// Unknown fields.
    Empty,
}

/// What a handler does with its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Takes one and keeps it.
    Hold,
    /// Takes the first of a stream and keeps it.
    Stream,
    /// Reads none.
    Unread,
    /// Waits for the end of one that does not come whole.
    Half,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] =
        [Self::Files, Self::Struct, Self::Mask, Self::Numbers, Self::Bytes, Self::Text, Self::Empty];

    /// A message of about so many bytes.
    fn message(self, size: usize) -> Vec<u8> {
        match self {
            Self::Files => [0x22, 0].repeat(size / 2),
            Self::Struct => {
                let entry =
                    |n: usize| [&[0x0a, 8, 0x0a, 4][..], format!("{:04x}", n & 0xffff).as_bytes(), &[0x12, 0]].concat();
                (0..size / 10).flat_map(entry).collect()
            }
            Self::Mask => [0x0a, 0].repeat(size / 2),
            Self::Numbers => field(1, &field(1, &vec![1; size.saturating_sub(8)])),
            Self::Bytes | Self::Text => field(1, &vec![b'x'; size.saturating_sub(4)]),
            Self::Empty => {
                let tag = |n: usize| [(((n % 16 + 1) << 3) as u8 & 0x7f) | 0x80, (n / 16 % 56 + 1) as u8, 0];
                (0..size / 3).flat_map(tag).collect()
            }
        }
    }
}

impl Load {
    /// Any one.
    pub(crate) fn any(dice: &mut Rng) -> Self {
        // Much rather than little: each power of two once, and the greater one of two.
        let size = |dice: &mut Rng, most: u32| (1_usize << dice.u32(..most).max(dice.u32(..most))) + dice.usize(..16);
        let headers = match dice.u8(..6) {
            0 | 1 => Headers::Plain,
            2 => Headers::Indexed(size(dice, 14)),
            3 => Headers::Names(size(dice, 14)),
            4 => Headers::Values(size(dice, 14)),
            _ => Headers::Large(size(dice, 14)),
        };
        let method = dice.choice([Method::Hold, Method::Hold, Method::Stream, Method::Unread, Method::Half]).unwrap();
        Self {
            connections: dice.usize(1..12),
            calls: size(dice, 10) as u32,
            headers,
            message: dice.choice(Kind::ALL).unwrap(),
            method,
            size: size(dice, 20),
            count: if method == Method::Hold { 1 } else { 1 << dice.u32(..3) },
        }
    }

    /// The headers of one call; the first one of a connection fills HPACK's table.
    pub(crate) fn headers(&self, call: u32) -> Vec<Frame> {
        let name = match self.method {
            Method::Unread => "Unread".to_owned(),
            Method::Stream => format!("Stream{:?}", self.message),
            Method::Hold | Method::Half => format!("{:?}", self.message),
        };
        let mut block = Frame::headers(0, 0, &request(&format!("/hold.Hold/{name}"), &[])).payload.to_vec();
        self.fields(&mut block, call == 0);
        frames(2 * call + 1, &block)
    }

    /// The headers of one answer, the first of its connection or a later one.
    pub(crate) fn answer(&self, stream: u32, first: bool) -> Vec<Frame> {
        let mut block = puregrpc_support::encode(&[(":status", "200"), ("content-type", "application/grpc")]).to_vec();
        self.fields(&mut block, first);
        frames(stream, &block)
    }

    /// Adds what makes the headers large.
    fn fields(&self, block: &mut Vec<u8>, first: bool) {
        match self.headers {
            Headers::Plain => {}
            Headers::Indexed(size) => {
                if first {
                    block.extend([0x40, 1, b'x', 1, b'y']);
                }
                block.extend(vec![0xbe; size / 34]);
            }
            Headers::Names(size) => block.extend((0..size / 38).flat_map(|n| field_of(&format!("x{n:04x}"), "y"))),
            Headers::Values(size) => block.extend((0..size / 34).flat_map(|_| field_of("x", "y"))),
            Headers::Large(size) => block.extend(field_of("x", &"y".repeat(size))),
        }
    }

    /// What a call sends behind its headers.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = message(self.message.message(self.size)).repeat(self.count);
        if self.method == Method::Half {
            body.pop();
        }
        body
    }
}

/// A block of headers in as many frames as it needs.
fn frames(stream: u32, block: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut chunks = block.chunks(16_384).peekable();
    while let Some(chunk) = chunks.next() {
        let kind = if frames.is_empty() { kind::HEADERS } else { kind::CONTINUATION };
        let flags = if chunks.peek().is_none() { flag::END_HEADERS } else { 0 };
        frames.push(Frame::new(kind, flags, stream, chunk));
    }
    frames
}

/// A field of a message with bytes in it.
fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for mut varint in [number << 3 | 2, content.len() as u32] {
        while varint >= 0x80 {
            bytes.push(varint as u8 | 0x80);
            varint >>= 7;
        }
        bytes.push(varint as u8);
    }
    [&bytes, content].concat()
}

/// A field of headers, in no table.
fn field_of(name: &str, value: &str) -> Vec<u8> {
    puregrpc_support::encode(&[(name, value)]).to_vec()
}
