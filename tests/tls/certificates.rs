//! Certificates that must not be accepted.

use crate::set_up::{client, client_tls, counted, identity, provider_for, roots, serve, server_tls};
use puregrpc::{Code, ServerTls};
use puregrpc_support::rcgen::{
    BasicConstraints, CertificateParams,
    ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth},
    IsCa,
    KeyUsagePurpose::KeyCertSign,
    date_time_ymd,
};
use puregrpc_support::{Ca, Issued, noted};
use std::sync::atomic::Ordering;

/// C20: whatever is wrong with the certificate of a server, nothing is sent to it, and the caller is told what is wrong.
#[tokio::test]
async fn clients_refuse_bad_certificates_of_servers() {
    let (ca, other) = (Ca::new("root"), Ca::new("other"));
    let expired = ca.issue(&["localhost"], |params| params.not_after = date_time_ymd(2000, 1, 1));
    let early = ca.issue(&["localhost"], |params| params.not_before = date_time_ymd(4000, 1, 1));
    let table = [
        ("expired", expired, "it has expired"),
        ("not yet valid", early, "it is not valid yet"),
        (
            "wrong name",
            ca.server(&["example.com", "127.0.0.1", "::1"]),
            "expected one for localhost, it is for example.com, 127.0.0.1, ::1 (if that is the server meant, name it with ClientTls::server_name)",
        ),
        ("no name", ca.server(&[]), "expected one for localhost, it is for no name"),
        ("wrong authority", other.server(&["localhost"]), "none of the trusted roots vouches for it"),
        ("wrong extended usage", ca.client(&["localhost"]), "it is not meant for a server"),
        ("an authority's own", ca.issue(&["localhost"], authority), "it is an authority's own (CA:TRUE)"),
        ("self-signed", Issued::self_signed(&["localhost"]), "none of the trusted roots vouches for it"),
    ];
    for (name, issued, words) in table {
        for tls13 in [false, true] {
            let (service, calls) = counted();
            let server = serve(service, ServerTls::new(identity(&issued)));
            let client = client(&server, client_tls(&ca).rustls_0_23_provider(provider_for(tls13)));
            let status = client.unary(noted("x")).await.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{name}: {status}");
            assert!(status.message().contains(words), "{name}: {status}");
            assert_eq!(calls.load(Ordering::Relaxed), 0, "{name}");
        }
    }
}

/// C20: whatever is wrong with the certificate of a client, no call of it is begun, and it is told what is wrong.
#[tokio::test]
async fn servers_refuse_bad_certificates_of_clients() {
    let (ca, other) = (Ca::new("root"), Ca::new("other"));
    let expired = ca.issue(&["ada"], |params| params.not_after = date_time_ymd(2000, 1, 1));
    let early = ca.issue(&["ada"], |params| params.not_before = date_time_ymd(4000, 1, 1));
    let for_servers = ca.issue(&["ada"], |params| params.extended_key_usages = vec![ServerAuth]);
    let table = [
        ("none", None, "wants a client certificate (ClientTls::identity)"),
        ("expired", Some(expired), "our certificate has expired, or is not valid yet"),
        ("not yet valid", Some(early), "our certificate has expired, or is not valid yet"),
        ("wrong authority", Some(other.client(&["ada"])), "none of the roots it trusts vouches for our certificate"),
        ("wrong extended usage", Some(for_servers), "our certificate is not meant for this use"),
        ("an authority's own", Some(ca.issue(&["ada"], authority)), "something is wrong with our certificate"),
        ("self-signed", Some(Issued::self_signed(&["ada"])), "none of the roots it trusts vouches for our certificate"),
    ];
    for (name, issued, words) in table {
        for tls13 in [false, true] {
            let (service, calls) = counted();
            let server = serve(service, server_tls(&ca).require_client_certificate(roots(&ca)));
            let mut tls = client_tls(&ca).rustls_0_23_provider(provider_for(tls13));
            if let Some(issued) = &issued {
                tls = tls.identity(identity(issued));
            }
            let status = client(&server, tls).unary(noted("x")).await.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{name}: {status}");
            assert!(status.message().contains(words), "{name}, TLS 1.3 {tls13}: {status}");
            assert_eq!(calls.load(Ordering::Relaxed), 0, "{name}");
        }
    }
}

/// Without a certificate a client may be let in, with a bad one it never is.
#[tokio::test]
async fn optional_certificates_are_checked_if_they_are_there() {
    let (ca, other) = (Ca::new("root"), Ca::new("other"));
    let (service, calls) = counted();
    let server = serve(service, server_tls(&ca).accept_client_certificate(roots(&ca)));
    let stranger = client(&server, client_tls(&ca).identity(identity(&other.client(&["ada"]))));
    assert_eq!(stranger.unary(noted("x")).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    client(&server, client_tls(&ca)).unary(noted("x")).await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

/// C20: good certificates are let in, by both versions of TLS, so that the tables above prove something.
#[tokio::test]
async fn good_certificates_are_let_in() {
    let ca = Ca::new("root");
    for tls13 in [false, true] {
        let (service, calls) = counted();
        let server = serve(service, server_tls(&ca).require_client_certificate(roots(&ca)));
        let tls = client_tls(&ca).identity(identity(&ca.client(&["ada"]))).rustls_0_23_provider(provider_for(tls13));
        client(&server, tls).unary(noted("x")).await.unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}

/// What a certificate is for is told by its extended key usage, if it has one; without, it is for servers and clients.
/// The key usage says nothing here, even if it allows no signature but those under certificates.
#[tokio::test]
async fn the_key_usage_of_a_leaf_is_not_looked_at() {
    let ca = Ca::new("root");
    let odd = |purpose| {
        move |params: &mut CertificateParams| {
            params.key_usages = vec![KeyCertSign];
            params.extended_key_usages = vec![purpose];
        }
    };
    let neither = |_: &mut CertificateParams| {};
    let table = [
        ("to sign certificates", ca.issue(&["localhost"], odd(ServerAuth)), ca.issue(&["ada"], odd(ClientAuth))),
        ("no usage", ca.issue(&["localhost"], neither), ca.issue(&["ada"], neither)),
    ];
    for (name, of_server, of_client) in table {
        for issued in [&of_server, &of_client] {
            let says = issued.der.windows(KEY_USAGE.len()).any(|bytes| bytes == KEY_USAGE);
            assert_eq!(says, name == "to sign certificates", "{name}");
        }
        for tls13 in [false, true] {
            let (service, calls) = counted();
            let tls = ServerTls::new(identity(&of_server)).require_client_certificate(roots(&ca));
            let server = serve(service, tls);
            let tls = client_tls(&ca).identity(identity(&of_client)).rustls_0_23_provider(provider_for(tls13));
            let answer = client(&server, tls).unary(noted("x")).await;
            assert!(answer.is_ok(), "{name}, TLS 1.3 {tls13}: {answer:?}");
            assert_eq!(calls.load(Ordering::Relaxed), 1, "{name}");
        }
    }
}

/// An authority of a lower rank.
fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

/// The number of the extension, in DER.
const KEY_USAGE: [u8; 5] = [6, 3, 0x55, 0x1d, 0x0f];
