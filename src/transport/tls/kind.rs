//! What a key, a signature or a file is called, for errors that name it.

use std::borrow::Cow;

use rustls::pki_types::PrivateKeyDer;

use crate::transport::tls::der::{Elements, INTEGER, OBJECT, OCTETS, SEQUENCE};

/// The kind of a private key: its algorithm, with its curve or its length.
pub(crate) fn of_key(key: &PrivateKeyDer<'_>) -> Cow<'static, str> {
    let known = match key {
        PrivateKeyDer::Pkcs1(key) => rsa(key.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(key) => sec1(key.secret_sec1_der()),
        PrivateKeyDer::Pkcs8(key) => pkcs8(key.secret_pkcs8_der()),
        _ => None,
    };
    known.unwrap_or(Cow::Borrowed("an unknown kind"))
}

/// The name of the algorithm whose identifier these bytes hold, without its tag.
pub(crate) fn of_algorithm(identifier: &[u8]) -> &'static str {
    let mut parts = Elements::new(identifier);
    let number = parts.expect(OBJECT);
    let curve = parts.expect(OBJECT);
    let named = |number| ALGORITHMS.iter().find(|(known, _)| Some(*known) == number).map(|(_, name)| *name);
    named(curve).or_else(|| named(number)).unwrap_or("an unknown algorithm")
}

/// What a file is that holds no usable certificate or key, and the way out.
pub(crate) fn of_file(bytes: &[u8]) -> Option<&'static str> {
    let labelled = FILES.iter().find(|(label, _)| contains(bytes, format!("-----BEGIN {label}-----").as_bytes()));
    labelled.map(|(_, told)| *told).or_else(|| of_binary(bytes))
}

fn of_binary(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Some("the text is UTF-16: save it as UTF-8");
    }
    if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) {
        return Some("this is a Java key store: export certificate and key with keytool and openssl pkcs12");
    }
    let mut parts = Elements::new(bytes).sequence()?;
    match parts.next()? {
        (INTEGER, [3]) => Some(PKCS12),
        (OBJECT, PKCS7_DATA) => Some(PKCS7),
        (SEQUENCE, first) => {
            let mut first = Elements::new(first);
            match first.next()? {
                (INTEGER, [0]) => Some(REQUEST),
                (INTEGER, _) => Some("this is a certificate of X.509 version 1: make one of version 3"),
                (OBJECT, _) if parts.next().is_some_and(|(tag, _)| tag == OCTETS) => Some(ENCRYPTED),
                (OBJECT, _) => Some(PUBLIC),
                _ => None,
            }
        }
        _ => None,
    }
}

fn pkcs8(der: &[u8]) -> Option<Cow<'static, str>> {
    let mut parts = Elements::new(der).sequence()?;
    let _version = parts.expect(INTEGER)?;
    let identifier = parts.expect(SEQUENCE)?;
    match of_algorithm(identifier) {
        "RSA" => rsa(parts.expect(OCTETS)?),
        name => Some(Cow::Borrowed(name)),
    }
}

fn sec1(der: &[u8]) -> Option<Cow<'static, str>> {
    let mut parts = Elements::new(der).sequence()?;
    let _version = parts.expect(INTEGER)?;
    let _key = parts.expect(OCTETS)?;
    parts.expect(CURVE).map(|curve| Cow::Borrowed(of_algorithm(curve)))
}

/// An RSA key of so many bits.
fn rsa(pkcs1: &[u8]) -> Option<Cow<'static, str>> {
    let mut parts = Elements::new(pkcs1).sequence()?;
    let _version = parts.expect(INTEGER)?;
    let modulus = parts.expect(INTEGER)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    Some(Cow::Owned(format!("RSA with {} bits", (modulus.len() - zeros) * 8)))
}

pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The tag before the curve of a key in SEC 1.
const CURVE: u8 = 0xa0;

const PKCS7_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];

pub(crate) const ENCRYPTED: &str = "the private key is encrypted: decrypt it first, with openssl pkey or the like";
const PKCS7: &str = "this is PKCS #7: convert it with openssl pkcs7 -print_certs";
const PKCS12: &str = "this is PKCS #12 (PFX): convert it to PEM with openssl pkcs12 -nodes";
const PUBLIC: &str = "this is a public key: the private key is needed";
const REQUEST: &str = "this is a request for a certificate (CSR): an authority has to sign it first";

/// Labels in PEM, the telling ones first.
const FILES: &[(&str, &str)] = &[
    ("ENCRYPTED PRIVATE KEY", ENCRYPTED),
    ("OPENSSH PRIVATE KEY", "this is a key of OpenSSH: convert it with ssh-keygen -p -m PKCS8"),
    ("DSA PRIVATE KEY", "this is a DSA key, which TLS no longer uses: make one of ECDSA P-256"),
    ("CERTIFICATE REQUEST", REQUEST),
    ("NEW CERTIFICATE REQUEST", REQUEST),
    ("TRUSTED CERTIFICATE", "this is a certificate with OpenSSL's trust settings: convert it with openssl x509"),
    ("X509 CERTIFICATE", "this is a certificate under an old label: convert it with openssl x509"),
    ("PKCS7", PKCS7),
    ("PKCS12", PKCS12),
    ("X509 CRL", "this is a list of revoked certificates"),
    ("PUBLIC KEY", PUBLIC),
];

/// Numbers of algorithms and curves.
const ALGORITHMS: &[(&[u8], &str)] = &[
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1], "RSA"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4], "RSA with MD5"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], "RSA with SHA-1"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], "RSA-PSS"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 14], "RSA with SHA-224"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1], "DSA"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3], "DSA with SHA-1"),
    (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2], "DSA with SHA-256"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], "ECDSA"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1], "ECDSA with SHA-1"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], "ECDSA P-256"),
    (&[0x2b, 0x81, 4, 0, 10], "ECDSA secp256k1"),
    (&[0x2b, 0x81, 4, 0, 34], "ECDSA P-384"),
    (&[0x2b, 0x81, 4, 0, 35], "ECDSA P-521"),
    (&[0x2b, 0x65, 110], "X25519"),
    (&[0x2b, 0x65, 112], "Ed25519"),
    (&[0x2b, 0x65, 113], "Ed448"),
];
