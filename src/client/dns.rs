//! The addresses of a name.

use std::io;
use std::net::SocketAddr;

use tokio::net::lookup_host;

/// The addresses of `host:port`, in the order of the system's resolver (RFC 6724); an IP
/// address is its own and is not looked up.
pub(crate) async fn lookup(host: &str) -> io::Result<Vec<SocketAddr>> {
    Ok(lookup_host(host).await?.collect())
}
