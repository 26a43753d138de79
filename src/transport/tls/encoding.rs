//! Certificates and keys as files hold them: PEM, or the bare DER.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{Error, Kind};

/// All certificates in PEM text, or the one that is there in DER.
pub(crate) fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    if !is_pem(bytes) {
        return certificate(bytes).map(|certificate| vec![certificate]);
    }
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let all = all.map_err(|error| bad("the PEM text cannot be read").with_source(error))?;
    if all.is_empty() {
        return Err(bad("no certificate found: expected PEM with BEGIN CERTIFICATE, or DER"));
    }
    Ok(all)
}

/// One certificate in DER; what is in it is looked at by its user.
pub(crate) fn certificate(der: &[u8]) -> Result<CertificateDer<'static>, Error> {
    let certificate = CertificateDer::from(der.to_vec());
    webpki::EndEntityCert::try_from(&certificate)
        .map_err(|error| bad("no certificate found: expected PEM with BEGIN CERTIFICATE, or DER").with_source(error))?;
    Ok(certificate)
}

/// The first private key in PEM text, or the one in DER: PKCS #8, PKCS #1 or SEC 1.
pub(crate) fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    if is_pem(bytes) {
        return PrivateKeyDer::from_pem_slice(bytes).map_err(|_| no_key(bytes));
    }
    PrivateKeyDer::try_from(bytes.to_vec()).map_err(|_| no_key(bytes))
}

/// The content of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| bad(format!("cannot read {}", path.display())).with_source(error))
}

/// Says which file it is about.
pub(crate) fn in_file<T>(path: &Path, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| bad(path.display().to_string()).with_source(error))
}

fn is_pem(bytes: &[u8]) -> bool {
    contains(bytes, b"-----BEGIN ")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cold]
fn no_key(bytes: &[u8]) -> Error {
    if contains(bytes, b"ENCRYPTED") {
        return bad("the private key is encrypted: decrypt it first, with openssl pkey or the like");
    }
    bad("no private key found: expected PKCS #8, PKCS #1 or SEC 1, in PEM or in DER")
}

#[cold]
fn bad(why: impl Into<String>) -> Error {
    Error::new(Kind::Tls, why)
}
