//! The forms of certificates and keys.

use crate::set_up::{client, client_tls, echo, identity};
use puregrpc::{Channel, Identity, Roots, ServerTls};
use puregrpc_support::{Ca, Issued, noted};
use std::fs;
use tokio_rustls::rustls::crypto;

#[tokio::test]
async fn keys_are_read_in_every_form() {
    let ca = Ca::new("root");
    let issued = ca.server(&["localhost"]);
    let sec1 = pem::encode(&pem::Pem::new("EC PRIVATE KEY", issued.sec1.clone()));
    let both = format!("{}{}", issued.key, issued.pem);
    let table = [
        Identity::from_bytes(&issued.pem, &issued.key),
        Identity::from_bytes(&issued.pem, sec1),
        Identity::from_bytes(&both, &both),
        Identity::from_bytes(&issued.der, &issued.pkcs8),
        Identity::from_der([&issued.der], &issued.sec1),
    ];
    for identity in table {
        let server = echo(ServerTls::new(identity.unwrap()));
        client(&server, client_tls(&ca)).unary(noted("x")).await.unwrap();
    }
}

#[test]
fn rsa_keys_are_read_as_pkcs1() {
    use graviola::signing::rsa::{KeySize, SigningKey};
    let mut buffer = vec![0; 4096];
    let key = SigningKey::generate(KeySize::Rsa2048).unwrap();
    let der = key.to_pkcs1_der(&mut buffer).unwrap();
    let issued = Ca::new("root").server(&["localhost"]);
    // It is read, and found to be another's.
    let error = ServerTls::new(Identity::from_der([&issued.der], der).unwrap()).listen(nobody()).unwrap_err();
    assert!(error.to_string().contains("the private key does not belong to the certificate"), "{error}");
}

fn nobody() -> puregrpc::InProcessListener {
    puregrpc::in_process().0
}

#[test]
fn what_cannot_be_used_is_told() {
    let issued = Ca::new("root").server(&["localhost"]);
    let encrypted = issued.key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let table = [
        (Identity::from_bytes("", &issued.key), "no certificate found"),
        (Identity::from_bytes(&issued.key, &issued.key), "no certificate found"),
        (Identity::from_bytes("-----BEGIN CERTIFICATE-----\n?", &issued.key), "PEM text cannot be read"),
        (Identity::from_bytes(&issued.pem, &issued.pem), "no private key found"),
        (Identity::from_bytes(&issued.pem, "?"), "no private key found"),
        (Identity::from_bytes(&issued.pem, encrypted), "the private key is encrypted"),
        (Identity::from_der([[]; 0], &issued.key), "needs a certificate"),
        (Identity::from_files("/no/such/file", "b"), "cannot read /no/such/file"),
    ];
    for (result, words) in table {
        let error = result.unwrap_err();
        assert!(error.is_tls() && error.to_string().contains(words), "{words}: {error}");
    }
    assert!(Roots::from_bytes("").unwrap_err().is_tls());
}

#[tokio::test]
async fn files_are_read_and_faults_name_them() {
    let ca = Ca::new("root");
    let issued = ca.server(&["localhost"]);
    let folder = std::env::temp_dir().join(format!("puregrpc-tls-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (pem, key, root) = (folder.join("server.pem"), folder.join("server.key"), folder.join("ca.pem"));
    fs::write(&pem, &issued.pem).unwrap();
    fs::write(&key, &issued.pkcs8).unwrap();
    fs::write(&root, &ca.pem).unwrap();
    let server = echo(ServerTls::new(Identity::from_files(&pem, &key).unwrap()));
    let tls = puregrpc::ClientTls::new().roots(Roots::from_file(&root).unwrap());
    let error = Identity::from_files(&key, &key).unwrap_err();
    fs::remove_dir_all(&folder).unwrap();
    client(&server, tls).unary(noted("x")).await.unwrap();
    assert!(error.to_string().contains("server.key: no certificate found"), "{error}");
}

/// What is told to logs holds no key.
#[test]
fn debug_shows_no_key() {
    let issued = Issued::self_signed(&["localhost"]);
    let shown = format!("{:?}", ServerTls::new(identity(&issued)));
    assert!(shown.contains("certificates: 1") && shown.len() < 200, "{shown}");
}

/// All cryptography that is built in works with all other, and none is that of the process.
#[tokio::test]
async fn providers_work_with_each_other() {
    let ca = Ca::new("root");
    let providers = [
        rustls_graviola::default_provider(),
        #[cfg(feature = "tls-ring")]
        crypto::ring::default_provider(),
        #[cfg(feature = "tls-aws-lc")]
        crypto::aws_lc_rs::default_provider(),
    ];
    for ours in &providers {
        let tls = ServerTls::new(identity(&ca.server(&["localhost"])));
        let server = echo(tls.rustls_0_23_provider(ours.clone().into()));
        for theirs in &providers {
            let tls = client_tls(&ca).rustls_0_23_provider(theirs.clone().into());
            client(&server, tls).unary(noted("x")).await.unwrap();
        }
    }
    Channel::builder("localhost:1").tls(client_tls(&ca)).build().unwrap();
    assert!(crypto::CryptoProvider::get_default().is_none());
}
