use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use graviola::hashing::Sha256;
use graviola::signing::ecdsa::{P256, SigningKey};
use pem::Pem;
use rcgen::PKCS_ECDSA_P256_SHA256;

/// A key that signs certificates, or that one is for: ECDSA over P-256.
pub(super) struct Key {
    secret: SigningKey<P256>,
    public: Vec<u8>,
}

impl Key {
    pub(super) fn generate() -> io::Result<Self> {
        SigningKey::generate().map_err(broken).and_then(Self::new)
    }

    /// The key of a file that [`save`](Self::save) has written.
    pub(super) fn load(file: &Path) -> io::Result<Self> {
        let pem = pem::parse(fs::read(file)?).map_err(io::Error::other)?;
        SigningKey::from_pkcs8_der(pem.contents()).map_err(broken).and_then(Self::new)
    }

    fn new(secret: SigningKey<P256>) -> io::Result<Self> {
        let mut room = [0; 128];
        let spki = secret.to_spki_der(&mut room).map_err(broken)?;
        // The point is the end of it: 4 for "uncompressed", then both coordinates.
        let point = spki.len().checked_sub(1 + 2 * 32).map(|from| spki[from..].to_vec());
        Ok(Self { public: point.ok_or_else(|| io::Error::other("a public key of an odd length"))?, secret })
    }

    /// Writes it to a file that only its owner may read.
    pub(super) fn save(&self, file: &Path) -> io::Result<()> {
        let mut room = [0; 256];
        let der = self.secret.to_pkcs8_der(&mut room).map_err(broken)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // Never into a file that is there: it may be readable for others.
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        options.open(file)?.write_all(pem::encode(&Pem::new("PRIVATE KEY", der)).as_bytes())
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
