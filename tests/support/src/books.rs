//! What the peer does with each frame that comes: checks it and remembers it.

use crate::{
    Block, GoAway, RawPeer,
    frame::{Frame, flag, kind, setting},
    peer::{DEFAULT_WINDOW, MAX_FRAME},
    stream::Stream,
};
use bytes::BytesMut;

impl RawPeer {
    /// Opens the books of a stream.
    pub fn open(&mut self, stream: u32) -> &mut Stream {
        let credit = self.remote.get(&setting::INITIAL_WINDOW_SIZE).map_or(DEFAULT_WINDOW, |value| i64::from(*value));
        self.streams.entry(stream).or_insert_with(|| Stream::new(self.initial_window, credit))
    }

    /// Checks one frame and enters it into the books.
    pub(crate) fn take(&mut self, frame: &Frame) {
        self.log.push(line(frame));
        assert!(frame.payload.len() as i64 <= MAX_FRAME, "a frame of {} bytes\n{self:?}", frame.payload.len());
        match frame.kind {
            kind::DATA => self.take_data(frame),
            kind::HEADERS | kind::CONTINUATION => self.take_headers(frame),
            kind::RST_STREAM => self.open(frame.stream).reset = Some(frame.number(0)),
            kind::SETTINGS if !frame.has(flag::ACK) => self.take_settings(frame),
            kind::PING if frame.has(flag::ACK) => self.pongs.push(frame.payload.clone()),
            kind::PING if !self.answers_pings => {}
            kind::PING => self.queue(&Frame::pong(&frame.payload)),
            kind::GOAWAY => self.goaways.push_back(GoAway {
                last_stream: frame.number(0),
                code: frame.number(4),
                debug: frame.payload.slice(8..),
            }),
            kind::WINDOW_UPDATE if frame.stream == 0 => self.credit += i64::from(frame.number(0)),
            kind::WINDOW_UPDATE => self.open(frame.stream).credit += i64::from(frame.number(0)),
            _ => {}
        }
    }

    fn take_data(&mut self, frame: &Frame) {
        let length = frame.payload.len();
        self.window -= length as i64;
        let stream = self.open(frame.stream);
        stream.window -= length as i64;
        let within = stream.window >= 0;
        let after_end = std::mem::replace(&mut stream.ended, frame.has(flag::END_STREAM));
        stream.push(&frame.content());
        assert!(!after_end, "DATA after END_STREAM\n{self:?}");
        assert!(within && self.window >= 0, "DATA beyond the window\n{self:?}");
        assert!(length > 0 || frame.has(flag::END_STREAM), "an empty DATA frame that does not end\n{self:?}");
        if self.replenish && length > 0 {
            self.widen(0, length as u32);
            self.widen(frame.stream, length as u32);
        }
    }

    pub(crate) fn widen(&mut self, stream: u32, increment: u32) {
        match stream {
            0 => self.window += i64::from(increment),
            _ => self.open(stream).window += i64::from(increment),
        }
        self.queue(&Frame::window_update(stream, increment));
    }

    fn take_headers(&mut self, frame: &Frame) {
        let (stream, end, mut block) = match self.partial.take() {
            None => (frame.stream, frame.has(flag::END_STREAM), BytesMut::new()),
            Some(partial) => partial,
        };
        assert_eq!(stream, frame.stream, "a block is not interrupted\n{self:?}");
        block.extend_from_slice(&frame.content());
        if !frame.has(flag::END_HEADERS) {
            self.partial = Some((stream, end, block));
            return;
        }
        let block = Block::decode(&mut self.decoder, &block);
        if !self.streams.contains_key(&stream) {
            self.opened.push_back(stream);
        }
        let stream = self.open(stream);
        let after_end = std::mem::replace(&mut stream.ended, end);
        stream.blocks.push(block);
        assert!(!after_end, "HEADERS after END_STREAM\n{self:?}");
    }

    fn take_settings(&mut self, frame: &Frame) {
        for entry in frame.payload.chunks(6) {
            let name = u16::from_be_bytes([entry[0], entry[1]]);
            let value = u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]);
            let before = self.remote.insert(name, value);
            if name == setting::INITIAL_WINDOW_SIZE {
                let change = i64::from(value) - before.map_or(DEFAULT_WINDOW, i64::from);
                self.streams.values_mut().for_each(|stream| stream.credit += change);
            }
        }
        self.queue(&Frame::settings_ack());
    }
}

/// `HEADERS 1 END_STREAM`, `DATA 1 17 bytes`, `RST_STREAM 1 code 8`.
fn line(frame: &Frame) -> String {
    const NAMES: [&str; 10] = [
        "DATA",
        "HEADERS",
        "PRIORITY",
        "RST_STREAM",
        "SETTINGS",
        "PUSH_PROMISE",
        "PING",
        "GOAWAY",
        "WINDOW_UPDATE",
        "CONTINUATION",
    ];
    let mut line = format!("{} {}", NAMES.get(usize::from(frame.kind)).unwrap_or(&"unknown"), frame.stream);
    match frame.kind {
        kind::DATA => line += &format!(" {} bytes", frame.payload.len()),
        kind::RST_STREAM => line += &format!(" code {}", frame.number(0)),
        kind::GOAWAY => line += &format!(" last {} code {}", frame.number(0), frame.number(4)),
        kind::WINDOW_UPDATE => line += &format!(" by {}", frame.number(0)),
        kind::SETTINGS | kind::PING if frame.has(flag::ACK) => line += " ACK",
        _ => {}
    }
    if matches!(frame.kind, kind::DATA | kind::HEADERS) && frame.has(flag::END_STREAM) {
        line += " END_STREAM";
    }
    line
}
