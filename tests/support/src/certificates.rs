//! Certificates that are made while a test runs.

use graviola::{
    hashing::Sha256,
    signing::ecdsa::{P256, SigningKey},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, PublicKeyData,
    SerialNumber, SignatureAlgorithm,
};
use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// An authority that vouches for whatever a test wants.
pub struct Ca {
    issuer: Issuer<'static, Key>,
    /// Its certificate, in PEM.
    pub pem: String,
}

/// A certificate and its key.
#[derive(Clone)]
pub struct Issued {
    /// The certificate, in PEM.
    pub pem: String,
    /// The certificate, in DER.
    pub der: Vec<u8>,
    /// The key: PKCS #8 in PEM.
    pub key: String,
    /// The key: PKCS #8 in DER.
    pub pkcs8: Vec<u8>,
    /// The key: SEC 1 in DER.
    pub sec1: Vec<u8>,
}

impl Ca {
    /// A root of its own.
    pub fn new(name: &str) -> Self {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = Key::generate();
        let pem = params.self_signed(&key).expect("the authority can be made").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a server with these names.
    pub fn server(&self, names: &[&str]) -> Issued {
        self.issue(names, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth])
    }

    /// A certificate for a client with these names.
    pub fn client(&self, names: &[&str]) -> Issued {
        self.issue(names, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// A certificate for whatever `set` says.
    pub fn issue(&self, names: &[&str], set: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = params(names);
        set(&mut params);
        let key = Key::generate();
        Issued::new(&params.signed_by(&key, &self.issuer).expect("the certificate can be made"), &key)
    }
}

impl Issued {
    /// A certificate that nobody vouches for but itself.
    pub fn self_signed(names: &[&str]) -> Self {
        Self::self_signed_with(names, |_| {})
    }

    /// The same, with whatever `set` says.
    pub fn self_signed_with(names: &[&str], set: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = params(names);
        set(&mut params);
        let key = Key::generate();
        Self::new(&params.self_signed(&key).expect("the certificate can be made"), &key)
    }

    fn new(certificate: &rcgen::Certificate, key: &Key) -> Self {
        let mut buffer = [0; 512];
        let pkcs8 = key.private.to_pkcs8_der(&mut buffer).expect("there is room").to_vec();
        let sec1 = key.private.to_sec1_der(&mut buffer).expect("there is room").to_vec();
        let key = pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.clone()));
        Self { pem: certificate.pem(), der: certificate.der().to_vec(), key, pkcs8, sec1 }
    }
}

/// A key on the curve P-256.
struct Key {
    private: SigningKey<P256>,
    /// The point, not compressed.
    public: Vec<u8>,
}

impl Key {
    fn generate() -> Self {
        let private = SigningKey::<P256>::generate().expect("there is randomness");
        let mut buffer = [0; 256];
        let info = private.to_spki_der(&mut buffer).expect("there is room");
        let public = info[info.len() - POINT..].to_vec();
        Self { private, public }
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let mut buffer = [0; 128];
        let signed = self.private.sign_asn1::<Sha256>(&[message], &mut buffer);
        signed.map(<[u8]>::to_vec).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

impl fmt::Debug for Ca {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ca").finish_non_exhaustive()
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Issued").field("pem", &self.pem).finish_non_exhaustive()
    }
}

/// With numbers of their own, which the crate would else draw from a library that needs C.
fn params(names: &[&str]) -> CertificateParams {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let names: Vec<String> = names.iter().map(|name| (*name).into()).collect();
    let mut params = CertificateParams::new(names).expect("the names are names");
    params.serial_number = Some(SerialNumber::from(number));
    params.key_identifier_method = KeyIdMethod::PreSpecified(number.to_be_bytes().to_vec());
    params.distinguished_name.remove(DnType::CommonName);
    params
}

/// The bytes of a point.
const POINT: usize = 65;
