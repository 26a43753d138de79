//! Where a server listens, and the way there.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpStream;

use crate::transport::{InProcessConnector, Io, Peer};

/// One address of a server.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
    InProcess(InProcessConnector),
}

impl Address {
    /// Opens a connection, without TLS.
    pub(crate) async fn dial(&self) -> io::Result<(Box<dyn Io>, Peer)> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), (*address).into()))
            }
            #[cfg(unix)]
            Self::Unix(path) => Ok((Box::new(tokio::net::UnixStream::connect(path).await?), Peer::unix(Some(path)))),
            #[cfg(not(unix))]
            Self::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
            Self::InProcess(connector) => Ok((Box::new(connector.connect().await?), Peer::in_process())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::InProcess(_) => f.write_str("in-process"),
        }
    }
}
