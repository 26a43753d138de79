//! Deferred writes and shared read buffers.
//!
//! h2 writes and flushes many times in one turn of a connection. Here a write
//! only fills a buffer, and the connection task empties it once a turn: one
//! system call where there were dozens. Reads go through one buffer of the
//! thread, so that an idle connection holds none.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout};

use crate::transport::Io;
use crate::transport::breach::Breach;
use crate::transport::first_bytes::FirstBytes;
use crate::transport::meter::Meter;
use crate::transport::pulse::Pulse;
use crate::transport::respite::wake_after_others;
use crate::transport::scratch::{self, Scratch, Unread};
use crate::transport::spare;
use crate::transport::turned::{Turned, Written};

/// The IO object as h2 sees it.
pub(crate) struct BufferedIo(Arc<Mutex<Inner>>);

/// The IO object as the connection task sees it.
#[derive(Clone)]
pub(crate) struct IoHandle(Arc<Mutex<Inner>>);

struct Inner {
    io: Box<dyn Io>,
    /// What was read but did not fit into what h2 offered.
    unread: Unread,
    /// What h2 has written; of it, `written` bytes are on their way.
    buffer: Vec<u8>,
    written: usize,
    /// How much was written from it in all.
    total: u64,
    /// Whether `io` was written to since it was last flushed.
    unflushed: bool,
    /// How much may still be read in this turn.
    credit: usize,
    /// Whether a read was put off to the next turn.
    starved: bool,
    /// Whether this turn comes right after one that put its write off.
    deferred: bool,
    meter: Meter,
    first: FirstBytes,
    /// Whether the peer had calls open when this turn began.
    calls: bool,
    /// Why the connection ends: nothing more is read, but for what is said last.
    breach: Option<Breach>,
}

impl BufferedIo {
    pub(crate) fn new(io: impl Io, meter: Meter) -> (Self, IoHandle) {
        let inner = Inner {
            io: Box::new(io),
            unread: Unread::default(),
            buffer: Vec::new(),
            written: 0,
            total: 0,
            unflushed: false,
            credit: READ_PER_TURN,
            starved: false,
            deferred: false,
            meter,
            first: FirstBytes::default(),
            calls: false,
            breach: None,
        };
        let inner = Arc::new(Mutex::new(inner));
        (Self(Arc::clone(&inner)), IoHandle(inner))
    }
}

impl IoHandle {
    /// Begins a turn: up to 256 KiB may be read in it, so that what came is
    /// used up before more comes. `calls` tells whether the peer has calls open.
    pub(crate) fn begin_turn(&self, calls: bool) {
        let mut inner = lock(&self.0);
        inner.credit = READ_PER_TURN;
        inner.calls = calls;
    }

    /// Ends a turn by writing what it has brought: one turn later, if there is
    /// something and `others` may add to the same write, whose tasks are ready now.
    ///
    /// An error ends the connection.
    pub(crate) fn end_turn(&self, cx: &mut Context<'_>, others: bool) -> io::Result<Turned> {
        let mut inner = lock(&self.0);
        inner.deferred = others && !inner.deferred && inner.has_unwritten();
        let starved = std::mem::take(&mut inner.starved);
        if starved {
            wake_after_others(cx);
        } else if inner.deferred {
            cx.waker().wake_by_ref();
        }
        let written = if inner.deferred {
            Written::Later
        } else if let Poll::Ready(result) = inner.poll_drain(cx) {
            result.map(|()| Written::All)?
        } else {
            Written::Part(inner.total)
        };
        Ok(inner.meter.turned(written))
    }

    /// Reads what still comes and forgets it; ready at the end of the connection.
    pub(crate) fn poll_discard(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = lock(&self.0);
        let mut scratch = Scratch::take();
        for _ in 0..READ_PER_TURN / scratch::SIZE {
            let mut read = ReadBuf::new(&mut scratch);
            let result = ready!(Pin::new(&mut inner.io).poll_read(cx, &mut read));
            if result.is_err() || read.filled().is_empty() {
                return Poll::Ready(());
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes all there is, then flushes: TLS keeps bytes back until told.
    pub(crate) fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).poll_drain(cx)
    }

    /// What the peer sent first.
    pub(crate) fn first_bytes(&self) -> FirstBytes {
        lock(&self.0).first
    }

    pub(crate) fn pulse(&self) -> Pulse {
        Pulse::of(&lock(&self.0).meter)
    }

    /// Ends the connection by force: h2 can read no more, and
    /// [`tell_why`](Self::tell_why) tells the peer the reason.
    pub(crate) fn condemn(&self, breach: Breach) {
        lock(&self.0).breach.get_or_insert(breach);
    }

    /// Tells the peer why it loses its connection, if that is by force, and
    /// says whether it is. To be called once h2 is gone.
    pub(crate) async fn tell_why(&self) -> bool {
        let Some(breach) = lock(&self.0).breach else {
            return false;
        };
        tracing::debug!(reason = breach.name(), setter = breach.setter(), "connection closed: {}", breach.fault());
        lock(&self.0).put_farewell(breach);
        // A peer that does not take it in time need not know.
        let _ = timeout(LAST_WORDS, poll_fn(|cx| lock(&self.0).poll_shutdown(cx))).await;
        true
    }
}

impl Inner {
    fn has_unwritten(&self) -> bool {
        self.written < self.buffer.len() || self.unflushed
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_buffer(cx))?;
        if self.unflushed {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_buffer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.buffer.len() {
            let count = ready!(Pin::new(&mut self.io).poll_write(cx, &self.buffer[self.written..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
            self.total += count as u64;
            self.unflushed = true;
        }
        if !self.buffer.is_empty() {
            self.written = 0;
            spare::give_back(std::mem::take(&mut self.buffer));
        }
        Poll::Ready(Ok(()))
    }

    /// Puts the last GOAWAY behind what h2 has written, if that ends with a frame.
    fn put_farewell(&mut self, breach: Breach) {
        if let Some(frame) = self.meter.farewell(breach) {
            self.buffer.extend_from_slice(&frame);
        }
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    /// Makes room for `count` bytes, or for as many as the buffer holds: nothing
    /// goes past it, so that what waits in it is all that waits.
    fn poll_room(&mut self, cx: &mut Context<'_>, count: usize) -> Poll<io::Result<usize>> {
        if self.buffer.len() + count > WRITE && !self.buffer.is_empty() {
            ready!(self.poll_write_buffer(cx))?;
        }
        if self.buffer.capacity() == 0 {
            self.buffer = spare::take();
        }
        Poll::Ready(Ok(count.min(WRITE)))
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if self.buffer.capacity() - self.buffer.len() < bytes.len() {
            self.grow(bytes.len());
        }
        self.buffer.extend_from_slice(bytes);
        self.meter.send(bytes);
    }

    /// Makes the buffer twice as large, but no larger than it may become.
    #[cold]
    fn grow(&mut self, count: usize) {
        let needed = self.buffer.len() + count;
        let capacity = needed.max((2 * self.buffer.capacity()).min(WRITE));
        self.buffer.reserve_exact(capacity - self.buffer.len());
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(breach) = self.breach {
            return Poll::Ready(Err(io::Error::other(breach)));
        }
        if self.credit == 0 {
            self.starved = true;
            return Poll::Pending;
        }
        let mut scratch = Scratch::take();
        let mut read = ReadBuf::new(&mut scratch);
        if Pin::new(&mut self.io).poll_read(cx, &mut read)?.is_pending() {
            self.meter.wait();
            return Poll::Pending;
        }
        let count = read.filled().len();
        self.first.note(read.filled());
        if let Err(breach) = self.meter.receive(read.filled(), Instant::now(), self.calls) {
            self.breach = Some(breach);
            return Poll::Ready(Err(io::Error::other(breach)));
        }
        let fits = count.min(target.remaining());
        target.put_slice(&scratch[..fits]);
        self.unread = Unread::new(scratch, fits, count);
        self.credit = self.credit.saturating_sub(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for BufferedIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut inner = lock(&self.0);
        if inner.unread.is_empty() {
            return inner.poll_fill(cx, target);
        }
        inner.unread.take(target.remaining(), |bytes| target.put_slice(bytes));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for BufferedIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut inner = lock(&self.0);
        let count = ready!(inner.poll_room(cx, bytes.len()))?;
        inner.put(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut inner = lock(&self.0);
        let all = slices.iter().map(|slice| slice.len()).sum();
        let count = ready!(inner.poll_room(cx, all))?;
        let mut left = count;
        for slice in slices {
            let now = left.min(slice.len());
            inner.put(&slice[..now]);
            left -= now;
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Does nothing: the connection task drains.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).poll_shutdown(cx)
    }
}

/// A panic elsewhere leaves the buffers whole: there is no state to protect.
fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is written at once: four full DATA frames, and what comes between them.
const WRITE: usize = 72 * 1024;

const READ_PER_TURN: usize = 256 * 1024;

/// How long a connection that ends by force may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::meter::Allowance;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn writes_go_out_when_drained_and_not_before() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
        io.write_all(b"one").await.unwrap();
        io.write_all(b"two").await.unwrap();
        io.flush().await.unwrap();
        assert!(lock(&handle.0).has_unwritten());
        let mut got = [0; 6];
        let early =
            poll_fn(|cx| Poll::Ready(Pin::new(&mut far).poll_read(cx, &mut ReadBuf::new(&mut got)).is_pending()));
        assert!(early.await);
        poll_fn(|cx| handle.poll_drain(cx)).await.unwrap();
        assert!(!lock(&handle.0).has_unwritten());
        far.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"onetwo");
    }

    async fn end_turn(handle: &IoHandle, others: bool) -> io::Result<Written> {
        poll_fn(|cx| Poll::Ready(handle.end_turn(cx, others).map(|turned| turned.written))).await
    }

    #[tokio::test]
    async fn a_write_waits_for_the_next_turn_and_no_longer() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
        io.write_all(b"one").await.unwrap();
        assert_eq!(end_turn(&handle, true).await.unwrap(), Written::Later);
        assert_eq!(end_turn(&handle, true).await.unwrap(), Written::All);
        assert_eq!(far.read_u8().await.unwrap(), b'o');
        // What nobody else can add to waits for nobody.
        io.write_all(b"two").await.unwrap();
        assert_eq!(end_turn(&handle, false).await.unwrap(), Written::All);
    }

    /// However much is written at once: a peer that takes nothing is seen to take nothing.
    #[tokio::test]
    async fn nothing_goes_past_the_buffer() {
        let (near, _far) = tokio::io::duplex(10);
        let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
        let large = vec![7; 3 * WRITE];
        assert_eq!(io.write(&large).await.unwrap(), WRITE);
        assert!(poll_fn(|cx| Poll::Ready(Pin::new(&mut io).poll_write(cx, &large).is_pending())).await);
        assert!(end_turn(&handle, true).await.is_ok());
        let written = end_turn(&handle, true).await.unwrap();
        assert_eq!(written, Written::Part(10));
    }

    #[tokio::test]
    async fn a_lost_connection_ends_the_turns() {
        let (near, far) = tokio::io::duplex(10);
        let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
        drop(far);
        io.write_all(b"one").await.unwrap();
        // The first turn puts the write off.
        assert!(end_turn(&handle, true).await.is_ok());
        let error = end_turn(&handle, true).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn large_writes_keep_their_place() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
        io.write_all(b"head").await.unwrap();
        io.write_all(&vec![7; 3 * WRITE]).await.unwrap();
        io.write_all(b"tail").await.unwrap();
        poll_fn(|cx| handle.poll_drain(cx)).await.unwrap();
        let mut got = vec![0; 8 + 3 * WRITE];
        far.read_exact(&mut got).await.unwrap();
        assert_eq!((&got[..4], &got[4..8]), (&b"head"[..], &[7; 4][..]));
        assert_eq!(&got[4 + 3 * WRITE..], b"tail");
    }

    #[tokio::test]
    async fn what_is_discarded_ends_with_the_connection() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let (_io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
        far.write_all(&vec![1; 2 * READ_PER_TURN]).await.unwrap();
        let pending = poll_fn(|cx| Poll::Ready(handle.poll_discard(cx).is_pending())).await;
        drop(far);
        poll_fn(|cx| handle.poll_discard(cx)).await;
        assert!(pending);
    }

    #[tokio::test]
    async fn a_turn_reads_so_much_and_no_more() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        far.write_all(&vec![1; 2 * READ_PER_TURN]).await.unwrap();
        let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
        let mut total = 0;
        let mut buffer = vec![0; 10_000];
        while let Poll::Ready(count) = poll_fn(|cx| {
            let mut target = ReadBuf::new(&mut buffer);
            Poll::Ready(Pin::new(&mut io).poll_read(cx, &mut target).map(|_| target.filled().len()))
        })
        .await
        {
            total += count;
        }
        assert_eq!(total, READ_PER_TURN);
        assert!(lock(&handle.0).starved);
        handle.begin_turn(false);
        assert_eq!(io.read(&mut buffer).await.unwrap(), 10_000);
    }
}
