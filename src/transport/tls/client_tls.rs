//! TLS as a client sets it up.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;

use crate::error::{Error, Kind};
use crate::transport::tls::connector::Connector;
use crate::transport::tls::{ALPN, Identity, Roots, provider};

/// How a client speaks TLS: whom it trusts, and who it is itself.
///
/// As it stands it trusts whom the system trusts, and shows no certificate: that
/// is what a [`Channel`](crate::Channel) to `https://…` does by itself. TLS 1.2
/// and 1.3 are spoken, and HTTP/2 only: a server that does not agree to it
/// (ALPN `h2`) is refused.
///
/// ```no_run
/// use puregrpc::{Channel, ClientTls, Identity, Roots};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = ClientTls::new()
///     .roots(Roots::from_file("ca.pem")?)
///     .identity(Identity::from_files("client.pem", "client.key")?);
/// let channel = Channel::builder("https://localhost:50051").tls(tls).build()?;
/// channel.ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ClientTls {
    roots: Option<Roots>,
    identity: Option<Identity>,
    server_name: Option<ServerName<'static>>,
    provider: Option<Arc<CryptoProvider>>,
}

impl ClientTls {
    /// TLS with servers whom the system trusts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whose word is taken for the names of servers, and nobody else's.
    /// **Default:** [`Roots::native`]; where the system has none, `Roots::webpki`,
    /// if the feature `tls-webpki-roots` is on.
    #[must_use]
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = Some(roots);
        self
    }

    /// The certificate that is shown to servers which ask for one.
    /// **Default:** none.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// The name, or the IP address, that the server's certificate has to bear,
    /// which the server is also asked for (SNI). Calls go on to name the host of
    /// the address as their authority. **Default:** the host of the address;
    /// `localhost` where there is none, as with Unix sockets.
    ///
    /// # Errors
    ///
    /// If it is neither a name nor an address ([`Error::is_tls`]).
    pub fn server_name(mut self, name: &str) -> Result<Self, Error> {
        let read = ServerName::try_from(name.to_owned());
        self.server_name = Some(read.map_err(|error| {
            Error::new(Kind::Tls, format!("expected a name or an IP address of a server, got {name:?}"))
                .with_source(error)
        })?);
        Ok(self)
    }

    /// Takes the cryptography of a provider of your own, which belongs to
    /// version 0.23 of the crate `rustls`. **Default:** the first that is built in
    /// and runs on this CPU: graviola, ring (`tls-ring`), AWS-LC (`tls-aws-lc`).
    #[must_use]
    pub fn rustls_0_23_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// The settings as rustls wants them. Blocks while it reads the system's roots.
    pub(crate) fn connector(self) -> Result<Connector, Error> {
        let provider = self.provider.map_or_else(provider::choose, Ok)?;
        let roots = self.roots.map_or_else(Roots::usual, Ok)?;
        let identity = self.identity.as_ref().map(|identity| identity.certified(&provider)).transpose()?;
        let verifier = roots.verifier(&provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(Kind::Tls, "the provider cannot be used for TLS").with_source(error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match identity {
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(identity)))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Connector { config: Arc::new(config), server_name: self.server_name })
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("roots", &self.roots)
            .field("identity", &self.identity)
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}
