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
use crate::transport::header_lists::HeaderLists;
use crate::transport::meter::Meter;
use crate::transport::outlet::Outlet;
use crate::transport::peer_settings::announce;
use crate::transport::pulse::Pulse;
use crate::transport::respite::wake_after_others;
use crate::transport::scratch::{self, Scratch, Unread};
use crate::transport::sieve::Sieve;
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
    /// What h2 has written.
    outlet: Outlet,
    /// How much may still be read in this turn.
    credit: usize,
    /// Whether a read was put off to the next turn.
    starved: bool,
    /// Whether this turn comes right after one that put its write off.
    deferred: bool,
    meter: Meter,
    sieve: Sieve,
    first: FirstBytes,
    /// Whether this side's SETTINGS have been written.
    greeted: bool,
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
            outlet: Outlet::default(),
            credit: READ_PER_TURN,
            starved: false,
            deferred: false,
            meter,
            sieve: Sieve::new(),
            first: FirstBytes::default(),
            greeted: false,
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
        let inner = &mut *lock(&self.0);
        inner.pay_back();
        inner.deferred = others && !inner.deferred && inner.outlet.has_unwritten();
        let starved = std::mem::take(&mut inner.starved);
        if starved {
            wake_after_others(cx);
        } else if inner.deferred {
            cx.waker().wake_by_ref();
        }
        let written = if inner.deferred {
            Written::Later
        } else if let Poll::Ready(result) = inner.outlet.poll_drain(&mut *inner.io, cx) {
            result.map(|()| Written::All)?
        } else {
            Written::Part(inner.outlet.total())
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
        let inner = &mut *lock(&self.0);
        inner.outlet.poll_drain(&mut *inner.io, cx)
    }

    /// What the peer sent first.
    pub(crate) fn first_bytes(&self) -> FirstBytes {
        lock(&self.0).first
    }

    /// How large lists of headers may be, in both directions.
    pub(crate) fn header_lists(&self) -> Arc<HeaderLists> {
        Arc::clone(lock(&self.0).meter.header_lists())
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
    /// Puts the last GOAWAY behind what h2 has written, if that ends with a frame.
    fn put_farewell(&mut self, breach: Breach) {
        if let Some(frame) = self.meter.farewell(breach) {
            self.outlet.put(&frame);
        }
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.outlet.poll_drain(&mut *self.io, cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        self.outlet.put(bytes);
        self.meter.send(bytes);
        if !self.greeted {
            self.greet();
        }
    }

    /// Announces this side's own limit of headers, of which h2 knows a larger one.
    /// Nothing is written before the SETTINGS are whole: h2 writes them in one piece.
    #[cold]
    fn greet(&mut self) {
        let limit = self.meter.header_lists().own() as u32;
        let sent = self.outlet.unwritten().get_mut(self.meter.preface()..);
        self.greeted = sent.is_some_and(|sent| announce(limit, sent));
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(breach) = self.breach {
            return Poll::Ready(Err(io::Error::other(breach)));
        }
        let mut scratch = Scratch::take();
        let count = loop {
            let count = ready!(self.poll_frames(cx, &mut scratch))?;
            // Nothing is left of it for h2, to which no bytes are the end.
            if count != Some(0) {
                break count.unwrap_or_default();
            }
        };
        let fits = count.min(target.remaining());
        target.put_slice(&scratch[..fits]);
        self.unread = Unread::new(scratch, fits, count);
        Poll::Ready(Ok(()))
    }

    /// Reads, and gives how much of it is for h2; `None` at the end.
    fn poll_frames(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) -> Poll<io::Result<Option<usize>>> {
        if self.credit == 0 {
            self.starved = true;
            return self.poll_pong(scratch);
        }
        let lead = self.sieve.lead(scratch);
        let mut read = ReadBuf::new(&mut scratch[lead..]);
        if Pin::new(&mut self.io).poll_read(cx, &mut read)?.is_pending() {
            self.meter.wait();
            return self.poll_pong(scratch);
        }
        let count = read.filled().len();
        self.first.note(read.filled());
        match self.meter.receive(read.filled(), Instant::now(), self.calls) {
            // What is no HTTP/2 at all is h2's to refuse.
            Err(Breach::FirstFrame) if !self.meter.is_client() && !self.first.are_preface() => {}
            Err(breach) => return self.end(breach),
            Ok(()) => {}
        }
        self.credit = self.credit.saturating_sub(count);
        if count == 0 {
            // Half a head is an error to h2, which it may be.
            let held = self.sieve.take_held(scratch);
            return Poll::Ready(Ok((held > 0).then_some(held)));
        }
        if self.sieve.is_busy() || self.meter.is_odd() {
            return self.strain(&mut scratch[..lead + count]);
        }
        Poll::Ready(Ok(Some(count)))
    }

    /// Takes out what h2 may not see.
    #[cold]
    fn strain(&mut self, bytes: &mut [u8]) -> Poll<io::Result<Option<usize>>> {
        let (left, padded) = self.sieve.strain(bytes, self.meter.place());
        if self.meter.charge(padded).is_err() || self.sieve.refund.is_too_long() {
            return self.end(Breach::ControlFrames);
        }
        Poll::Ready(Ok(Some(left)))
    }

    /// Once nothing more is there: what h2 was to see after all else.
    fn poll_pong(&mut self, scratch: &mut [u8]) -> Poll<io::Result<Option<usize>>> {
        match self.sieve.take_pong(self.meter.newest(), self.meter.is_quiet()) {
            None => Poll::Pending,
            Some(frame) => {
                scratch[..frame.len()].copy_from_slice(&frame);
                Poll::Ready(Ok(Some(frame.len())))
            }
        }
    }

    #[cold]
    fn end<T>(&mut self, breach: Breach) -> Poll<io::Result<T>> {
        self.breach = Some(breach);
        Poll::Ready(Err(io::Error::other(breach)))
    }

    /// Gives back the window of padding that h2 was not shown, between two frames
    /// of h2 and once there is room for it.
    #[inline]
    fn pay_back(&mut self) {
        if !self.sieve.refund.is_empty() && self.meter.is_between_sent() && !self.outlet.is_full() {
            let frames = self.sieve.refund.take();
            self.put(&frames);
        }
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
        let inner = &mut *lock(&self.0);
        let count = ready!(inner.outlet.poll_room(&mut *inner.io, cx, bytes.len()))?;
        inner.put(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let inner = &mut *lock(&self.0);
        let all = slices.iter().map(|slice| slice.len()).sum();
        let count = ready!(inner.outlet.poll_room(&mut *inner.io, cx, all))?;
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

const READ_PER_TURN: usize = 256 * 1024;

/// How long a connection that ends by force may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
