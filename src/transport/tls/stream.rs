//! The server's side of a TLS connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsAcceptor, server};

use crate::transport::Io;
use crate::transport::tls::ALPN;
use crate::transport::tls::failure::{self, Peer};
use crate::transport::tls::sniffed::Sniffed;

/// A connection that a [`TlsListener`](crate::TlsListener) has accepted.
///
/// Nothing can be read or written before its handshake, which the server makes
/// ([`Listener::prepare`](crate::Listener::prepare)).
#[derive(Debug)]
pub struct TlsStream<T>(State<T>);

#[derive(Debug)]
enum State<T> {
    Accepted(T, Arc<ServerConfig>),
    Open(Box<server::TlsStream<Sniffed<T>>>),
    /// The handshake failed. What lies below is read to its end, so that what
    /// was said last gets to the peer.
    Failed(T),
    /// The handshake was given up on.
    Lost,
}

impl<T: Io> TlsStream<T> {
    pub(crate) fn new(io: T, config: Arc<ServerConfig>) -> Self {
        Self(State::Accepted(io, config))
    }

    /// What lies below, as long as nothing was read of it.
    pub(crate) fn raw(&mut self) -> Option<&mut T> {
        match &mut self.0 {
            State::Accepted(io, _) => Some(io),
            _ => None,
        }
    }

    /// Makes the handshake, and gives the certificates of the peer. The peer is
    /// told why it fails. Dropping the future loses the connection.
    pub(crate) async fn accept(&mut self) -> io::Result<Arc<[Bytes]>> {
        let State::Accepted(io, config) = std::mem::replace(&mut self.0, State::Lost) else {
            return Err(io::Error::other("a TLS handshake is made once"));
        };
        let stream = match TlsAcceptor::from(config).accept(Sniffed::new(io)).into_fallible().await {
            Ok(stream) => stream,
            Err((error, Sniffed { io, first })) => {
                self.0 = State::Failed(io);
                return Err(failure::of_handshake(error, Peer::Client, first));
            }
        };
        let session = stream.get_ref().1;
        let agreed = session.alpn_protocol() == Some(ALPN);
        let chain = session.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|certificate| Bytes::copy_from_slice(certificate)).collect();
        self.0 = State::Open(Box::new(stream));
        if agreed { Ok(chain) } else { Err(failure::no_http2(Peer::Client)) }
    }
}

impl<T: Io> AsyncRead for TlsStream<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            State::Open(stream) => Pin::new(stream).poll_read(cx, target),
            State::Failed(io) => Pin::new(io).poll_read(cx, target),
            _ => Poll::Ready(Err(too_early())),
        }
    }
}

impl<T: Io> AsyncWrite for TlsStream<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            State::Open(stream) => Pin::new(stream).poll_write(cx, bytes),
            _ => Poll::Ready(Err(too_early())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            State::Open(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            _ => Poll::Ready(Err(too_early())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            State::Open(stream) => Pin::new(stream).poll_flush(cx),
            _ => Poll::Ready(Err(too_early())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            State::Open(stream) => Pin::new(stream).poll_shutdown(cx),
            State::Failed(io) => Pin::new(io).poll_shutdown(cx),
            _ => Poll::Ready(Ok(())),
        }
    }
}

#[cold]
fn too_early() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "there is no TLS yet: Listener::prepare makes the handshake")
}
