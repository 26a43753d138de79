//! The raw HTTP/2 peer: what both sides of it do.

use crate::{
    frame::{Frame, setting},
    pipe::Pipe,
    stream::Stream,
};
use bytes::{Bytes, BytesMut};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

/// For the `end` of a frame that ends the stream.
pub const END: bool = true;
/// For the `end` of a frame after which more comes.
pub const MORE: bool = false;

/// A raw HTTP/2 peer over any pipe, as a client (`RawPeer::client`) or as a server (`RawPeer::server`).
///
/// It sends exactly the frames it is told to, and reads whatever comes while it waits for something. By itself it
/// only acknowledges SETTINGS and PING (until [`hold_pongs`](Self::hold_pongs)), and gives back flow-control window as
/// DATA arrives (until [`hold_windows`](Self::hold_windows)). Every frame that comes is logged and checked: no empty DATA frame without
/// END_STREAM, none larger than allowed or beyond the window, no DATA or HEADERS after END_STREAM. A wait that is
/// not over within [`PATIENCE`] fails with the log.
pub struct RawPeer {
    pub(crate) pipe: Pipe,
    pub(crate) decoder: httlib_hpack::Decoder<'static>,
    /// A block of headers that waits for its CONTINUATION: the stream, END_STREAM, the bytes.
    pub(crate) partial: Option<(u32, bool, BytesMut)>,
    pub(crate) streams: HashMap<u32, Stream>,
    pub(crate) opened: VecDeque<u32>,
    pub(crate) goaways: VecDeque<GoAway>,
    pub(crate) pongs: Vec<Bytes>,
    /// The peer's settings.
    pub(crate) remote: BTreeMap<u16, u32>,
    /// Our own `INITIAL_WINDOW_SIZE`.
    pub(crate) initial_window: i64,
    pub(crate) window: i64,
    pub(crate) credit: i64,
    pub(crate) replenish: bool,
    pub(crate) answers_pings: bool,
    pub(crate) log: Vec<String>,
}

/// A GOAWAY frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoAway {
    /// The last stream that the peer may have acted on.
    pub last_stream: u32,
    /// Why.
    pub code: u32,
    /// The debug data.
    pub debug: Bytes,
}

/// How long any wait may take; under a paused clock that is no time at all.
pub const PATIENCE: Duration = Duration::from_secs(40);

impl RawPeer {
    pub(crate) fn new(io: impl AsyncRead + AsyncWrite + Send + 'static, settings: &[(u16, u32)]) -> Self {
        let own = settings.iter().rfind(|(name, _)| *name == setting::INITIAL_WINDOW_SIZE);
        let mut peer = Self {
            pipe: Pipe::new(io),
            decoder: httlib_hpack::Decoder::default(),
            partial: None,
            streams: HashMap::new(),
            opened: VecDeque::new(),
            goaways: VecDeque::new(),
            pongs: Vec::new(),
            remote: BTreeMap::new(),
            initial_window: own.map_or(DEFAULT_WINDOW, |(_, value)| i64::from(*value)),
            window: DEFAULT_WINDOW,
            credit: DEFAULT_WINDOW,
            replenish: true,
            answers_pings: true,
            log: Vec::new(),
        };
        peer.queue(&Frame::settings(settings));
        peer
    }

    /// Puts a frame into the queue without waiting; it goes out with the next wait.
    pub fn queue(&mut self, frame: &Frame) {
        frame.encode(&mut self.pipe.outbox);
    }

    /// Sends one frame, whatever it is.
    pub async fn send(&mut self, frame: &Frame) {
        self.queue(frame);
        self.flush().await;
    }

    /// Sends bytes that need not be a frame.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.pipe.outbox.extend_from_slice(bytes);
        self.flush().await;
    }

    /// Sends everything queued; reads meanwhile, so that two full pipes cannot block each other.
    pub async fn flush(&mut self) {
        let sent = std::future::poll_fn(|cx| self.pipe.poll_send(cx));
        if timeout(PATIENCE, sent).await.is_err() {
            panic!("the peer did not read within {PATIENCE:?}\n{self:?}");
        }
    }

    /// Gives no more window back by itself.
    pub fn hold_windows(&mut self) {
        self.replenish = false;
    }

    /// Answers no more PING.
    pub fn hold_pongs(&mut self) {
        self.answers_pings = false;
    }

    /// Gives `increment` bytes of window back, for the connection (0) or a stream.
    pub async fn give_window(&mut self, stream: u32, increment: u32) {
        self.widen(stream, increment);
        self.flush().await;
    }

    /// Sends `bytes` in DATA frames of at most 16 KiB as the peer's windows allow.
    pub async fn send_data(&mut self, stream: u32, bytes: &[u8], end: bool) {
        let mut rest = bytes;
        loop {
            let room = |peer: &Self| peer.credit.min(peer.stream(stream).credit).clamp(0, MAX_FRAME) as usize;
            if !rest.is_empty() {
                self.until("window to send", |peer| room(peer) > 0 || peer.stream(stream).reset.is_some()).await;
            }
            if self.stream(stream).reset.is_some() {
                return;
            }
            let (now, later) = rest.split_at(room(self).min(rest.len()));
            self.data(stream, now, end && later.is_empty()).await;
            rest = later;
            if rest.is_empty() {
                return;
            }
        }
    }

    /// Sends exactly one DATA frame, whatever the windows say.
    pub async fn data(&mut self, stream: u32, bytes: impl AsRef<[u8]>, end: bool) {
        self.queue_data(stream, bytes, end);
        self.flush().await;
    }

    /// Queues exactly one DATA frame, whatever the windows say.
    pub fn queue_data(&mut self, stream: u32, bytes: impl AsRef<[u8]>, end: bool) {
        let length = bytes.as_ref().len() as i64;
        self.credit -= length;
        if let Some(stream) = self.streams.get_mut(&stream) {
            stream.credit -= length;
        }
        self.queue(&Frame::data(stream, bytes, u8::from(end)));
    }

    /// Sends RST_STREAM.
    pub async fn reset(&mut self, stream: u32, code: u32) {
        self.send(&Frame::reset(stream, code)).await;
    }

    /// Waits until the peer has seen all frames sent so far and has answered a PING.
    pub async fn settle(&mut self) {
        let mark = (self.pongs.len() as u64).to_be_bytes();
        self.send(&Frame::ping(mark)).await;
        self.until("the PING's answer", |peer| peer.pongs.iter().any(|pong| **pong == mark)).await;
    }

    /// What has come on `stream`.
    ///
    /// # Panics
    /// When the stream was never opened.
    pub fn stream(&self, stream: u32) -> &Stream {
        self.streams.get(&stream).unwrap_or_else(|| panic!("stream {stream} is not open\n{self:?}"))
    }

    /// Waits until the peer has ended or reset `stream`; gives all that came on it.
    pub async fn over(&mut self, stream: u32) -> Stream {
        self.until(&format!("the end of stream {stream}"), |peer| peer.stream(stream).is_over()).await;
        self.stream(stream).clone()
    }

    /// Waits until the peer's first headers on `stream` have come.
    pub async fn head(&mut self, stream: u32) -> crate::Block {
        self.until(&format!("headers on stream {stream}"), |peer| !peer.stream(stream).blocks.is_empty()).await;
        self.stream(stream).head().clone()
    }

    /// Waits for the next message on `stream`; gives its payload.
    pub async fn message(&mut self, stream: u32) -> Bytes {
        loop {
            let seen = self.streams.get_mut(&stream).expect("the stream is open");
            if let Some(payload) = seen.take_message() {
                return payload;
            }
            assert!(!seen.is_over(), "stream {stream} is over without a message: {seen:?}");
            self.step(&format!("a message on stream {stream}")).await;
        }
    }

    /// Waits for the next `Note` on `stream`; gives its value.
    pub async fn note(&mut self, stream: u32) -> Bytes {
        crate::message::note_value(self.message(stream).await)
    }

    /// Waits for RST_STREAM on `stream`; gives its code.
    pub async fn reset_of(&mut self, stream: u32) -> u32 {
        self.until(&format!("RST_STREAM on stream {stream}"), |peer| peer.stream(stream).reset.is_some()).await;
        self.stream(stream).reset.expect("it was just seen")
    }

    /// Waits for the next GOAWAY.
    pub async fn goaway(&mut self) -> GoAway {
        self.until("GOAWAY", |peer| !peer.goaways.is_empty()).await;
        self.goaways.pop_front().expect("it was just seen")
    }

    /// Waits for the end of the connection.
    pub async fn closed(&mut self) {
        while !self.pipe.at_end {
            self.read("the end of the connection").await;
        }
    }

    /// Whether the connection still answers: no GOAWAY has come, and a PING is answered.
    pub async fn assert_alive(&mut self) {
        self.settle().await;
        assert!(self.goaways.is_empty(), "the connection goes away\n{self:?}");
    }

    /// The peer's value of a setting, once its SETTINGS have come.
    pub fn setting(&self, name: u16) -> Option<u32> {
        self.remote.get(&name).copied()
    }

    /// The frames that came and their order, a line each: `HEADERS 1 END_STREAM`.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Reads frames until `done`.
    ///
    /// # Panics
    /// When the connection ends before, or it takes too long.
    pub async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            self.step(what).await;
        }
    }

    async fn step(&mut self, what: &str) {
        assert!(self.read(what).await, "the connection ended before {what}\n{self:?}");
    }

    /// Reads one frame; false at the end of the connection.
    async fn read(&mut self, what: &str) -> bool {
        let frame = timeout(PATIENCE, std::future::poll_fn(|cx| self.pipe.poll_frame(cx))).await;
        let Ok(frame) = frame else { panic!("{what} did not come within {PATIENCE:?}\n{self:?}") };
        if let Some(frame) = &frame {
            self.take(frame);
        }
        frame.is_some()
    }
}

impl fmt::Debug for RawPeer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.log.len().saturating_sub(40);
        writeln!(formatter, "the last of {} frames that came:", self.log.len())?;
        self.log[from..].iter().try_for_each(|line| writeln!(formatter, "  {line}"))?;
        write!(formatter, "at the end of the connection: {}, GOAWAY: {:?}", self.pipe.at_end, self.goaways)
    }
}

pub(crate) const DEFAULT_WINDOW: i64 = 65_535;
pub(crate) const MAX_FRAME: i64 = 16_384;
