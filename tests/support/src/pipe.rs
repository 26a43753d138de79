//! Frames over a pipe of bytes.

use crate::frame::Frame;
use bytes::BytesMut;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A pipe of bytes with what was read and not yet taken, and what waits to be written.
pub(crate) struct Pipe {
    io: Box<dyn Io>,
    inbox: BytesMut,
    pub(crate) outbox: BytesMut,
    pub(crate) at_end: bool,
}

impl Pipe {
    pub(crate) fn new(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self { io: Box::new(Box::pin(io)), inbox: BytesMut::new(), outbox: BytesMut::new(), at_end: false }
    }

    /// Writes what waits and reads one frame; None at the end of the connection.
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        loop {
            // What waits goes out first: the frame waited for may be its answer.
            let _ = self.poll_send(cx);
            if let Some(frame) = Frame::parse(&mut self.inbox) {
                return Poll::Ready(Some(frame));
            }
            if self.at_end {
                return Poll::Ready(None);
            }
            ready!(self.poll_fill(cx));
        }
    }

    /// Writes the queue; a connection that is gone swallows it.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.outbox.is_empty() {
            match Pin::new(&mut *self.io).poll_write(cx, &self.outbox) {
                Poll::Ready(Ok(written)) if written > 0 => drop(self.outbox.split_to(written)),
                Poll::Ready(_) => self.outbox.clear(),
                Poll::Pending => {
                    while !self.at_end && self.poll_fill(cx).is_ready() {}
                    return Poll::Pending;
                }
            }
        }
        Pin::new(&mut *self.io).poll_flush(cx).map(drop)
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut chunk = [0; 16 * 1024];
        let mut chunk = ReadBuf::new(&mut chunk);
        let read = ready!(Pin::new(&mut *self.io).poll_read(cx, &mut chunk));
        self.at_end = read.is_err() || chunk.filled().is_empty();
        self.inbox.extend_from_slice(chunk.filled());
        Poll::Ready(())
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}
