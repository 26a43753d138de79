//! The frames of HTTP/2 as bytes (RFC 9113, sections 4 and 6).

use crate::failure::Failure;

/// Types of frames.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// Flags of frames.
pub(crate) const ACK: u8 = 0x1;
pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// Settings.
pub(crate) const HEADER_TABLE_SIZE: u16 = 1;
pub(crate) const ENABLE_PUSH: u16 = 2;
pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 3;
pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
pub(crate) const MAX_FRAME_SIZE: u16 = 5;

/// What a client says first.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The size of windows until somebody says otherwise.
pub(crate) const DEFAULT_WINDOW: u32 = 65_535;

/// The largest payload until somebody says otherwise; we never do.
pub(crate) const DEFAULT_FRAME: usize = 16_384;

/// The error code of a stream that nobody wants any more.
pub(crate) const CANCEL: u32 = 8;

/// The bytes before a payload.
pub(crate) const HEAD: usize = 9;

/// One frame, where it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first frame of `input` and the bytes that it takes there, or `None` if it is not there as a whole.
    pub(crate) fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, Failure> {
        let Some((&[a, b, c, kind, flags, e, f, g, h], rest)) = input.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > DEFAULT_FRAME {
            return Err(Failure::Protocol("a frame larger than was allowed"));
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let stream = u32::from_be_bytes([e, f, g, h]) & STREAM_BITS;
        Ok(Some((Self { kind, flags, stream, payload }, HEAD + length)))
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload of DATA or HEADERS without padding and priority.
    pub(crate) fn content(&self) -> Result<&'a [u8], Failure> {
        if self.flags & (PADDED | PRIORITY) == 0 {
            return Ok(self.payload);
        }
        let (mut start, mut padding) = (0, 0);
        if self.has(PADDED) {
            padding = usize::from(*self.payload.first().ok_or(SHORT)?);
            start = 1;
        }
        if self.kind == HEADERS && self.has(PRIORITY) {
            start += 5;
        }
        self.payload.len().checked_sub(padding).and_then(|end| self.payload.get(start..end)).ok_or(SHORT)
    }

    /// The number at `offset` of the payload.
    pub(crate) fn number(&self, offset: usize) -> Result<u32, Failure> {
        let bytes = self.payload.get(offset..).and_then(|rest| rest.first_chunk()).ok_or(SHORT)?;
        Ok(u32::from_be_bytes(*bytes))
    }

    /// Identifiers and values of SETTINGS.
    pub(crate) fn settings(&self) -> Result<impl Iterator<Item = (u16, u32)> + use<'a>, Failure> {
        let (settings, rest) = self.payload.as_chunks::<6>();
        if !rest.is_empty() {
            return Err(SHORT);
        }
        let settings = settings.iter();
        Ok(settings.map(|&[a, b, c, d, e, f]| (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]))))
    }
}

/// Writes what precedes a payload of `length` bytes.
pub(crate) fn put_head(output: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: u32) {
    let [_, a, b, c] = (length as u32).to_be_bytes();
    let [e, f, g, h] = stream.to_be_bytes();
    output.extend_from_slice(&[a, b, c, kind, flags, e, f, g, h]);
}

/// Writes a frame whose payload is one number: WINDOW_UPDATE or RST_STREAM.
pub(crate) fn put_number(output: &mut Vec<u8>, kind: u8, stream: u32, number: u32) {
    put_head(output, 4, kind, 0, stream);
    output.extend_from_slice(&number.to_be_bytes());
}

pub(crate) fn put_settings(output: &mut Vec<u8>, settings: &[(u16, u32)]) {
    put_head(output, settings.len() * 6, SETTINGS, 0, 0);
    for (identifier, value) in settings {
        output.extend_from_slice(&identifier.to_be_bytes());
        output.extend_from_slice(&value.to_be_bytes());
    }
}

/// Writes a header block as HEADERS and as many CONTINUATION as it needs.
pub(crate) fn put_headers(output: &mut Vec<u8>, stream: u32, block: &[u8], end_stream: bool, max_frame: usize) {
    let mut kind = HEADERS;
    let mut flags = if end_stream { END_STREAM } else { 0 };
    let mut rest = block;
    loop {
        let (fragment, behind) = rest.split_at(rest.len().min(max_frame));
        if behind.is_empty() {
            flags |= END_HEADERS;
        }
        put_head(output, fragment.len(), kind, flags, stream);
        output.extend_from_slice(fragment);
        if behind.is_empty() {
            return;
        }
        (rest, kind, flags) = (behind, CONTINUATION, 0);
    }
}

/// What is left of a stream's number without the reserved bit.
const STREAM_BITS: u32 = 0x7fff_ffff;

const SHORT: Failure = Failure::Protocol("a frame shorter than it has to be");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_once_its_last_byte_is_there() {
        let mut bytes = Vec::new();
        put_head(&mut bytes, 3, DATA, END_STREAM, 5);
        bytes.extend_from_slice(b"abc");
        for end in 0..bytes.len() {
            assert_eq!(Frame::parse(&bytes[..end]), Ok(None), "{end} bytes");
        }
        bytes.push(0);
        let frame = Frame { kind: DATA, flags: END_STREAM, stream: 5, payload: b"abc" };
        assert_eq!(Frame::parse(&bytes), Ok(Some((frame, 12))));
    }

    #[test]
    fn a_frame_of_more_than_was_allowed_is_refused_by_its_head() {
        let mut bytes = Vec::new();
        put_head(&mut bytes, DEFAULT_FRAME + 1, DATA, 0, 1);
        assert!(Frame::parse(&bytes).is_err());
    }

    #[test]
    fn padding_and_priority_are_no_content() {
        let padded = Frame { kind: DATA, flags: PADDED, stream: 1, payload: b"\x02abc\0\0" };
        assert_eq!(padded.content(), Ok(&b"abc"[..]));
        let both = Frame { kind: HEADERS, flags: PADDED | PRIORITY, stream: 1, payload: b"\x01.....\x88\0" };
        assert_eq!(both.content(), Ok(&b"\x88"[..]));
        let too_much = Frame { kind: DATA, flags: PADDED, stream: 1, payload: b"\x04abc" };
        assert!(too_much.content().is_err());
    }

    #[test]
    fn settings_are_read_as_written() {
        let mut bytes = Vec::new();
        put_settings(&mut bytes, &[(INITIAL_WINDOW_SIZE, 1 << 30), (ENABLE_PUSH, 0)]);
        let (frame, length) = Frame::parse(&bytes).unwrap().unwrap();
        assert_eq!(length, bytes.len());
        let settings: Vec<_> = frame.settings().unwrap().collect();
        assert_eq!(settings, [(INITIAL_WINDOW_SIZE, 1 << 30), (ENABLE_PUSH, 0)]);
        assert!(Frame { payload: &frame.payload[1..], ..frame }.settings().is_err());
    }

    #[test]
    fn headers_larger_than_a_frame_go_on() {
        let mut bytes = Vec::new();
        put_headers(&mut bytes, 3, b"abcdefgh", true, 4);
        let (first, length) = Frame::parse(&bytes).unwrap().unwrap();
        assert_eq!(first, Frame { kind: HEADERS, flags: END_STREAM, stream: 3, payload: b"abcd" });
        let (last, _) = Frame::parse(&bytes[length..]).unwrap().unwrap();
        assert_eq!(last, Frame { kind: CONTINUATION, flags: END_HEADERS, stream: 3, payload: b"efgh" });
    }
}
