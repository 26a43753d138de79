//! Keys and certificates of every kind, as OpenSSL writes them, either work or are refused by name.

use crate::set_up::{client, counted, echo, serve};
use puregrpc::{ClientTls, Code, Error, Identity, Roots, ServerTls};
use puregrpc_support::noted;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// What `openssl req -x509` makes is trusted as it is, and each kind of key works or is named.
#[tokio::test]
async fn self_signed_certificates_of_usable_kinds_work() {
    for name in ["rsa2048", "rsa4096", "p256", "p384", "ed25519"] {
        let certificate = file(&format!("{name}.pem"));
        let identity = Identity::from_bytes(&certificate, file(&format!("{name}.key"))).unwrap();
        let roots = Roots::from_bytes(&certificate).unwrap();
        let (service, calls) = counted();
        let server = serve(service, ServerTls::new(identity.clone()).require_client_certificate(roots.clone()));
        let answer = client(&server, ClientTls::new().roots(roots).identity(identity)).unary(noted("x")).await;
        assert!(answer.is_ok(), "{name}: {answer:?}");
        assert_eq!(calls.load(Ordering::Relaxed), 1, "{name}");
    }
}

#[test]
fn keys_of_unusable_kinds_are_named() {
    let table = [
        ("rsa1024", "it is RSA with 1024 bits; expected ECDSA P-256 or P-384, Ed25519, or RSA with 2048 bits or more"),
        ("rsapss", "it is RSA-PSS"),
        ("p521", "it is ECDSA P-521"),
        ("ed448", "it is Ed448"),
        ("dsa", "it is DSA"),
    ];
    for (name, words) in table {
        let identity = Identity::from_bytes(file(&format!("{name}.pem")), file(&format!("{name}.key"))).unwrap();
        let error = ServerTls::new(identity).listen(puregrpc::in_process().0).unwrap_err();
        assert!(error.is_tls() && error.to_string().contains(words), "{name}: {error}");
    }
}

#[tokio::test]
async fn keys_and_certificates_are_read_in_every_form() {
    let windows = |name| String::from_utf8(file(name)).unwrap().replace('\n', "\r\n");
    let marked = |name| format!("\u{feff}{}", windows(name));
    let explained = |name| [b"Bag Attributes\n  friendlyName: x\n".to_vec(), file(name)].concat();
    let table = [
        ("PKCS #1", file("rsa2048.pem"), file("rsa2048-pkcs1.key")),
        ("SEC 1", file("p256.pem"), file("p256-sec1.key")),
        ("SEC 1 behind the parameters of its curve", file("p256.pem"), file("p256-parameters.key")),
        ("DER", file("p256-certificate.der"), file("p256-key.der")),
        ("line breaks of two characters", windows("p256.pem").into_bytes(), windows("p256.key").into_bytes()),
        ("a byte order mark", marked("p256.pem").into_bytes(), marked("p256.key").into_bytes()),
        ("text before", explained("p256.pem"), explained("p256.key")),
        ("key and certificate in one", [file("p256.key"), file("p256.pem")].concat(), file("p256.key")),
    ];
    for (name, certificate, key) in table {
        let server = echo(ServerTls::new(Identity::from_bytes(&certificate, key).unwrap()));
        let roots = Roots::from_bytes(&certificate).unwrap();
        let answer = client(&server, ClientTls::new().roots(roots)).unary(noted("x")).await;
        assert!(answer.is_ok(), "{name}: {answer:?}");
    }
}

#[test]
fn forms_that_are_not_read_are_named() {
    let encrypted = "the private key is encrypted: decrypt it first";
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(file("p256.pem").into_iter().flat_map(|byte| [byte, 0])).collect();
    let with_certificate = |key: Vec<u8>| Identity::from_bytes(file("p256.pem"), key);
    let with_key = |certificate: Vec<u8>| Identity::from_bytes(certificate, file("p256.key"));
    let table: [(&str, Result<Identity, Error>, &str); 14] = [
        ("encrypted PKCS #8", with_certificate(file("p256-encrypted.key")), encrypted),
        ("encrypted PKCS #8 in DER", with_certificate(file("p256-encrypted.der")), encrypted),
        ("encrypted PKCS #1", with_certificate(file("rsa2048-encrypted.key")), encrypted),
        ("a public key", with_certificate(file("p256-public.key")), "no private key found: this is a public key"),
        ("PFX as a key", with_certificate(file("p256.pfx")), "no private key found: this is PKCS #12 (PFX)"),
        ("OpenSSH", with_certificate(label("OPENSSH PRIVATE KEY")), "this is a key of OpenSSH"),
        ("old DSA", with_certificate(label("DSA PRIVATE KEY")), "this is a DSA key"),
        ("a request", with_key(file("p256-request.pem")), "this is a request for a certificate (CSR)"),
        ("a request in DER", with_key(file("p256-request.der")), "this is a request for a certificate (CSR)"),
        (
            "PFX",
            with_key(file("p256.pfx")),
            "no certificate found: this is PKCS #12 (PFX): convert it to PEM with openssl",
        ),
        ("PKCS #7", with_key(file("p256-pkcs7.pem")), "this is PKCS #7: convert it with openssl pkcs7"),
        ("trust settings", with_key(file("p256-trusted.pem")), "OpenSSL's trust settings"),
        ("a key store", with_key(vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]), "this is a Java key store"),
        ("UTF-16", with_key(wide), "the text is UTF-16: save it as UTF-8"),
    ];
    for (name, result, words) in table {
        let error = result.unwrap_err();
        assert!(error.is_tls() && error.to_string().contains(words), "{name}: {error}");
    }
}

#[test]
fn a_chain_in_the_wrong_order_is_told() {
    let key = file("p384.key");
    let table = [
        (["p256.pem", "by-p256.pem"], "it belongs to number 2 of the chain, which has to come first"),
        (["p256.pem", "rsa2048.pem"], "the private key does not belong to the certificate"),
    ];
    for (chain, words) in table {
        let chain = chain.map(file).concat();
        let error = ServerTls::new(Identity::from_bytes(chain, &key).unwrap());
        let error = error.listen(puregrpc::in_process().0).unwrap_err().to_string();
        assert!(error.ends_with(words), "{error}");
    }
}

/// What an authority may sign with is the verifier's concern.
#[tokio::test]
async fn signatures_of_unusable_kinds_are_named() {
    let table = [
        ("by-p256", "p256", None),
        ("by-rsa2048", "rsa2048", None),
        ("by-p521", "p521", Some("signed by ECDSA P-521, which is not accepted")),
        ("by-ed448", "ed448", Some("signed by Ed448, which is not accepted")),
        ("by-dsa", "dsa", Some("signed by DSA with SHA-256, which is not accepted")),
        ("by-rsa2048-sha1", "rsa2048", Some("signed by RSA with SHA-1, which is not accepted")),
        ("by-rsa1024", "rsa1024", Some("its issuer's key is too short (RSA needs 2048 bits)")),
    ];
    for (name, issuer, refusal) in table {
        let identity = Identity::from_bytes(file(&format!("{name}.pem")), file("p384.key")).unwrap();
        let server = echo(ServerTls::new(identity));
        let roots = Roots::from_bytes(file(&format!("{issuer}.pem"))).unwrap();
        let answer = client(&server, ClientTls::new().roots(roots)).unary(noted("x")).await;
        match (refusal, answer) {
            (None, answer) => assert!(answer.is_ok(), "{name}: {answer:?}"),
            (Some(words), answer) => {
                let status = answer.unwrap_err();
                assert!(status.code() == Code::Unavailable && status.message().contains(words), "{name}: {status}");
            }
        }
    }
}

fn file(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls/kinds").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn label(label: &str) -> Vec<u8> {
    format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n").into_bytes()
}
