//! Where connections come from.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;

use futures_core::Stream;
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::transport::{InProcessListener, Io, Peer};

/// A source of connections for [`Server::serve`](crate::Server::serve).
///
/// TCP and Unix listeners of tokio are one, so is the listening end of
/// [`in_process`](crate::in_process); [`Incoming`] makes one of any stream of
/// IO objects. `ServerTls::listen`, of the feature `tls`, puts each of them under
/// TLS.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a listener that a server takes",
    note = "take `tokio::net::TcpListener` (it has `from_std`), `UnixListener`, `in_process()`, or `Incoming` around a stream"
)]
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: Io;

    /// Waits for the next connection; `None` once no more can come.
    ///
    /// It must be cancel safe. An error does not end the server: it is logged,
    /// and the server asks again, at once if its kind says something of one peer
    /// only (that it broke the connection or sent what is not understood), else
    /// after a while that grows up to a second.
    fn accept(&mut self) -> impl Future<Output = io::Result<Option<(Self::Io, Peer)>>> + Send;

    /// Does what comes on a connection before HTTP/2, such as a handshake, on the
    /// task of that connection; nothing, unless a listener says otherwise.
    ///
    /// An error refuses the connection, as does more time than
    /// [`Server::handshake_timeout`](crate::Server::handshake_timeout). What is
    /// learned of the peer goes into `peer`.
    fn prepare(io: &mut Self::Io, peer: &mut Peer) -> impl Future<Output = io::Result<()>> + Send {
        let _ = (io, peer);
        std::future::ready(Ok(()))
    }
}

/// With TCP_NODELAY set on each connection: the library itself sees to it that
/// small writes go together.
impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<Option<(TcpStream, Peer)>> {
        let (socket, address) = Self::accept(self).await?;
        // It fails where the peer has gone already, which says nothing of the listener.
        let _ = socket.set_nodelay(true);
        Ok(Some((socket, address.into())))
    }
}

/// The file of the socket is the program's affair: one that an earlier run has
/// left behind is in the way of `bind`, and has to be removed before.
///
/// The authority of a call has no meaning on a Unix socket, and clients name what
/// they like: the path (gRPC's C core), that in percent-encoding, or nothing.
/// All are served; handlers see no authority.
#[cfg(unix)]
impl Listener for UnixListener {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<Option<(UnixStream, Peer)>> {
        let (socket, address) = Self::accept(self).await?;
        Ok(Some((socket, Peer::unix(address.as_pathname()))))
    }
}

impl Listener for InProcessListener {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Option<(DuplexStream, Peer)>> {
        Ok(self.next().await.map(|pipe| (pipe, Peer::in_process())))
    }
}

/// A listener made of a stream of IO objects.
///
/// Its peers are [`Peer::unknown`]. Once the stream has ended, the server ends
/// with the last of its connections.
#[derive(Debug)]
pub struct Incoming<S>(pub S);

impl<S, T> Listener for Incoming<S>
where
    S: Stream<Item = io::Result<T>> + Send + Unpin + 'static,
    T: Io,
{
    type Io = T;

    async fn accept(&mut self) -> io::Result<Option<(T, Peer)>> {
        let next = poll_fn(|cx| Pin::new(&mut self.0).poll_next(cx)).await;
        Ok(next.transpose()?.map(|io| (io, Peer::unknown())))
    }
}
