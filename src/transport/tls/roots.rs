//! Whose word is taken.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, TrustAnchor};

use crate::error::{Error, Kind};
use crate::transport::tls::encoding;
use crate::transport::tls::verifier::{self, Verifier};

/// The certificates of those whose word is taken for the names of others.
///
/// Clients need them to know servers ([`ClientTls::roots`](crate::ClientTls::roots)),
/// servers to know clients
/// ([`ServerTls::require_client_certificate`](crate::ServerTls::require_client_certificate)).
///
/// A peer may also present one of these certificates itself, as long as that
/// certificate is its own issuer and is not restricted to signing others:
/// what `openssl req -x509` makes can be trusted as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    /// Those of them that a peer may present.
    own: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// All certificates in PEM text, or the one in DER.
    ///
    /// # Errors
    ///
    /// If there is none ([`Error::is_tls`]).
    pub fn from_bytes(certificates: impl AsRef<[u8]>) -> Result<Self, Error> {
        let certificates = encoding::certificates(certificates.as_ref())?;
        let anchors: Result<Vec<_>, _> = certificates.iter().map(anchor).collect();
        Ok(Self::new(anchors?, certificates))
    }

    /// All certificates of a PEM file, or the one of a DER file. It blocks while it reads.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or has no certificate.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = encoding::read(path)?;
        encoding::in_file(path, Self::from_bytes(bytes))
    }

    /// What the system trusts, or the files that `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name. It blocks while it reads.
    ///
    /// # Errors
    ///
    /// If there is nothing.
    pub fn native() -> Result<Self, Error> {
        let loaded = rustls_native_certs::load_native_certs();
        // A system may hold a few that nobody can read.
        let anchors: Vec<_> = loaded.certs.iter().filter_map(|certificate| anchor(certificate).ok()).collect();
        if !anchors.is_empty() {
            return Ok(Self::new(anchors, loaded.certs));
        }
        let message = match named() {
            Some(variable) => format!("no root certificates where {variable} says"),
            None => "the system has no root certificates: install them (ca-certificates), or say whom to trust".into(),
        };
        let error = Error::new(Kind::Tls, message);
        Err(match loaded.errors.into_iter().next() {
            Some(cause) => error.with_source(cause),
            None => error,
        })
    }

    /// What Mozilla trusts, as of the version of the crate `webpki-roots`.
    #[cfg(feature = "tls-webpki-roots")]
    pub fn webpki() -> Self {
        Self::new(webpki_roots::TLS_SERVER_ROOTS.to_vec(), Vec::new())
    }

    /// These, and others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.anchors.extend(others.anchors);
        self.own.extend(others.own);
        self
    }

    /// What is trusted where nothing is said: what the system trusts; where it
    /// has nothing, Mozilla's roots, if they are built in. They do not take the
    /// place of roots that somebody has named and that are not there.
    pub(crate) fn usual() -> Result<Self, Error> {
        let native = Self::native();
        #[cfg(feature = "tls-webpki-roots")]
        let native = native.or_else(|error| if named().is_some() { Err(error) } else { Ok(Self::webpki()) });
        native
    }

    /// Checks the certificates of servers.
    pub(crate) fn verifier(self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(self.store()), Arc::clone(provider)).build();
        let usual =
            usual.map_err(|error| Error::new(Kind::Tls, "the roots cannot be used for TLS").with_source(error))?;
        let usual: Arc<dyn ServerCertVerifier> = usual;
        Ok(Arc::new(Verifier::new(usual, self.own)))
    }

    pub(crate) fn store(&self) -> RootCertStore {
        RootCertStore { roots: self.anchors.clone() }
    }

    /// The certificates that a peer may present although they are authorities.
    pub(crate) fn own_authorities(&self) -> Vec<CertificateDer<'static>> {
        self.own.clone()
    }

    fn new(anchors: Vec<TrustAnchor<'static>>, mut certificates: Vec<CertificateDer<'static>>) -> Self {
        certificates.retain(verifier::could_be_presented);
        Self { anchors, own: certificates }
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots").field("certificates", &self.anchors.len()).finish_non_exhaustive()
    }
}

/// The variable that says where root certificates are, if one does.
fn named() -> Option<&'static str> {
    let says = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(says)
}

fn anchor(certificate: &CertificateDer<'_>) -> Result<TrustAnchor<'static>, Error> {
    webpki::anchor_from_trusted_cert(certificate)
        .map(|anchor| anchor.to_owned())
        .map_err(|error| Error::new(Kind::Tls, "this cannot be a root certificate").with_source(error))
}
