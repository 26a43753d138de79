//! Who is at the other end.

use std::fmt;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;

/// The other end of a connection.
///
/// `Display` writes it as gRPC names addresses: `127.0.0.1:50051`,
/// `unix:/run/app.sock`, `in-process`. The end of a Unix socket that connects has
/// usually no path, and is `unix:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(Address);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Socket(SocketAddr),
    #[cfg(unix)]
    Unix(Option<Box<Path>>),
    InProcess,
    Other,
}

impl Peer {
    /// A peer whose address is not known, for IO objects of your own.
    pub fn unknown() -> Self {
        Self(Address::Other)
    }

    /// The address of a TCP peer; `None` for any other.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self.0 {
            Address::Socket(address) => Some(address),
            _ => None,
        }
    }

    #[cfg(unix)]
    pub(crate) fn unix(path: Option<&Path>) -> Self {
        Self(Address::Unix(path.map(Into::into)))
    }

    pub(crate) fn in_process() -> Self {
        Self(Address::InProcess)
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self(Address::Socket(address))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::Socket(address) => address.fmt(f),
            #[cfg(unix)]
            Address::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            #[cfg(unix)]
            Address::Unix(None) => f.write_str("unix:"),
            Address::InProcess => f.write_str("in-process"),
            Address::Other => f.write_str("unknown"),
        }
    }
}
