//! TLS as a server sets it up.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, NoServerSessionStorage, WebPkiClientVerifier};

use crate::error::{Error, Kind};
use crate::transport::tls::resolver::Resolver;
use crate::transport::tls::verifier::Verifier;
use crate::transport::tls::{ALPN, Identity, Roots, provider};

/// How a server speaks TLS: its certificates, and whether clients need one.
///
/// TLS 1.2 and 1.3 are spoken, and HTTP/2 only: a client that does not ask for
/// it (ALPN `h2`) is refused. Handshakes are made on the tasks of their
/// connections, each within [`Server::handshake_timeout`](crate::Server::handshake_timeout).
///
/// ```no_run
/// use puregrpc::{Identity, Roots, Server, ServerTls};
/// use std::time::Duration;
/// use tokio::net::TcpListener;
///
/// # async fn example(server: Server) -> Result<(), Box<dyn std::error::Error>> {
/// let load = || {
///     let tls = ServerTls::new(Identity::from_files("server.pem", "server.key")?);
///     Ok(tls.require_client_certificate(Roots::from_file("clients.pem")?))
/// };
/// let listener = TcpListener::bind("[::]:50051").await?;
/// // New files are taken within a minute, without a call being lost.
/// let listener = load()?.listen(listener)?.reload_every(Duration::from_secs(60), load);
/// server.serve(listener, std::future::pending()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServerTls {
    /// The first is shown to whoever asks for none of the others' names.
    identities: Vec<Identity>,
    clients: Clients,
    provider: Option<Arc<CryptoProvider>>,
}

/// What is asked of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Clients {
    Nothing,
    /// A certificate that one of the roots vouches for, if they have one.
    Optional(Roots),
    Required(Roots),
}

impl ServerTls {
    /// TLS with this certificate, for clients with and without one of their own,
    /// of which none is asked for.
    pub fn new(identity: Identity) -> Self {
        Self { identities: vec![identity], clients: Clients::Nothing, provider: None }
    }

    /// Adds a certificate for clients that ask for one of its names (SNI); the
    /// first one is for all others, too.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identities.push(identity);
        self
    }

    /// Lets in only clients that have a certificate which one of `roots` vouches
    /// for: mutual TLS. Handlers find it in [`Peer::certificates`](crate::Peer::certificates).
    #[must_use]
    pub fn require_client_certificate(mut self, roots: Roots) -> Self {
        self.clients = Clients::Required(roots);
        self
    }

    /// Asks clients for a certificate, and lets in those that have none, too.
    /// One that none of `roots` vouches for is refused.
    ///
    /// To tell the two apart is up to the handler or to
    /// [`Server::authorize`](crate::Server::authorize).
    #[must_use]
    pub fn accept_client_certificate(mut self, roots: Roots) -> Self {
        self.clients = Clients::Optional(roots);
        self
    }

    /// Takes the cryptography of a provider of your own, which belongs to
    /// version 0.23 of the crate `rustls`. **Default:** the first that is built in
    /// and runs on this CPU: graviola, ring (`tls-ring`), AWS-LC (`tls-aws-lc`).
    #[must_use]
    pub fn rustls_0_23_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Whether these are the same settings, down to the bytes of the certificates.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same_provider = match (&self.provider, &other.provider) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        same_provider && self.identities == other.identities && self.clients == other.clients
    }

    /// The settings as rustls wants them.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, Error> {
        let provider = self.provider.clone().map_or_else(provider::choose, Ok)?;
        let keys: Result<Vec<_>, _> =
            self.identities.iter().map(|identity| identity.certified(&provider).map(Arc::new)).collect();
        let keys = keys?;
        let verifier: Arc<dyn ClientCertVerifier> = match &self.clients {
            Clients::Nothing => Arc::new(NoClientAuth),
            Clients::Optional(roots) => verifier(roots, &provider, true)?,
            Clients::Required(roots) => verifier(roots, &provider, false)?,
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("the provider of cryptography").with_source(error))?;
        let mut config = builder.with_client_cert_verifier(verifier).with_cert_resolver(Arc::new(Resolver::new(keys)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        if self.clients != Clients::Nothing {
            // A session that is taken up again would let in a client whose
            // certificate has expired in the meantime.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }
}

/// Checks the certificates of clients, and lets in clients without one if they are optional.
fn verifier(
    roots: &Roots,
    provider: &Arc<CryptoProvider>,
    optional: bool,
) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots.store()), Arc::clone(provider));
    let builder = if optional { builder.allow_unauthenticated() } else { builder };
    let usual = builder.build().map_err(|error| unusable("the roots for clients").with_source(error))?;
    Ok(Arc::new(Verifier::new(usual, roots.own_authorities())))
}

#[cold]
fn unusable(what: &str) -> Error {
    Error::new(Kind::Tls, format!("{what} cannot be used for TLS"))
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("identities", &self.identities)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}
