//! Bytes on their way out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::transport::Io;
use crate::transport::spare;

/// What is to be written, until it is.
#[derive(Default)]
pub(super) struct Outlet {
    /// What h2 has written; of it, `written` bytes are on their way.
    buffer: Vec<u8>,
    written: usize,
    /// How much was written from it in all.
    total: u64,
    /// Whether the IO object was written to since it was last flushed.
    unflushed: bool,
}

impl Outlet {
    pub(super) fn has_unwritten(&self) -> bool {
        self.written < self.buffer.len() || self.unflushed
    }

    /// All that waits, while nothing of it is on its way.
    pub(super) fn unwritten(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    /// How much was written in all.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Whether no more should be put in before something is written.
    pub(super) fn is_full(&self) -> bool {
        self.buffer.len() >= WRITE
    }

    /// Writes all there is, then flushes: TLS keeps bytes back until told.
    pub(super) fn poll_drain(&mut self, io: &mut dyn Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write(io, cx))?;
        if self.unflushed {
            ready!(Pin::new(io).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, io: &mut dyn Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.buffer.len() {
            let count = ready!(Pin::new(&mut *io).poll_write(cx, &self.buffer[self.written..]))?;
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

    /// Makes room for `count` bytes, or for as many as the buffer holds: nothing
    /// goes past it, so that what waits in it is all that waits.
    pub(super) fn poll_room(&mut self, io: &mut dyn Io, cx: &mut Context<'_>, count: usize) -> Poll<io::Result<usize>> {
        if self.buffer.len() + count > WRITE && !self.buffer.is_empty() {
            ready!(self.poll_write(io, cx))?;
        }
        if self.buffer.capacity() == 0 {
            self.buffer = spare::take();
        }
        Poll::Ready(Ok(count.min(WRITE)))
    }

    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.buffer.capacity() - self.buffer.len() < bytes.len() {
            self.grow(bytes.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Makes the buffer twice as large, but no larger than it may become.
    #[cold]
    fn grow(&mut self, count: usize) {
        let needed = self.buffer.len() + count;
        let capacity = needed.max((2 * self.buffer.capacity()).min(WRITE));
        self.buffer.reserve_exact(capacity - self.buffer.len());
    }
}

/// What is written at once: four full DATA frames, and what comes between them.
pub(super) const WRITE: usize = 72 * 1024;
