//! One connection to a server: HTTP/2 from the client's side, as far as calls need it.
//!
//! It knows neither clocks nor other connections: bytes come in, events come out, and what it wants to send waits in
//! its output until the socket takes it.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Instant;

use crate::event::Event;
use crate::failure::Failure;
use crate::frames::{self, Frame};
use crate::hpack::{Decoder, Head};
use crate::message::Counter;
use crate::request::{Call, Encoder};
use crate::streams::{Stream, Streams, Upload};
use crate::wire::Wire;

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    wire: Wire,
    calls: Rc<[Call]>,
    /// What waits for the socket, and how much of it is written.
    output: Vec<u8>,
    written: usize,
    /// The beginning of a frame whose rest has not come.
    carry: Vec<u8>,
    encoder: Encoder,
    decoder: Decoder,
    /// A header block that was made to be sent.
    block: Vec<u8>,
    /// A header block that goes on in CONTINUATION: its stream, whether it ends it, and what there is of it.
    partial: Option<(u32, bool, Vec<u8>)>,
    streams: Streams,
    /// Streams that have something to send and a window for it.
    waiting: VecDeque<u32>,
    /// How much the server takes on the connection and, at first, on each stream.
    window: i64,
    initial_window: u32,
    max_frame: usize,
    max_streams: u32,
    /// What has been received and not yet been given back to the server's window.
    received: u32,
    ready: bool,
    draining: bool,
    closing: bool,
}

impl Connection {
    /// Greets the server; nothing is written before `flush`.
    pub(crate) fn new(wire: Wire, calls: Rc<[Call]>) -> Self {
        let mut output = frames::PREFACE.to_vec();
        frames::put_settings(&mut output, &[(frames::ENABLE_PUSH, 0), (frames::INITIAL_WINDOW_SIZE, WINDOW)]);
        frames::put_number(&mut output, frames::WINDOW_UPDATE, 0, WINDOW - frames::DEFAULT_WINDOW);
        let encoder = Encoder::new(calls.len());
        Self {
            wire,
            calls,
            output,
            written: 0,
            carry: Vec::new(),
            encoder,
            decoder: Decoder::default(),
            block: Vec::new(),
            partial: None,
            streams: Streams::new(),
            waiting: VecDeque::new(),
            window: frames::DEFAULT_WINDOW.into(),
            initial_window: frames::DEFAULT_WINDOW,
            max_frame: frames::DEFAULT_FRAME,
            max_streams: u32::MAX,
            received: 0,
            ready: false,
            draining: false,
            closing: false,
        }
    }

    /// Begins a call of this kind.
    pub(crate) fn begin(&mut self, kind: usize, now: Instant) {
        let calls = Rc::clone(&self.calls);
        let Call { headers, body } = &calls[kind];
        self.block.clear();
        self.encoder.encode(kind, headers, &mut self.block);
        let id = self.streams.insert(Stream {
            kind,
            begun: now,
            window: self.initial_window.into(),
            upload: body.clone(),
            messages: 0,
            counter: Counter::default(),
            frames: 0,
            received: 0,
            refused: None,
        });
        frames::put_headers(&mut self.output, id, &self.block, false, self.max_frame);
        self.waiting.push_back(id);
        self.upload();
    }

    /// Sends the body of the call once more; it has to have been sent before.
    pub(crate) fn send_again(&mut self, id: u32, now: Instant) {
        let Some(stream) = self.streams.get(id) else { return };
        stream.begun = now;
        stream.upload = self.calls[stream.kind].body.clone();
        self.waiting.push_back(id);
        self.upload();
    }

    /// Closes the connection as soon as it is flushed.
    pub(crate) fn close(&mut self) {
        self.closing = true;
    }

    pub(crate) fn closing(&self) -> bool {
        self.closing
    }

    /// The server has said that it takes no more calls.
    pub(crate) fn draining(&self) -> bool {
        self.draining
    }

    /// How many calls at a time the server allows.
    pub(crate) fn max_streams(&self) -> u32 {
        self.max_streams
    }

    /// How many calls are open.
    pub(crate) fn open_calls(&self) -> usize {
        self.streams.len()
    }

    /// There is something that the socket has not taken.
    pub(crate) fn wants_write(&self) -> bool {
        self.written < self.output.len() || self.wire.wants_write()
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Writes as much as the socket and the windows allow.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        loop {
            self.upload();
            if self.written == self.output.len() {
                return would_block_is_fine(self.wire.flush());
            }
            match self.wire.write(&self.output[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.output.drain(..self.written);
                    self.written = 0;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
            if self.written == self.output.len() {
                self.output.clear();
                self.written = 0;
            }
        }
    }

    /// Says farewell and writes what can be written at once.
    pub(crate) fn farewell(&mut self) {
        frames::put_head(&mut self.output, 8, frames::GOAWAY, 0, 0);
        self.output.extend_from_slice(&[0; 8]);
        if self.flush().is_ok() {
            self.wire.close();
        }
    }

    /// Reads once, or with TLS until nothing is left, and tells what has come.
    pub(crate) fn receive(&mut self, buffer: &mut [u8], tell: impl FnMut(&mut Self, Event)) -> Result<(), Failure> {
        let until_empty = self.wire.keeps_input();
        self.read(buffer, until_empty, tell)
    }

    /// Tells what had come before the socket failed: the server may have said why it would go.
    pub(crate) fn last_words(&mut self, buffer: &mut [u8], tell: impl FnMut(&mut Self, Event)) {
        // How the reading ends is of no interest: the socket has failed already.
        let _ = self.read(buffer, true, tell);
    }

    fn read(
        &mut self,
        buffer: &mut [u8],
        until_empty: bool,
        mut tell: impl FnMut(&mut Self, Event),
    ) -> Result<(), Failure> {
        loop {
            let kept = self.carry.len();
            buffer[..kept].copy_from_slice(&self.carry);
            let read = match self.wire.read(&mut buffer[kept..]) {
                Ok(0) => return Err(Failure::Closed),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => return would_block_is_fine(result.map(drop)),
            };
            let mut input = &buffer[..kept + read];
            while let Some(event) = self.next_event(&mut input)? {
                tell(self, event);
                if self.closing {
                    return Ok(());
                }
            }
            self.carry.clear();
            self.carry.extend_from_slice(input);
            if !until_empty {
                return Ok(());
            }
        }
    }

    /// Takes frames off `input` until one of them is worth telling.
    fn next_event(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Failure> {
        while let Some((frame, length)) = Frame::parse(input)? {
            *input = &input[length..];
            if let Some(event) = self.take(frame)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn take(&mut self, frame: Frame<'_>) -> Result<Option<Event>, Failure> {
        if self.partial.is_some() != (frame.kind == frames::CONTINUATION) {
            return Err(Failure::Protocol("a header block that another frame interrupts"));
        }
        match frame.kind {
            frames::DATA => self.data(frame),
            frames::HEADERS if frame.has(frames::END_HEADERS) => {
                self.headers(frame.stream, frame.has(frames::END_STREAM), frame.content()?)
            }
            frames::HEADERS => {
                let block = frame.content()?.to_vec();
                self.partial = Some((frame.stream, frame.has(frames::END_STREAM), block));
                Ok(None)
            }
            frames::CONTINUATION => self.continuation(frame),
            frames::RST_STREAM => {
                let failure = Failure::Reset(frame.number(0)?);
                Ok(self.end(frame.stream, Some(failure)))
            }
            frames::SETTINGS => self.settings(frame),
            frames::PING if !frame.has(frames::ACK) => {
                frames::put_head(&mut self.output, frame.payload.len(), frames::PING, frames::ACK, 0);
                self.output.extend_from_slice(frame.payload);
                Ok(None)
            }
            frames::GOAWAY => Ok(Some(self.go_away(frame.number(0)?, frame.number(4)?))),
            frames::WINDOW_UPDATE => {
                self.widen(frame.stream, frame.number(0)?);
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn data(&mut self, frame: Frame<'_>) -> Result<Option<Event>, Failure> {
        let length = frame.payload.len() as u32;
        if let Some(given_back) = give_back(&mut self.received, length) {
            frames::put_number(&mut self.output, frames::WINDOW_UPDATE, 0, given_back);
        }
        let Some(stream) = self.streams.get(frame.stream) else { return Ok(None) };
        stream.frames += 1;
        let count = stream.counter.push(frame.content()?);
        stream.messages += count;
        if frame.has(frames::END_STREAM) {
            return Ok(self.end(frame.stream, None));
        }
        if let Some(given_back) = give_back(&mut stream.received, length) {
            frames::put_number(&mut self.output, frames::WINDOW_UPDATE, frame.stream, given_back);
        }
        if count == 0 || stream.upload.end {
            return Ok(None);
        }
        let frames = std::mem::take(&mut stream.frames);
        let (kind, begun) = (stream.kind, stream.begun);
        Ok(Some(Event::Messages { id: frame.stream, kind, begun, count, frames }))
    }

    fn continuation(&mut self, frame: Frame<'_>) -> Result<Option<Event>, Failure> {
        let Some((stream, end, mut block)) = self.partial.take() else { return Ok(None) };
        block.extend_from_slice(frame.payload);
        if frame.stream != stream || block.len() > LARGEST_BLOCK {
            return Err(Failure::Protocol("a header block of another stream or without end"));
        }
        if frame.has(frames::END_HEADERS) {
            return self.headers(stream, end, &block);
        }
        self.partial = Some((stream, end, block));
        Ok(None)
    }

    fn headers(&mut self, id: u32, end: bool, block: &[u8]) -> Result<Option<Event>, Failure> {
        // Read in any case: the blocks that follow refer to it.
        let Head { http, grpc } = self.decoder.decode(block)?;
        let Some(stream) = self.streams.get(id) else { return Ok(None) };
        if let Some(status) = http.filter(|status| *status != 200) {
            stream.refused = Some(status);
        }
        if !end {
            return Ok(None);
        }
        let failure = match grpc {
            Some(0) => return Ok(self.over(id)),
            Some(status) => Some(Failure::Status(status)),
            None => None,
        };
        Ok(self.end(id, failure))
    }

    /// A call that ended by `grpc-status` 0.
    fn over(&mut self, id: u32) -> Option<Event> {
        let Stream { kind, begun, frames, messages, upload, refused, .. } = self.streams.remove(id)?;
        self.abandon(id, &upload);
        Some(Event::End {
            kind,
            begun,
            frames,
            outcome: refused.map_or(Ok(messages), |status| Err(Failure::Http(status))),
        })
    }

    /// A call that ended in another way.
    fn end(&mut self, id: u32, failure: Option<Failure>) -> Option<Event> {
        let stream = self.streams.remove(id)?;
        if !matches!(failure, Some(Failure::Reset(_))) {
            self.abandon(id, &stream.upload);
        }
        let failure = failure.or(stream.refused.map(Failure::Http)).unwrap_or(Failure::NoStatus);
        Some(Event::End { kind: stream.kind, begun: stream.begun, frames: stream.frames, outcome: Err(failure) })
    }

    /// Ends our side of a stream that the server has ended before we have sent everything.
    fn abandon(&mut self, id: u32, upload: &Upload) {
        if !upload.over() {
            frames::put_number(&mut self.output, frames::RST_STREAM, id, frames::CANCEL);
        }
    }

    fn settings(&mut self, frame: Frame<'_>) -> Result<Option<Event>, Failure> {
        if frame.has(frames::ACK) {
            return Ok(Some(Event::Settled));
        }
        for (identifier, value) in frame.settings()? {
            match identifier {
                frames::HEADER_TABLE_SIZE => self.encoder.resize(value as usize),
                frames::MAX_CONCURRENT_STREAMS => self.max_streams = value,
                frames::INITIAL_WINDOW_SIZE => self.resize_windows(value),
                frames::MAX_FRAME_SIZE => self.max_frame = (value as usize).max(frames::DEFAULT_FRAME),
                _ => {}
            }
        }
        frames::put_head(&mut self.output, 0, frames::SETTINGS, frames::ACK, 0);
        let first = !std::mem::replace(&mut self.ready, true);
        Ok(first.then_some(Event::Ready))
    }

    /// The windows of all streams change by what the initial one has changed.
    fn resize_windows(&mut self, initial: u32) {
        let change = i64::from(initial) - i64::from(self.initial_window);
        self.initial_window = initial;
        self.waiting.clear();
        for (id, stream) in self.streams.iter_mut() {
            stream.window += change;
            if stream.upload.left > 0 && stream.window > 0 {
                self.waiting.push_back(id);
            }
        }
    }

    fn widen(&mut self, id: u32, by: u32) {
        if id == 0 {
            self.window += i64::from(by);
        } else if let Some(stream) = self.streams.get(id) {
            let closed = stream.window <= 0;
            stream.window += i64::from(by);
            if closed && stream.window > 0 && stream.upload.left > 0 {
                self.waiting.push_back(id);
            }
        }
    }

    fn go_away(&mut self, last: u32, code: u32) -> Event {
        self.draining = true;
        let lost: Vec<u32> = self.streams.iter_mut().map(|(id, _)| id).filter(|id| *id > last).collect();
        for id in &lost {
            self.streams.remove(*id);
        }
        Event::GoAway { code, lost: lost.len() }
    }

    /// Turns what streams have to send into DATA frames, one of each stream at a time.
    fn upload(&mut self) {
        while self.window > 0 && self.output.len() - self.written < ENOUGH {
            let Some(id) = self.waiting.pop_front() else { return };
            let Some(stream) = self.streams.get(id) else { continue };
            let next = stream.upload.next();
            let room = self.window.min(stream.window);
            let length = next.len().min(self.max_frame).min(usize::try_from(room).unwrap_or(0));
            if length == 0 {
                // It is back in the queue when its window opens.
                continue;
            }
            let last = stream.upload.left == length as u64;
            let flags = if last && stream.upload.end { frames::END_STREAM } else { 0 };
            frames::put_head(&mut self.output, length, frames::DATA, flags, id);
            self.output.extend_from_slice(&next[..length]);
            stream.upload.advance(length);
            stream.window -= length as i64;
            self.window -= length as i64;
            if !last {
                self.waiting.push_back(id);
            }
        }
    }
}

/// Notes what has been received; what is to be given back to the server's window now.
fn give_back(received: &mut u32, length: u32) -> Option<u32> {
    *received += length;
    (*received >= WINDOW / 4).then(|| std::mem::take(received))
}

fn would_block_is_fine(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error.into()),
        _ => Ok(()),
    }
}

/// What we take on the connection and on each stream: never what holds a server up.
const WINDOW: u32 = 1 << 30;

/// How much waits for the socket before no more DATA is made.
const ENOUGH: usize = 256 * 1024;

const LARGEST_BLOCK: usize = 1024 * 1024;

#[cfg(test)]
pub(crate) mod tests;
