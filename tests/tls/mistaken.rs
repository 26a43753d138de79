//! TLS where there is none, and none where there is.

use crate::set_up::{client, client_tls, echo, server_tls};
use puregrpc::{Channel, Code};
use puregrpc_support::{Ca, Script, WireClient, noted};

/// C20: a client without TLS is told what the server speaks; it does not begin to speak it by itself.
#[tokio::test]
async fn plaintext_to_a_tls_port_is_told() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let status = server.client().unary(noted("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("the server speaks TLS: use https://"), "{status}");
}

/// C20: a client with TLS does not fall back to none.
#[tokio::test]
async fn tls_to_a_plaintext_port_is_told() {
    let ca = Ca::new("root");
    let server = Script::echo().serve();
    let status = client(&server, client_tls(&ca)).unary(noted("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("the server does not speak TLS: use http://"), "{status}");
}

/// C20: what is said to be plaintext never becomes TLS, and the other way round.
#[tokio::test]
async fn an_address_without_tls_is_not_put_under_it() {
    let ca = Ca::new("root");
    let error = Channel::builder("http://localhost:1").tls(client_tls(&ca)).build().unwrap_err();
    assert!(error.is_address() && error.to_string().contains("use https://"), "{error}");
    for address in ["https://localhost:1", "localhost:1", "unix:a"] {
        Channel::builder(address).tls(client_tls(&ca)).build().unwrap();
    }
}

/// Over a socket, where a connection can be reset, as in the same process.
#[tokio::test]
async fn mistakes_are_told_over_tcp() {
    let ca = Ca::new("root");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = server_tls(&ca).listen(listener).unwrap();
    tokio::spawn(puregrpc::Server::new().add(Script::echo()).serve(tls, std::future::pending()));
    let client = WireClient::new(Channel::lazy(format!("http://127.0.0.1:{port}")).unwrap());
    let status = client.unary(noted("x")).await.unwrap_err();
    assert!(status.message().contains("the server speaks TLS: use https://"), "{status}");
}
