//! Certificates and keys as files hold them: PEM, or the bare DER.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{Error, Kind};
use crate::transport::tls::kind;

/// All certificates in PEM text, or the one that is there in DER.
pub(crate) fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    if !is_pem(bytes) {
        return certificate(bytes).map(|certificate| vec![certificate]);
    }
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text(bytes)).collect();
    let all = all.map_err(|error| bad("the PEM text cannot be read").with_source(error))?;
    if all.is_empty() { Err(no_certificate(bytes)) } else { Ok(all) }
}

/// One certificate in DER; what is in it is looked at by its user.
pub(crate) fn certificate(der: &[u8]) -> Result<CertificateDer<'static>, Error> {
    let certificate = CertificateDer::from(der.to_vec());
    match webpki::EndEntityCert::try_from(&certificate) {
        Ok(_) => Ok(certificate),
        Err(error) => Err(no_certificate(der).with_source(error)),
    }
}

/// The first private key in PEM text, or the one in DER: PKCS #8, PKCS #1 or SEC 1.
pub(crate) fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    if is_pem(bytes) {
        return PrivateKeyDer::from_pem_slice(text(bytes)).map_err(|_| no_key(bytes));
    }
    // Some other files pass for a key at a glance.
    match PrivateKeyDer::try_from(bytes.to_vec()) {
        Ok(key) if kind::of_file(bytes).is_none() => Ok(key),
        _ => Err(no_key(bytes)),
    }
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
    kind::contains(bytes, b"-----BEGIN ")
}

/// The text without the byte order mark of editors, which would hide its first line.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cold]
fn no_certificate(bytes: &[u8]) -> Error {
    let found = kind::of_file(bytes).unwrap_or("expected PEM with BEGIN CERTIFICATE, or DER");
    bad(format!("no certificate found: {found}"))
}

#[cold]
fn no_key(bytes: &[u8]) -> Error {
    if kind::contains(bytes, b"Proc-Type: 4,ENCRYPTED") {
        return bad(kind::ENCRYPTED);
    }
    match kind::of_file(bytes) {
        Some(kind::ENCRYPTED) => bad(kind::ENCRYPTED),
        Some(found) => bad(format!("no private key found: {found}")),
        None => bad("no private key found: expected PKCS #8, PKCS #1 or SEC 1, in PEM or in DER"),
    }
}

#[cold]
fn bad(why: impl Into<String>) -> Error {
    Error::new(Kind::Tls, why)
}
