//! Who one is: a certificate and its key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::error::{Error, Kind};
use crate::transport::tls::{encoding, kind};

/// A certificate with those that vouch for it, and its private key.
///
/// A server needs one ([`ServerTls`](crate::ServerTls)); a client only where the
/// server asks for it ([`ClientTls::identity`](crate::ClientTls::identity)).
///
/// The certificate itself comes first, behind it whatever leads to the root,
/// without the root. Keys are ECDSA P-256 or P-384, Ed25519, or RSA with at least
/// 2048 bits, in PKCS #8, PKCS #1 or SEC 1, and not encrypted. `Debug` does not
/// show the key.
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
        let of = |chain: &[CertificateDer<'static>]| CertifiedKey::from_der(chain.to_vec(), key.clone_key(), provider);
        of(chain).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                let place = (1..chain.len()).find(|place| of(&chain[*place..]).is_ok());
                Error::new(Kind::Tls, foreign_key(place.map(|place| place + 1)))
            }
            rustls::Error::General(_) => Error::new(Kind::Tls, unusable_key(key)).with_source(error),
            error => Error::new(Kind::Tls, "the certificate and its key cannot be used").with_source(error),
        })
    }
}

#[cold]
fn foreign_key(place: Option<usize>) -> String {
    let fault = "the private key does not belong to the certificate";
    match place {
        Some(place) => format!("{fault}: it belongs to number {place} of the chain, which has to come first"),
        None => fault.to_owned(),
    }
}

#[cold]
fn unusable_key(key: &PrivateKeyDer<'_>) -> String {
    let kind = kind::of_key(key);
    format!(
        "the private key cannot be used: it is {kind}; expected ECDSA P-256 or P-384, Ed25519, or RSA with 2048 bits or \
         more (or a provider of cryptography that takes others)"
    )
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.0.chain.len()).finish_non_exhaustive()
    }
}
