//! Certificates that are their own authority (CA:TRUE), as `openssl req -x509` makes them.

use crate::set_up::{client, counted, identity, provider_for, serve};
use puregrpc::{ClientTls, Code, Roots, ServerTls};
use puregrpc_support::rcgen::{
    BasicConstraints, CertificateParams,
    ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth},
    GeneralSubtree, IsCa,
    KeyUsagePurpose::{CrlSign, DigitalSignature, KeyCertSign},
    NameConstraints, date_time_ymd,
};
use puregrpc_support::{Ca, Issued, noted};
use std::sync::atomic::Ordering;

/// C20: the very certificate that is trusted is accepted, by both versions of TLS, from server and client.
#[tokio::test]
async fn a_trusted_certificate_may_be_its_own_authority() {
    let lnd = |params: &mut CertificateParams| {
        params.key_usages = vec![DigitalSignature, KeyCertSign];
        params.extended_key_usages = vec![ServerAuth, ClientAuth];
    };
    for (name, issued) in
        [("plain", own(&["localhost"], |_| {})), ("with usages", own(&["*.example", "localhost"], lnd))]
    {
        for tls13 in [false, true] {
            let (service, calls) = counted();
            let server = serve(service, ServerTls::new(identity(&issued)).require_client_certificate(trust(&issued)));
            let tls = ClientTls::new().roots(trust(&issued)).identity(identity(&issued));
            let answer = client(&server, tls.rustls_0_23_provider(provider_for(tls13))).unary(noted("x")).await;
            assert!(answer.is_ok(), "{name}, TLS 1.3 {tls13}: {answer:?}");
            assert_eq!(calls.load(Ordering::Relaxed), 1);
        }
    }
}

/// Addresses and wildcards are names as those of other certificates are.
#[tokio::test]
async fn addresses_and_wildcards_of_its_own_authority_are_names() {
    for (names, asked) in [(&["127.0.0.1"][..], "127.0.0.1"), (&["::1"], "::1"), (&["*.example.com"], "a.example.com")]
    {
        let issued = own(names, |_| {});
        let (service, _) = counted();
        let server = serve(service, ServerTls::new(identity(&issued)));
        let tls = ClientTls::new().roots(trust(&issued)).server_name(asked).unwrap();
        client(&server, tls).unary(noted("x")).await.unwrap();
    }
}

/// C20: whatever else is wrong with it, nothing is sent to the server.
#[tokio::test]
async fn servers_that_are_their_own_authority_are_checked_as_others() {
    let (good, other) = (own(&["localhost"], |_| {}), own(&["localhost"], |_| {}));
    let expired = own(&["localhost"], |params| params.not_after = date_time_ymd(2000, 1, 1));
    let early = own(&["localhost"], |params| params.not_before = date_time_ymd(4000, 1, 1));
    let for_clients = own(&["localhost"], |params| params.extended_key_usages = vec![ClientAuth]);
    let signs_only = own(&["localhost"], |params| params.key_usages = vec![KeyCertSign, CrlSign]);
    let constrained = own(&["localhost"], |params| {
        let permitted_subtrees = vec![GeneralSubtree::DnsName("example.com".into())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] });
    });
    let table = [
        ("not trusted", good.clone(), trust(&other), "it is an authority's own (CA:TRUE)"),
        ("expired", expired.clone(), trust(&expired), "it has expired"),
        ("not yet valid", early.clone(), trust(&early), "it is not valid yet"),
        ("for clients", for_clients.clone(), trust(&for_clients), "it is not meant for a server"),
        ("only to sign certificates", signs_only.clone(), trust(&signs_only), "it is not meant for a server"),
        ("constrains names", constrained.clone(), trust(&constrained), "it is an authority's own (CA:TRUE)"),
        ("wrong name", own(&["example.com"], |_| {}), trust(&good), "it is an authority's own"),
    ];
    for (name, issued, roots, words) in table {
        for tls13 in [false, true] {
            refused(name, &issued, roots.clone(), tls13, words).await;
        }
    }
    let elsewhere = own(&["example.com"], |_| {});
    refused("wrong name", &elsewhere, trust(&elsewhere), true, "expected one for localhost, it is for example.com")
        .await;
    let nameless = own(&[], |_| {});
    let words = "it is for no name (it needs a subjectAltName: the common name is not looked at)";
    refused("no name", &nameless, trust(&nameless), true, words).await;
}

/// C20: the same of clients.
#[tokio::test]
async fn clients_that_are_their_own_authority_are_checked_as_others() {
    let expired = own(&["ada"], |params| params.not_after = date_time_ymd(2000, 1, 1));
    let for_servers = own(&["ada"], |params| params.extended_key_usages = vec![ServerAuth]);
    let stranger = own(&["ada"], |_| {});
    let ca = Ca::new("root");
    let table = [
        ("expired", expired.clone(), trust(&expired)),
        ("for servers", for_servers.clone(), trust(&for_servers)),
        ("not trusted", stranger, Roots::from_bytes(&ca.pem).unwrap()),
    ];
    for (name, issued, roots) in table {
        let (service, calls) = counted();
        let server =
            serve(service, ServerTls::new(identity(&ca.server(&["localhost"]))).require_client_certificate(roots));
        let tls = ClientTls::new().roots(Roots::from_bytes(&ca.pem).unwrap()).identity(identity(&issued));
        let status = client(&server, tls).unary(noted("x")).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{name}: {status}");
        assert_eq!(calls.load(Ordering::Relaxed), 0, "{name}");
    }
}

/// What it signs takes the usual way: leaves are accepted, authorities below it are not.
#[tokio::test]
async fn what_a_trusted_authority_signs_takes_the_usual_way() {
    let ca = Ca::new("root");
    let trusted = || Roots::from_bytes(&ca.pem).unwrap();
    let (service, _) = counted();
    let server = serve(service, ServerTls::new(identity(&ca.server(&["localhost"]))));
    client(&server, ClientTls::new().roots(trusted())).unary(noted("x")).await.unwrap();
    refused("an authority below", &ca.issue(&["localhost"], authority), trusted(), true, "(CA:TRUE)").await;
    // Even if it is named among the roots: it is not its own issuer.
    let below = ca.issue(&["localhost"], authority);
    refused("an authority below, named", &below, trusted().and(trust(&below)), true, "(CA:TRUE)").await;
}

async fn refused(name: &str, issued: &Issued, roots: Roots, tls13: bool, words: &str) {
    let (service, calls) = counted();
    let server = serve(service, ServerTls::new(identity(issued)));
    let tls = ClientTls::new().roots(roots).rustls_0_23_provider(provider_for(tls13));
    let status = client(&server, tls).unary(noted("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{name}: {status}");
    assert!(status.message().contains(words), "{name}: {status}");
    assert_eq!(calls.load(Ordering::Relaxed), 0, "{name}");
}

fn trust(issued: &Issued) -> Roots {
    Roots::from_bytes(&issued.pem).unwrap()
}

fn own(names: &[&str], set: impl FnOnce(&mut CertificateParams)) -> Issued {
    Issued::self_signed_with(names, |params| {
        authority(params);
        set(params);
    })
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}
