//! What bytes say, to a reader that overlooks all it can.

use crate::{Block, Frame, Stream, client::PREFACE, flag, kind, setting};
use bytes::{Buf, Bytes, BytesMut};
use std::collections::BTreeMap;

/// What one side has said, whether or not it may say so: it says nothing that is not in here.
///
/// It is read up to the first frame that has no meaning at all. What the rules of HTTP/2 forbid is read as if they did
/// not, so that who follows them may take less of it, but never more.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What was said on each stream.
    pub streams: BTreeMap<u32, Stream>,
    /// The codes of every GOAWAY.
    pub goaways: Vec<u32>,
    /// The smallest SETTINGS_MAX_HEADER_LIST_SIZE, if any was announced.
    pub header_list: Option<u32>,
    /// Whether all was read, and nothing is cut off.
    pub whole: bool,
}

impl Said {
    /// By a client, preface first.
    pub fn by_client(bytes: &[u8]) -> Self {
        bytes.strip_prefix(PREFACE).map(Self::by_server).unwrap_or_default()
    }

    /// By a server.
    pub fn by_server(bytes: &[u8]) -> Self {
        let decoder = httlib_hpack::Decoder::with_dynamic_size(u32::MAX);
        let mut reader = Reader { said: Self::default(), decoder, partial: None };
        let mut rest = BytesMut::from(bytes);
        while let Some(frame) = Frame::parse(&mut rest) {
            if reader.take(&frame).is_none() {
                return reader.said;
            }
        }
        reader.said.whole = rest.is_empty() && reader.partial.is_none();
        reader.said
    }
}

/// Reads frame by frame.
struct Reader {
    said: Said,
    decoder: httlib_hpack::Decoder<'static>,
    /// A block that waits for its CONTINUATION: END_STREAM, the bytes.
    partial: Option<(bool, BytesMut)>,
}

impl Reader {
    /// Takes a frame; gives nothing if it has no meaning.
    fn take(&mut self, frame: &Frame) -> Option<()> {
        if self.partial.is_some() != (frame.kind == kind::CONTINUATION) {
            return None;
        }
        match frame.kind {
            kind::DATA => {
                let content = content(frame)?;
                let stream = self.stream(frame.stream);
                // What comes behind its end is not of the stream.
                if !stream.is_over() {
                    stream.push(&content);
                    stream.ended = frame.has(flag::END_STREAM);
                }
            }
            kind::HEADERS | kind::CONTINUATION => self.take_block(frame)?,
            kind::RST_STREAM if frame.payload.len() == 4 => {
                let stream = self.stream(frame.stream);
                stream.reset = stream.reset.or(Some(frame.number(0)));
            }
            kind::SETTINGS if frame.stream == 0 && !frame.has(flag::ACK) => self.take_settings(frame),
            kind::GOAWAY if frame.payload.len() >= 8 => self.said.goaways.push(frame.number(4)),
            _ => {}
        }
        Some(())
    }

    fn take_settings(&mut self, frame: &Frame) {
        for entry in frame.payload.chunks_exact(6) {
            if entry[..2] == setting::MAX_HEADER_LIST_SIZE.to_be_bytes() {
                let limit = u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]);
                self.said.header_list = Some(self.said.header_list.map_or(limit, |least| least.min(limit)));
            }
        }
    }

    fn take_block(&mut self, frame: &Frame) -> Option<()> {
        let (end, mut block) = self.partial.take().unwrap_or((frame.has(flag::END_STREAM), BytesMut::new()));
        block.extend_from_slice(&if frame.kind == kind::HEADERS { content(frame)? } else { frame.payload.clone() });
        if !frame.has(flag::END_HEADERS) {
            self.partial = Some((end, block));
            return Some(());
        }
        let fits = fits(&block)?;
        let block = Block::try_decode(&mut self.decoder, fits).ok()?;
        let stream = self.stream(frame.stream);
        if !stream.is_over() {
            stream.blocks.push(block);
            stream.ended = end;
        }
        Some(())
    }

    fn stream(&mut self, number: u32) -> &mut Stream {
        self.said.streams.entry(number).or_insert_with(|| Stream::new(0, 0))
    }
}

/// A block whose fields end where it does; the decoder takes that for granted.
fn fits(block: &[u8]) -> Option<&[u8]> {
    let mut rest = block;
    while let Some(first) = rest.first() {
        let (prefix, strings) = match first {
            0x80.. => (7, 0),
            0x40.. => (6, 1),
            0x20.. => (5, 0),
            _ => (4, 1),
        };
        let index = integer(&mut rest, prefix)?;
        for _ in 0..if index == 0 { 2 * strings } else { strings } {
            let length = integer(&mut rest, 7)?;
            rest = rest.get(length..)?;
        }
    }
    Some(block)
}

/// A number whose first byte has so many bits of it (RFC 7541, 5.1).
fn integer(bytes: &mut &[u8], prefix: u32) -> Option<usize> {
    let full = (1 << prefix) - 1;
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    let mut number = usize::from(*first) & full;
    for place in 0.. {
        if place == 0 && number < full {
            break;
        }
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number = number.checked_add((usize::from(*byte) & 127).checked_mul(128_usize.checked_pow(place)?)?)?;
        if *byte < 128 {
            break;
        }
    }
    Some(number)
}

/// What is left without padding and priority; nothing if there is more of them than there is.
fn content(frame: &Frame) -> Option<Bytes> {
    let mut content = frame.payload.clone();
    if frame.has(flag::PADDED) {
        let padding = usize::from(content.try_get_u8().ok()?);
        content.truncate(content.len().checked_sub(padding)?);
    }
    if frame.kind == kind::HEADERS && frame.has(flag::PRIORITY) {
        content = content.get(5..).map(Bytes::copy_from_slice)?;
    }
    Some(content)
}
