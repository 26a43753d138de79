//! Who one is: a certificate and its key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::error::{Error, Kind};
use crate::transport::tls::encoding;

/// A certificate with those that vouch for it, and its private key.
///
/// A server needs one ([`ServerTls`](crate::ServerTls)); a client only where the
/// server asks for it ([`ClientTls::identity`](crate::ClientTls::identity)).
///
/// The certificate itself comes first, behind it whatever leads to the root,
/// without the root. Keys are RSA, ECDSA or Ed25519, in PKCS #8, PKCS #1 or
/// SEC 1. `Debug` does not show the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads the chain from one text or DER certificate, and the key from
    /// another; both may be the same PEM text.
    ///
    /// # Errors
    ///
    /// If there is no certificate or no key ([`Error::is_tls`]). Whether they
    /// belong together is found when they are used.
    pub fn from_bytes(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, Error> {
        let chain = encoding::certificates(chain.as_ref())?;
        Ok(Self::new(chain, encoding::private_key(key.as_ref())?))
    }

    /// Takes a chain of DER certificates, and the key in DER.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes).
    pub fn from_der(chain: impl IntoIterator<Item = impl AsRef<[u8]>>, key: impl AsRef<[u8]>) -> Result<Self, Error> {
        let chain: Result<Vec<_>, _> = chain.into_iter().map(|der| encoding::certificate(der.as_ref())).collect();
        let chain = chain?;
        if chain.is_empty() {
            return Err(Error::new(Kind::Tls, "an identity needs a certificate, and got none"));
        }
        Ok(Self::new(chain, encoding::private_key(key.as_ref())?))
    }

    /// Reads the chain and the key from files, in PEM or DER; both may be in one.
    ///
    /// It blocks while it reads.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or as [`from_bytes`](Self::from_bytes).
    pub fn from_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, Error> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let certificates = encoding::in_file(chain, encoding::certificates(&encoding::read(chain)?))?;
        let private_key = encoding::in_file(key, encoding::private_key(&encoding::read(key)?))?;
        Ok(Self::new(certificates, private_key))
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Self {
        Self(Arc::new(Parts { chain, key }))
    }

    /// The key made ready to sign, once it is clear that it is the certificate's.
    pub(crate) fn certified(&self, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
        let Parts { chain, key } = &*self.0;
        CertifiedKey::from_der(chain.clone(), key.clone_key(), provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                Error::new(Kind::Tls, "the private key does not belong to the certificate")
            }
            error => Error::new(Kind::Tls, "the certificate and its key cannot be used").with_source(error),
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.0.chain.len()).finish_non_exhaustive()
    }
}
