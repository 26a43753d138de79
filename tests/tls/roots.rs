//! Mozilla's roots.

use crate::set_up::{client, client_tls, echo, roots, server_tls};
use puregrpc::{ClientTls, Code, Roots};
use puregrpc_support::{Ca, noted};

#[test]
fn there_are_some() {
    let shown = format!("{:?}", Roots::webpki());
    let count: String = shown.chars().filter(char::is_ascii_digit).collect();
    assert!(count.parse::<u32>().unwrap() >= 50, "{shown}");
}

/// They vouch for nobody else's authority, which can be trusted beside them.
#[tokio::test]
async fn another_authority_has_to_be_added() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let status = client(&server, ClientTls::new().roots(Roots::webpki())).unary(noted("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("none of the trusted roots vouches for it"), "{status}");
    for both in [Roots::webpki().and(roots(&ca)), roots(&ca).and(Roots::webpki())] {
        client(&server, ClientTls::new().roots(both)).unary(noted("x")).await.unwrap();
    }
    client(&server, client_tls(&ca)).unary(noted("x")).await.unwrap();
}
