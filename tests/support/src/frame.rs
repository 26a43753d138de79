//! One HTTP/2 frame (RFC 9113, 4.1).

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// One frame: its head and its payload, nothing interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// One of [`kind`], or anything.
    pub kind: u8,
    /// Bits of [`flag`].
    pub flags: u8,
    /// The stream's number, 0 for the connection.
    pub stream: u32,
    /// What follows the head, padding included.
    pub payload: Bytes,
}

impl Frame {
    /// A frame of any kind.
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) -> Self {
        Self { kind, flags, stream, payload: Bytes::copy_from_slice(payload.as_ref()) }
    }

    /// DATA without padding.
    pub fn data(stream: u32, payload: impl AsRef<[u8]>, flags: u8) -> Self {
        Self::new(kind::DATA, flags, stream, payload)
    }

    /// DATA with `padding` bytes of padding.
    pub fn padded_data(stream: u32, payload: impl AsRef<[u8]>, padding: u8, flags: u8) -> Self {
        let mut padded = vec![padding];
        padded.extend_from_slice(payload.as_ref());
        padded.resize(padded.len() + usize::from(padding), 0);
        Self::new(kind::DATA, flags | flag::PADDED, stream, padded)
    }

    /// RST_STREAM.
    pub fn reset(stream: u32, code: u32) -> Self {
        Self::new(kind::RST_STREAM, 0, stream, code.to_be_bytes())
    }

    /// SETTINGS with the given values.
    pub fn settings(values: &[(u16, u32)]) -> Self {
        let mut payload = BytesMut::new();
        for (name, value) in values {
            payload.put_u16(*name);
            payload.put_u32(*value);
        }
        Self::new(kind::SETTINGS, 0, 0, payload)
    }

    /// The acknowledgement of the peer's SETTINGS.
    pub fn settings_ack() -> Self {
        Self::new(kind::SETTINGS, flag::ACK, 0, [])
    }

    /// PING.
    pub fn ping(opaque: [u8; 8]) -> Self {
        Self::new(kind::PING, 0, 0, opaque)
    }

    /// The answer to a PING.
    pub fn pong(opaque: impl AsRef<[u8]>) -> Self {
        Self::new(kind::PING, flag::ACK, 0, opaque)
    }

    /// GOAWAY.
    pub fn goaway(last_stream: u32, code: u32, debug: &str) -> Self {
        let mut payload = BytesMut::new();
        payload.put_u32(last_stream);
        payload.put_u32(code);
        payload.put_slice(debug.as_bytes());
        Self::new(kind::GOAWAY, 0, 0, payload)
    }

    /// WINDOW_UPDATE.
    pub fn window_update(stream: u32, increment: u32) -> Self {
        Self::new(kind::WINDOW_UPDATE, 0, stream, increment.to_be_bytes())
    }

    /// PRIORITY: `stream` depends on `parent`.
    pub fn priority(stream: u32, parent: u32) -> Self {
        let mut payload = BytesMut::new();
        payload.put_u32(parent);
        payload.put_u8(15);
        Self::new(kind::PRIORITY, 0, stream, payload)
    }

    /// Whether all bits of `flags` are set.
    pub fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }

    /// Appends the frame's bytes.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_uint(self.payload.len() as u64, 3);
        out.put_u8(self.kind);
        out.put_u8(self.flags);
        out.put_u32(self.stream);
        out.put_slice(&self.payload);
    }

    /// Takes the first whole frame from `bytes`.
    pub fn parse(bytes: &mut BytesMut) -> Option<Self> {
        let length = bytes.get(..3)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        if bytes.len() < HEAD + length {
            return None;
        }
        bytes.advance(3);
        let kind = bytes.get_u8();
        let flags = bytes.get_u8();
        let stream = bytes.get_u32() & 0x7fff_ffff;
        Some(Self { kind, flags, stream, payload: bytes.split_to(length).freeze() })
    }

    /// The payload of DATA or HEADERS without its padding and priority fields.
    pub fn content(&self) -> Bytes {
        let mut content = self.payload.clone();
        if self.has(flag::PADDED) {
            let padding = usize::from(content.get_u8());
            content.truncate(content.len() - padding);
        }
        if self.kind == kind::HEADERS && self.has(flag::PRIORITY) {
            content.advance(5);
        }
        content
    }

    /// The four bytes at `offset` of the payload as a number.
    pub fn number(&self, offset: usize) -> u32 {
        (&self.payload[offset..offset + 4]).get_u32()
    }
}

const HEAD: usize = 9;

/// Kinds of frames.
#[expect(missing_docs, reason = "the names are RFC 9113's own")]
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Flags of frames.
#[expect(missing_docs, reason = "the names are RFC 9113's own")]
pub mod flag {
    pub const ACK: u8 = 0x1;
    pub const END_STREAM: u8 = 0x1;
    pub const END_HEADERS: u8 = 0x4;
    pub const PADDED: u8 = 0x8;
    pub const PRIORITY: u8 = 0x20;
}

/// Names of settings.
#[expect(missing_docs, reason = "the names are RFC 9113's own")]
pub mod setting {
    pub const HEADER_TABLE_SIZE: u16 = 1;
    pub const ENABLE_PUSH: u16 = 2;
    pub const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub const INITIAL_WINDOW_SIZE: u16 = 4;
    pub const MAX_FRAME_SIZE: u16 = 5;
    pub const MAX_HEADER_LIST_SIZE: u16 = 6;
}

/// Error codes of RST_STREAM and GOAWAY.
#[expect(missing_docs, reason = "the names are RFC 9113's own")]
pub mod error {
    pub const NO_ERROR: u32 = 0;
    pub const PROTOCOL_ERROR: u32 = 1;
    pub const INTERNAL_ERROR: u32 = 2;
    pub const FLOW_CONTROL_ERROR: u32 = 3;
    pub const SETTINGS_TIMEOUT: u32 = 4;
    pub const STREAM_CLOSED: u32 = 5;
    pub const FRAME_SIZE_ERROR: u32 = 6;
    pub const REFUSED_STREAM: u32 = 7;
    pub const CANCEL: u32 = 8;
    pub const COMPRESSION_ERROR: u32 = 9;
    pub const CONNECT_ERROR: u32 = 10;
    pub const ENHANCE_YOUR_CALM: u32 = 11;
    pub const INADEQUATE_SECURITY: u32 = 12;
    pub const HTTP_1_1_REQUIRED: u32 = 13;
}
