//! What is agreed on before HTTP/2, and what is not.

use crate::set_up::{client, client_tls, echo, foreign_client, identity, provider, server_tls};
use puregrpc::{ChannelBuilder, Code, Listener, in_process};
use puregrpc_support::{Ca, Running, WireClient, noted};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// C20: a client that asks for another protocol is refused with the alert for it.
#[tokio::test]
async fn another_protocol_than_http2_is_refused() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let connector = TlsConnector::from(foreign_client(&ca, &[b"http/1.1"]));
    let error = connector.connect("localhost".try_into().unwrap(), server.connect().await).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

/// C20: a client that asks for no protocol at all is not served.
#[tokio::test]
async fn a_client_without_alpn_is_not_served() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let connector = TlsConnector::from(foreign_client(&ca, &[]));
    let mut stream = connector.connect("localhost".try_into().unwrap(), server.connect().await).await.unwrap();
    // Not even the server's SETTINGS.
    assert_eq!(stream.read(&mut [0; 64]).await.unwrap(), 0);
}

/// C20: a server that does not agree to HTTP/2 is refused, in words.
#[tokio::test]
async fn a_server_without_alpn_is_refused() {
    let ca = Ca::new("root");
    let issued = ca.server(&["localhost"]);
    let config = ServerConfig::builder_with_provider(Arc::new(provider())).with_safe_default_protocol_versions();
    let key = PrivateKeyDer::Pkcs8(issued.pkcs8.into());
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![issued.der.into()], key).unwrap();
    let (mut listener, connector) = in_process();
    let accepted = tokio::spawn(async move {
        let pipe = listener.accept().await.unwrap().unwrap().0;
        TlsAcceptor::from(Arc::new(config)).accept(pipe).await
    });
    let client = WireClient::new(ChannelBuilder::in_process(connector).tls(client_tls(&ca)).build().unwrap());
    let status = client.unary(noted("x")).await.unwrap_err();
    assert!(status.message().contains("the server does not speak HTTP/2 over TLS"), "{status}");
    drop(accepted);
}

/// TLS 1.1 is answered with an alert, `protocol_version`.
#[tokio::test]
async fn older_versions_of_tls_are_refused() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let mut pipe = server.connect().await;
    // One cipher suite, no compression, and of the extensions the signatures, but none that would name a newer version.
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 3]);
    let length = hello.len() as u8;
    let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    pipe.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    pipe.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, [0x15, 3, 3, 0, 2, 2, 70]);
}

/// A peer that says nothing has its time, and nobody else waits for it.
#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_cut_in_time_and_holds_nobody_up() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let started = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(server.connect().await);
    }
    client(&server, client_tls(&ca)).unary(noted("x")).await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
    for pipe in &mut silent {
        assert_eq!(pipe.read(&mut [0; 64]).await.unwrap(), 0);
    }
    assert_eq!(started.elapsed().as_secs(), 10);
}

/// A peer that stops in the middle of the handshake is cut, too.
#[tokio::test(start_paused = true)]
async fn half_a_handshake_is_cut_in_time() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let mut pipe = server.connect().await;
    pipe.write_all(&[0x16, 3, 1, 1, 0, 1]).await.unwrap();
    let started = Instant::now();
    assert_eq!(pipe.read(&mut [0; 64]).await.unwrap(), 0);
    assert_eq!(started.elapsed().as_secs(), 10);
}

/// The time for the handshake of a client is that to connect.
#[tokio::test(start_paused = true)]
async fn a_client_does_not_wait_for_a_silent_server() {
    let ca = Ca::new("root");
    let (_listener, connector) = in_process();
    let channel = ChannelBuilder::in_process(connector).tls(client_tls(&ca));
    let client = WireClient::new(channel.connect_timeout(Duration::from_secs(3)).build().unwrap());
    let started = Instant::now();
    let status = client.unary(noted("x")).await.unwrap_err();
    assert_eq!((status.code(), started.elapsed().as_secs()), (Code::Unavailable, 3));
}

/// A server that drains does not wait for handshakes that never come.
#[tokio::test(start_paused = true)]
async fn a_handshake_does_not_hold_up_the_drain() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let _silent = server.connect().await;
    client(&server, client_tls(&ca)).unary(noted("x")).await.unwrap();
    let started = Instant::now();
    assert_eq!(Running::report(server).await.cut_connections, 0);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

/// C20: the name that is checked can be set, and is then the one that counts.
#[tokio::test]
async fn the_name_of_the_server_can_be_set() {
    let ca = Ca::new("root");
    let tls = || puregrpc::ServerTls::new(identity(&ca.server(&["api.example.com"])));
    let server = echo(tls());
    let named = client_tls(&ca).server_name("api.example.com").unwrap();
    client(&server, named).unary(noted("x")).await.unwrap();
    let other = client_tls(&ca).server_name("other.example.com").unwrap();
    let status = client(&server, other).unary(noted("x")).await.unwrap_err();
    assert!(status.message().contains("expected one for other.example.com"), "{status}");
    assert!(client_tls(&ca).server_name("a b").unwrap_err().is_tls());
}
