//! Which byte of an exchange is what.

use puregrpc_support::{PREFACE, flag, kind};
use std::ops::Range;

/// The frames of one side's bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Anatomy {
    frames: Vec<Span>,
}

#[derive(Clone, Debug)]
struct Span {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Range<usize>,
}

impl Anatomy {
    /// Of what a client has sent.
    pub(crate) fn of_requests(bytes: &[u8]) -> Self {
        Self::from(bytes, PREFACE.len())
    }

    /// Of what a server has sent.
    pub(crate) fn of_responses(bytes: &[u8]) -> Self {
        Self::from(bytes, 0)
    }

    fn from(bytes: &[u8], mut at: usize) -> Self {
        let mut frames = Vec::new();
        while let Some(&[a, b, c, kind, flags, d, e, f, g]) = bytes.get(at..at + 9) {
            let end = at + 9 + u32::from_be_bytes([0, a, b, c]) as usize;
            let stream = u32::from_be_bytes([d & 0x7f, e, f, g]);
            frames.push(Span { kind, flags, stream, payload: at + 9..end });
            at = end;
        }
        Self { frames }
    }

    /// Whether the byte belongs to a message or its prefix, and to nothing of HTTP/2.
    pub(crate) fn is_message(&self, position: usize) -> bool {
        let data = |span: &&Span| span.kind == kind::DATA && span.flags & flag::PADDED == 0;
        self.frames.iter().filter(data).any(|span| span.payload.contains(&position))
    }

    /// Whether these bits of the byte mean nothing to anybody: those reserved, and what is said for its own sake.
    pub(crate) fn is_idle(&self, position: usize, mask: u8) -> bool {
        let reserved = |place: usize| position == place && mask == 0x80;
        self.frames.iter().any(|span| {
            let start = span.payload.start;
            let in_payload = match span.kind {
                kind::PING | 10.. => span.payload.contains(&position),
                kind::GOAWAY => reserved(start) || position >= start + 8 && position < span.payload.end,
                kind::WINDOW_UPDATE => reserved(start),
                _ => false,
            };
            in_payload || reserved(start - 4)
        })
    }

    /// Whether the byte belongs to a frame that says how much may be sent.
    pub(crate) fn is_limit(&self, position: usize) -> bool {
        let limits = |span: &&Span| matches!(span.kind, kind::SETTINGS | kind::WINDOW_UPDATE);
        self.frames.iter().filter(limits).any(|span| (span.payload.start - 9..span.payload.end).contains(&position))
    }

    /// The content of a stream's DATA frames, up to its end.
    pub(crate) fn body(&self, bytes: &[u8], stream: u32) -> Vec<u8> {
        let mut body = Vec::new();
        for span in self.up_to_the_end(stream).filter(|span| span.kind == kind::DATA) {
            let payload = &bytes[span.payload.clone()];
            let padded = span.flags & flag::PADDED != 0;
            body.extend_from_slice(if padded { &payload[1..payload.len() - usize::from(payload[0])] } else { payload });
        }
        body
    }

    /// Where the last byte lies that decides on a stream; `None` if the stream is not ended, or is reset.
    pub(crate) fn decided_at(&self, stream: u32) -> Option<usize> {
        let mut of_stream = self.frames.iter().filter(|span| span.stream == stream);
        if of_stream.clone().any(|span| span.kind == kind::RST_STREAM) {
            return None;
        }
        let last = of_stream.find(|span| span.ends_stream())?;
        // A block that ends the stream may go on in CONTINUATION frames.
        let rest = of_stream.take_while(|span| span.kind == kind::CONTINUATION).last();
        Some(rest.unwrap_or(last).payload.end)
    }

    fn up_to_the_end(&self, stream: u32) -> impl Iterator<Item = &Span> {
        let mut ended = false;
        let of_stream = self.frames.iter().filter(move |span| span.stream == stream);
        of_stream.take_while(move |span| !std::mem::replace(&mut ended, span.ends_stream()))
    }

    /// Every stream that frames name.
    pub(crate) fn streams(&self) -> Vec<u32> {
        let mut streams: Vec<_> = self.frames.iter().map(|span| span.stream).filter(|stream| *stream > 0).collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }
}

impl Span {
    fn ends_stream(&self) -> bool {
        matches!(self.kind, kind::DATA | kind::HEADERS) && self.flags & flag::END_STREAM != 0
    }
}
