//! All that one side of a connection has sent, read afterwards.

use crate::{
    Block,
    client::PREFACE,
    frame::{Frame, flag, kind},
    peer::GoAway,
    stream::Stream,
};
use bytes::BytesMut;
use std::collections::BTreeMap;

/// All that one side of a connection has sent, in the order of its streams.
///
/// It is read without any state of the other side, so that it can be told whatever the other side has done; what no
/// side may ever send is an error.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What was sent on each stream.
    pub streams: BTreeMap<u32, Stream>,
    /// Every GOAWAY.
    pub goaways: Vec<GoAway>,
    /// How many frames came in all.
    pub frames: usize,
}

impl Seen {
    /// Reads what a server has sent; the last frame may be cut off.
    ///
    /// # Errors
    /// What a server may never send, in words.
    pub fn of_server(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader::default();
        let mut rest = BytesMut::from(bytes);
        while let Some(frame) = Frame::parse(&mut rest) {
            if reader.seen.frames == 0 && frame.kind != kind::SETTINGS && frame.kind != kind::GOAWAY {
                return Err(format!("the first frame is of kind {}, not SETTINGS", frame.kind));
            }
            reader.take(&frame).map_err(|fault| format!("{fault}: {:?}", reader.seen))?;
        }
        Ok(reader.seen)
    }

    /// Reads what a client has sent; the preface and the last frame may be cut off.
    ///
    /// # Errors
    /// What a client may never send, in words.
    pub fn of_client(bytes: &[u8]) -> Result<Self, String> {
        let (preface, rest) = bytes.split_at(bytes.len().min(PREFACE.len()));
        if !PREFACE.starts_with(preface) {
            return Err(format!("{preface:?} is no preface"));
        }
        Self::of_server(rest)
    }
}

/// Reads frame by frame.
struct Reader {
    seen: Seen,
    decoder: httlib_hpack::Decoder<'static>,
    /// A block that waits for its CONTINUATION: the stream, END_STREAM, the bytes.
    partial: Option<(u32, bool, BytesMut)>,
}

impl Default for Reader {
    fn default() -> Self {
        // A table that forgets nothing serves whatever size the other side has asked for.
        let decoder = httlib_hpack::Decoder::with_dynamic_size(u32::MAX);
        Self { seen: Seen::default(), decoder, partial: None }
    }
}

impl Reader {
    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        self.seen.frames += 1;
        if self.partial.is_some() && frame.kind != kind::CONTINUATION {
            return Err("a block of headers is interrupted".to_owned());
        }
        match frame.kind {
            kind::DATA => self.take_data(frame),
            kind::HEADERS | kind::CONTINUATION => self.take_headers(frame),
            kind::RST_STREAM => {
                self.stream(frame.stream).reset = Some(frame.number(0));
                Ok(())
            }
            kind::GOAWAY => {
                let (last_stream, code, debug) = (frame.number(0), frame.number(4), frame.payload.slice(8..));
                self.seen.goaways.push(GoAway { last_stream, code, debug });
                Ok(())
            }
            kind::SETTINGS | kind::PING | kind::WINDOW_UPDATE | kind::PRIORITY => Ok(()),
            other => Err(format!("a frame of kind {other}")),
        }
    }

    fn stream(&mut self, number: u32) -> &mut Stream {
        self.seen.streams.entry(number).or_insert_with(|| Stream::new(0, 0))
    }

    fn take_data(&mut self, frame: &Frame) -> Result<(), String> {
        let stream = self.stream(frame.stream);
        if stream.is_over() || stream.blocks.is_empty() {
            return Err(format!("DATA out of place on stream {}", frame.stream));
        }
        stream.ended = frame.has(flag::END_STREAM);
        if frame.payload.is_empty() && !stream.ended {
            return Err("an empty DATA frame that does not end".to_owned());
        }
        stream.push(&frame.payload);
        Ok(())
    }

    fn take_headers(&mut self, frame: &Frame) -> Result<(), String> {
        let (number, end, mut block) = match (self.partial.take(), frame.kind) {
            (None, kind::HEADERS) => (frame.stream, frame.has(flag::END_STREAM), BytesMut::new()),
            (Some(partial), _) if partial.0 == frame.stream => partial,
            _ => return Err(format!("CONTINUATION out of place on stream {}", frame.stream)),
        };
        block.extend_from_slice(&frame.payload);
        if !frame.has(flag::END_HEADERS) {
            self.partial = Some((number, end, block));
            return Ok(());
        }
        let block = Block::try_decode(&mut self.decoder, &block)?;
        let stream = self.stream(number);
        if stream.is_over() || stream.blocks.len() == 2 {
            return Err(format!("HEADERS out of place on stream {number}"));
        }
        stream.ended = end;
        stream.blocks.push(block);
        Ok(())
    }
}
