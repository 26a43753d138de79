//! TLS by rustls: settings, certificates, handshakes.
//!
//! Nothing of rustls is public but behind a name that says its version, and
//! nothing is set for the whole process.

mod client_tls;
mod connector;
mod der;
mod encoding;
mod failure;
mod identity;
mod kind;
mod provider;
mod resolver;
mod roots;
mod server_tls;
mod sniffed;
mod stream;
mod verifier;

pub use client_tls::ClientTls;
pub(crate) use connector::Connector;
pub use identity::Identity;
pub use roots::Roots;
pub use server_tls::ServerTls;
pub use stream::TlsStream;

/// The only protocol that is spoken over TLS here, as ALPN names it.
const ALPN: &[u8] = b"h2";
