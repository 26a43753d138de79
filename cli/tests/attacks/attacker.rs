//! An attacker: any bytes on one connection, and what the server does about it.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use puregrpc::Io;
use puregrpc_support::{Frame, PREFACE, flag, kind};
use tokio::io::ReadBuf;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::watch::{Span, Watch};

/// One connection of an attacker. It reads whatever comes while it sends or waits, unless it is deaf.
pub(crate) struct Attacker {
    io: Pin<Box<dyn Io>>,
    unparsed: BytesMut,
    watch: Watch,
    /// How many frames and bytes were sent.
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
    pub(crate) seen: Seen,
    deaf: bool,
}

/// What the server has sent so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) settings: bool,
    /// The code and the debug data of the last GOAWAY.
    pub(crate) goaway: Option<(u32, String)>,
    /// The codes of all RST_STREAM, in order.
    pub(crate) resets: Vec<u32>,
    /// How many blocks of headers came, and how many streams were ended.
    pub(crate) heads: usize,
    pub(crate) ends: usize,
    /// How many acknowledgements of SETTINGS and PING came.
    pub(crate) acks: usize,
    /// Bytes of messages, with their prefixes.
    pub(crate) data: usize,
    /// From the beginning of the attack until the connection ended, or a GOAWAY said that it is about to.
    pub(crate) cut: Option<Span>,
    pub(crate) closed: bool,
}

impl Attacker {
    /// An attacker of this process.
    pub(crate) fn new(io: impl Io, process: u32) -> Self {
        let (unparsed, watch) = (BytesMut::new(), Watch::start(process));
        Self { io: Box::pin(io), unparsed, watch, frames: 0, bytes: 0, seen: Seen::default(), deaf: false }
    }

    /// Greets the server as any client does, and waits for its SETTINGS.
    pub(crate) async fn greet(&mut self) {
        self.greet_with(&[]).await;
    }

    pub(crate) async fn greet_with(&mut self, settings: &[(u16, u32)]) {
        assert!(self.try_greet_with(settings).await, "the server does not greet: {self:?}");
    }

    /// Greets the server; `false` if it does not take the connection.
    pub(crate) async fn try_greet(&mut self) -> bool {
        self.try_greet_with(&[]).await
    }

    /// Reads nothing more while it sends.
    pub(crate) fn deafen(&mut self) {
        self.deaf = true;
    }

    async fn try_greet_with(&mut self, settings: &[(u16, u32)]) -> bool {
        self.send(PREFACE).await;
        self.send_frames(&[Frame::settings(settings), Frame::settings_ack()]).await;
        // Only a server that serves the connection acknowledges ours.
        let greeted = self.until(|seen| seen.settings && seen.acks > 0).await;
        (self.watch, self.frames, self.bytes) = (self.watch.again(), 0, 0);
        greeted
    }

    /// Sends bytes as they are; `false` once the connection is over.
    pub(crate) async fn send(&mut self, mut bytes: &[u8]) -> bool {
        self.bytes += bytes.len();
        let sent = poll_fn(|cx| self.poll_send(cx, &mut bytes));
        // Lets the runtime look whether something has come.
        yield_now().await;
        // A server that reads no more has done what it can.
        timeout(PATIENCE, sent).await.is_ok() && !self.seen.closed
    }

    pub(crate) async fn send_frames(&mut self, frames: &[Frame]) -> bool {
        let mut bytes = BytesMut::new();
        frames.iter().for_each(|frame| frame.encode(&mut bytes));
        self.frames += frames.len();
        self.send(&bytes).await
    }

    /// Sends what `next` makes of a running number until the server cuts the connection, at most `most` times and no
    /// longer than `time`.
    pub(crate) async fn flood(&mut self, most: usize, time: Duration, mut next: impl FnMut(u32) -> Vec<Frame>) {
        let begun = Instant::now();
        let mut numbers = 0..most as u32;
        while !self.is_cut() && begun.elapsed() < time {
            let batch: Vec<_> = numbers.by_ref().take(BATCH).flat_map(&mut next).collect();
            if batch.is_empty() || !self.send_frames(&batch).await {
                break;
            }
        }
    }

    /// Sends one frame over and over again, as [`flood`](Self::flood) does.
    pub(crate) async fn repeat(&mut self, frame: &Frame, most: usize, time: Duration) {
        let (begun, mut bytes) = (Instant::now(), BytesMut::new());
        (0..BATCH).for_each(|_| frame.encode(&mut bytes));
        for _ in 0..most / BATCH {
            if self.is_cut() || begun.elapsed() >= time || !self.send(&bytes).await {
                return;
            }
            self.frames += BATCH;
        }
    }

    /// Reads until this holds; `false` if the connection ends before, or it takes too long.
    pub(crate) async fn until(&mut self, done: impl Fn(&Seen) -> bool) -> bool {
        let waited = poll_fn(|cx| {
            while !done(&self.seen) && !self.seen.closed {
                ready!(self.poll_read(cx));
            }
            Poll::Ready(())
        });
        let _ = timeout(PATIENCE, waited).await;
        done(&self.seen)
    }

    /// Waits until the server has closed the connection.
    pub(crate) async fn closed(&mut self) -> bool {
        self.until(|seen| seen.closed).await
    }

    /// Whether the server has said that the connection is over, or has ended it.
    pub(crate) fn is_cut(&self) -> bool {
        self.seen.cut.is_some()
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &mut &[u8]) -> Poll<()> {
        loop {
            while !self.deaf && !self.seen.closed && self.poll_read(cx).is_ready() {}
            if self.seen.closed || bytes.is_empty() {
                return Poll::Ready(());
            }
            match ready!(self.io.as_mut().poll_write(cx, bytes)) {
                Ok(count) => *bytes = &bytes[count..],
                // What the server has said before it closed is still there to be read.
                Err(_) => *bytes = &[],
            }
            if bytes.is_empty() {
                let _ = ready!(self.io.as_mut().poll_flush(cx));
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut chunk = [0; 16 * 1024];
        let mut chunk = ReadBuf::new(&mut chunk);
        let read: io::Result<()> = ready!(self.io.as_mut().poll_read(cx, &mut chunk));
        self.unparsed.extend_from_slice(chunk.filled());
        while let Some(frame) = Frame::parse(&mut self.unparsed) {
            self.seen.take(&frame);
        }
        self.seen.closed = read.is_err() || chunk.filled().is_empty();
        if self.seen.closed || self.seen.goaway.is_some() {
            self.seen.cut.get_or_insert_with(|| self.watch.read());
        }
        Poll::Ready(())
    }
}

impl Seen {
    fn take(&mut self, frame: &Frame) {
        match frame.kind {
            kind::SETTINGS | kind::PING if frame.has(flag::ACK) => self.acks += 1,
            kind::SETTINGS => self.settings = true,
            kind::GOAWAY => {
                self.goaway = Some((frame.number(4), String::from_utf8_lossy(&frame.payload[8..]).into_owned()));
            }
            kind::RST_STREAM => self.resets.push(frame.number(0)),
            kind::HEADERS => self.heads += 1,
            kind::DATA => self.data += frame.payload.len(),
            _ => {}
        }
        self.ends += usize::from(matches!(frame.kind, kind::HEADERS | kind::DATA) && frame.has(flag::END_STREAM));
    }
}

/// What the server did, in a few words.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.goaway, self.closed) {
            (Some((code, debug)), _) => write!(f, "GOAWAY {code} {debug}")?,
            (None, true) => f.write_str("closed")?,
            (None, false) => f.write_str("served on")?,
        }
        if let Some(code) = self.resets.last() {
            write!(f, ", {} RST_STREAM {code}", self.resets.len())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Attacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} frames, {} bytes: {:?}", self.frames, self.bytes, self.seen)
    }
}

/// How many numbers a flood sends at once.
const BATCH: usize = 500;

/// How long any wait may take, and any flood that is to end before.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Methods of the attacked server: one message each way; a stream of requests; streams both ways; a stream of answers
/// that lasts as long as its client wants, and one that is as long as its place is large.
pub(crate) const GREET: &str = "/helloworld.Greeter/SayHello";
pub(crate) const RECORD: &str = "/routeguide.RouteGuide/RecordRoute";
pub(crate) const CHAT: &str = "/routeguide.RouteGuide/RouteChat";
pub(crate) const WATCH: &str = "/grpc.health.v1.Health/Watch";
pub(crate) const LIST: &str = "/routeguide.RouteGuide/ListFeatures";
