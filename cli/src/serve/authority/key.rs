use std::fs;
use std::io;
use std::path::Path;

use graviola::hashing::Sha256;
use graviola::signing::ecdsa::{P256, SigningKey};
use pem::Pem;
use rcgen::PKCS_ECDSA_P256_SHA256;

use super::whole;

/// A key that signs certificates, or that one is for: ECDSA over P-256.
pub(super) struct Key {
    secret: SigningKey<P256>,
    public: Vec<u8>,
}

impl Key {
    /// The key of this file; made if there is none.
    ///
    /// It is the same for all who ask at once: the first one that is written stays.
    pub(super) fn of(file: &Path) -> io::Result<Self> {
        let key = match Self::load(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match Self::generate()?.save(file) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(file),
                saved => saved,
            },
            loaded => loaded,
        };
        key.map_err(|error| io::Error::other(format!("{}: {error}", file.display())))
    }

    /// Whether this text is a certificate of it.
    pub(super) fn has_certificate(&self, text: &[u8]) -> bool {
        let certificate = pem::parse(text);
        certificate.is_ok_and(|pem| pem.contents().windows(self.public.len()).any(|part| part == self.public))
    }

    fn generate() -> io::Result<Self> {
        SigningKey::generate().map_err(broken).and_then(Self::new)
    }

    fn load(file: &Path) -> io::Result<Self> {
        let pem = pem::parse(fs::read(file)?).map_err(io::Error::other)?;
        SigningKey::from_pkcs8_der(pem.contents()).map_err(broken).and_then(Self::new)
    }

    fn save(self, file: &Path) -> io::Result<Self> {
        let mut room = [0; 256];
        let der = self.secret.to_pkcs8_der(&mut room).map_err(broken)?;
        whole::create(file, &pem::encode(&Pem::new("PRIVATE KEY", der)))?;
        Ok(self)
    }

    fn new(secret: SigningKey<P256>) -> io::Result<Self> {
        let mut room = [0; 128];
        let spki = secret.to_spki_der(&mut room).map_err(broken)?;
        // The point is the end of it: 4 for "uncompressed", then both coordinates.
        let point = spki.len().checked_sub(1 + 2 * 32).map(|from| spki[from..].to_vec());
        Ok(Self { public: point.ok_or_else(|| io::Error::other("a public key of an odd length"))?, secret })
    }
}

impl rcgen::PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let mut room = [0; 128];
        let signature = self.secret.sign_asn1::<Sha256>(&[message], &mut room);
        signature.map(<[u8]>::to_vec).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

fn broken(error: graviola::Error) -> io::Error {
    io::Error::other(format!("{error:?}"))
}
