//! The client's side of a TLS connection.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsConnector, client};

use crate::transport::Io;
use crate::transport::tls::ALPN;
use crate::transport::tls::failure::{self, Peer};
use crate::transport::tls::sniffed::Sniffed;

/// What makes handshakes with servers.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) config: Arc<ClientConfig>,
    /// The name that the certificate has to bear, if not that of the target.
    pub(crate) server_name: Option<ServerName<'static>>,
}

impl Connector {
    /// Makes the handshake, and gives the certificates of the server; `host` is the
    /// name or the IP address of the target.
    pub(crate) async fn connect(&self, io: Box<dyn Io>, host: &str) -> io::Result<(Box<dyn Io>, Arc<[Bytes]>)> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => server_name(host)?,
        };
        let connect = TlsConnector::from(Arc::clone(&self.config)).connect(name, Sniffed::new(io));
        let stream = match connect.into_fallible().await {
            Ok(stream) => stream,
            Err((error, sniffed)) => return Err(failure::of_handshake(error, Peer::Server, sniffed.first)),
        };
        let session = stream.get_ref().1;
        if session.alpn_protocol() != Some(ALPN) {
            return Err(failure::no_http2(Peer::Server));
        }
        let chain = session.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|certificate| Bytes::copy_from_slice(certificate)).collect();
        Ok((Box::new(ClientStream(stream)), chain))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(host.to_owned()).map_err(|_| {
        let message = format!("{host:?} is no name that a certificate could bear (ClientTls::server_name)");
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

/// A stream whose errors say what is wrong: h2 keeps nothing of them but the text.
struct ClientStream(client::TlsStream<Sniffed<Box<dyn Io>>>);

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, target: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.0).poll_read(cx, target);
        polled.map_err(|error| failure::of_stream(error, Peer::Server))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        for (host, name) in [("localhost", "localhost"), ("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")] {
            assert_eq!(server_name(host).unwrap().to_str(), name);
        }
        assert_eq!(server_name("a b").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
