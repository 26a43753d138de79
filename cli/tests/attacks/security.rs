//! TLS between the server and those who come to it.

use std::path::Path;
use std::sync::Arc;

use puregrpc::{Channel, ClientTls, Io, Roots};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What it takes to speak TLS with the attacked server.
pub(crate) struct Security {
    connector: TlsConnector,
    roots: Roots,
}

impl Security {
    /// Trusts the authority of this file.
    pub(crate) fn new(authority: &Path) -> Self {
        let mut store = RootCertStore::empty();
        store.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let provider = Arc::new(rustls_graviola::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(store).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self { connector: Arc::new(config).into(), roots: Roots::from_file(authority).unwrap() }
    }

    /// Begins TLS; a connection that the server does not take is one that has ended.
    pub(crate) async fn connect(&self, socket: TcpStream) -> Box<dyn Io> {
        let name = ServerName::IpAddress(socket.peer_addr().unwrap().ip().into());
        match self.connector.connect(name, socket).await {
            Ok(stream) => Box::new(stream),
            Err(_) => Box::new(tokio::io::duplex(1).0),
        }
    }

    /// A channel that trusts the server.
    pub(crate) fn channel(&self, address: std::net::SocketAddr) -> Channel {
        let tls = ClientTls::new().roots(self.roots.clone());
        Channel::builder(format!("https://{address}")).tls(tls).build().unwrap()
    }
}
