//! Who is at the other end.

use std::fmt;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
#[cfg(feature = "tls")]
use std::sync::Arc;

#[cfg(feature = "tls")]
use bytes::Bytes;

/// The other end of a connection.
///
/// A server finds it on a [`Request`](crate::Request) or [`Receiver`](crate::Receiver),
/// a client on a [`Response`](crate::Response), a `Receiver` or a
/// [`ClientStreaming`](crate::ClientStreaming).
///
/// `Display` writes it as gRPC names addresses: `127.0.0.1:50051`,
/// `unix:/run/app.sock`, `in-process`. The end of a Unix socket that connects has
/// usually no path, and is `unix:`.
#[derive(Clone, PartialEq, Eq)]
pub struct Peer {
    address: Address,
    /// The certificates that it has shown, if it speaks TLS.
    #[cfg(feature = "tls")]
    tls: Option<Arc<[Bytes]>>,
}

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
        Self::at(Address::Other)
    }

    /// The address of a TCP peer; `None` for any other.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self.address {
            Address::Socket(address) => Some(address),
            _ => None,
        }
    }

    /// Whether the connection is under TLS that this library takes care of.
    #[cfg(feature = "tls")]
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The certificates that the peer has shown, each in DER, its own first. They
    /// have been checked: a client's against the roots of the server, a server's as
    /// [`ClientTls`](crate::ClientTls) says. Empty if a client has shown none, which
    /// it may where none is required.
    #[cfg(feature = "tls")]
    pub fn certificates(&self) -> &[Bytes] {
        self.tls.as_deref().unwrap_or_default()
    }

    /// The names in the peer's own certificate: DNS names, such as
    /// `client.example.com`, and URIs, such as `spiffe://example.com/client`. It
    /// is read anew each time.
    ///
    /// The subject (CN) is not among them. A certificate without DNS names and
    /// URIs gives an empty list, as no certificate does: let a rule refuse it.
    #[cfg(feature = "tls")]
    pub fn certificate_names(&self) -> Vec<String> {
        let Some(der) = self.certificates().first() else {
            return Vec::new();
        };
        let der = rustls::pki_types::CertificateDer::from(&der[..]);
        let Ok(certificate) = webpki::EndEntityCert::try_from(&der) else {
            return Vec::new();
        };
        certificate.valid_dns_names().chain(certificate.valid_uri_names()).map(str::to_owned).collect()
    }

    #[cfg(feature = "tls")]
    pub(crate) fn set_tls(&mut self, certificates: Arc<[Bytes]>) {
        self.tls = Some(certificates);
    }

    fn at(address: Address) -> Self {
        Self {
            address,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    #[cfg(unix)]
    pub(crate) fn unix(path: Option<&Path>) -> Self {
        Self::at(Address::Unix(path.map(Into::into)))
    }

    /// Whether it is at the other end of a Unix socket.
    pub(crate) fn is_unix(&self) -> bool {
        #[cfg(unix)]
        return matches!(self.address, Address::Unix(_));
        #[cfg(not(unix))]
        false
    }

    pub(crate) fn in_process() -> Self {
        Self::at(Address::InProcess)
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::at(Address::Socket(address))
    }
}

/// The address; of certificates no more than how many there are.
impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Peer");
        shown.field("address", &self.address);
        #[cfg(feature = "tls")]
        shown.field("certificates", &self.tls.as_ref().map(|certificates| certificates.len()));
        shown.finish()
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
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
