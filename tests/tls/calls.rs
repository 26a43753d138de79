//! Calls over TLS.

use crate::set_up::{client, client_tls, echo, identity, roots, serve, server_tls};
use puregrpc::{Channel, Response, Server};
use puregrpc_support::{Ca, Script, WireClient, noted};
use tokio::net::TcpListener;

#[tokio::test]
async fn calls_and_streams_go_both_ways() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let client = client(&server, client_tls(&ca));
    assert_eq!(client.unary(noted("a")).await.unwrap().into_inner(), noted("a"));
    let mut replies = client.server_stream(noted("b")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(replies.recv().await.unwrap().unwrap(), noted("b"));
    }
    let (mut notes, mut replies) = client.bidi(()).await.unwrap();
    for value in ["c", "d"] {
        notes.send(&noted(value)).await.unwrap();
        assert_eq!(replies.recv().await.unwrap().unwrap(), noted(value));
    }
}

/// The records of TLS are of 16 KiB and kept until flushed: nothing may stay behind.
#[tokio::test]
async fn large_messages_arrive_whole() {
    let ca = Ca::new("root");
    let server = echo(server_tls(&ca));
    let client = client(&server, client_tls(&ca)).channel.max_recv_message_size(1 << 24);
    let client = WireClient::new(client);
    for size in [1, 16_384, 65_536, 1 << 20, 4_000_000] {
        let note = noted(vec![7; size]);
        assert!(client.unary(note.clone()).await.unwrap().into_inner() == note, "{size}");
    }
    let mut call = client.client_stream(()).await.unwrap();
    for _ in 0..30 {
        call.send(&noted(vec![1; 100_000])).await.unwrap();
    }
    assert_eq!(call.finish().await.unwrap().value.len(), 3_000_000);
}

/// C20: by name and by address, with the scheme said and the port chosen by the system.
#[tokio::test]
async fn https_connects_over_tcp_and_checks_the_name() {
    let ca = Ca::new("root");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = puregrpc::ServerTls::new(identity(&ca.server(&["127.0.0.1"]))).listen(listener).unwrap();
    let server = Server::new().add(Script::echo().unary(|request| {
        Box::pin(async move { Ok(Response::new(noted(request.peer().unwrap().is_tls().to_string()))) })
    }));
    tokio::spawn(server.serve(tls, std::future::pending()));
    let channel = Channel::builder(format!("https://127.0.0.1:{port}")).tls(client_tls(&ca)).build().unwrap();
    assert_eq!(WireClient::new(channel).unary(noted("")).await.unwrap().into_inner(), noted("true"));
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_go_under_tls_too() {
    let ca = Ca::new("root");
    let path = std::env::temp_dir().join(format!("puregrpc-tls-{}.sock", std::process::id()));
    let listener = server_tls(&ca).listen(tokio::net::UnixListener::bind(&path).unwrap()).unwrap();
    tokio::spawn(Server::new().add(Script::echo()).serve(listener, std::future::pending()));
    let channel = Channel::builder(format!("unix:{}", path.display())).tls(client_tls(&ca)).build().unwrap();
    let answer = WireClient::new(channel).unary(noted("x")).await;
    std::fs::remove_file(&path).unwrap();
    assert_eq!(answer.unwrap().into_inner(), noted("x"));
}

#[tokio::test]
async fn handlers_see_the_certificates_of_their_clients() {
    let ca = Ca::new("root");
    let script = Script::echo().unary(|request| {
        Box::pin(async move {
            let peer = request.peer().unwrap();
            assert!(format!("{peer:?}").len() < 100, "{peer:?}");
            let names = peer.certificate_names().join(" ");
            Ok(Response::new(noted(format!("{} {names}", peer.certificates().len()))))
        })
    });
    let server = serve(Server::new().add(script), server_tls(&ca).accept_client_certificate(roots(&ca)));
    let own = ca.client(&["ada.example.com"]);
    let known = client(&server, client_tls(&ca).identity(identity(&own)));
    assert_eq!(known.unary(noted("")).await.unwrap().into_inner(), noted("1 ada.example.com"));
    let unknown = client(&server, client_tls(&ca));
    assert_eq!(unknown.unary(noted("")).await.unwrap().into_inner(), noted("0 "));
}

/// C29: clients see the certificate of the server that they have called.
#[tokio::test]
async fn clients_see_the_certificates_of_their_server() {
    let ca = Ca::new("root");
    let server = serve(Server::new().add(Script::echo()), server_tls(&ca));
    let client = client(&server, client_tls(&ca));
    let answer = client.unary(noted("x")).await.unwrap();
    let peer = answer.peer().expect("the server is known");
    assert!(peer.is_tls() && peer.certificate_names().iter().any(|name| name == "localhost"), "{peer:?}");
    let replies = client.server_stream(noted("x")).await.unwrap();
    assert_eq!(replies.peer(), Some(peer));
}
