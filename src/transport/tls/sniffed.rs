//! An IO object that remembers what came first.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Io;
use crate::transport::first_bytes::FirstBytes;

/// The IO object under TLS: when the handshake fails, what the peer has said
/// first tells why.
#[derive(Debug)]
pub(crate) struct Sniffed<T> {
    pub(crate) io: T,
    pub(crate) first: FirstBytes,
}

impl<T> Sniffed<T> {
    pub(crate) fn new(io: T) -> Self {
        Self { io, first: FirstBytes::default() }
    }
}

impl<T: Io> AsyncRead for Sniffed<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = target.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, target))?;
        self.first.note(&target.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<T: Io> AsyncWrite for Sniffed<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
