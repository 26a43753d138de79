//! Connections: where they come from, and what no client can do to the others.

use futures_util::stream;
use puregrpc::{Incoming, Server};
use puregrpc_support::{END, PATIENCE, PREFACE, RawPeer, Running, Script, UNARY, error, note, request};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Instant,
};

/// A raw call over a TCP socket, as over every other pipe.
#[tokio::test]
async fn a_server_serves_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::new().add(Script::echo()).serve(listener, std::future::pending()));
    let mut peer = RawPeer::client(TcpStream::connect(address).await.unwrap()).await;
    let answer = peer.call(1, UNARY, &[], &note("x")).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]));
}

/// A raw call over a Unix socket.
#[cfg(unix)]
#[tokio::test]
async fn a_server_serves_a_unix_socket() {
    let path = std::env::temp_dir().join(format!("puregrpc-{}-{:?}", std::process::id(), std::thread::current().id()));
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(Server::new().add(Script::echo()).serve(listener, std::future::pending()));
    let mut peer = RawPeer::client(tokio::net::UnixStream::connect(&path).await.unwrap()).await;
    std::fs::remove_file(&path).unwrap();
    let answer = peer.call(1, UNARY, &[], &note("x")).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]));
}

/// A listener that ends takes nothing from its connections, and the server ends with the last of them.
#[tokio::test(start_paused = true)]
async fn a_server_outlives_its_listener() {
    let (near, far) = tokio::io::duplex(5_000);
    let incoming = Incoming(stream::iter([Ok(near)]));
    let served = tokio::spawn(Server::new().add(Script::echo()).serve(incoming, std::future::pending()));
    let mut peer = RawPeer::client(far).await;
    for stream in [1, 3] {
        assert_eq!(peer.call(stream, UNARY, &[], &note("x")).await.status(), 0);
    }
    drop(peer);
    tokio::time::timeout(PATIENCE, served).await.expect("the server ends").unwrap().unwrap();
}

/// A listener that ends does not stop the clones of its server; what is told to stop does.
#[tokio::test(start_paused = true)]
async fn a_listener_that_ends_stops_no_clone() {
    let server = Server::new().add(Script::echo());
    let watch = server.drain_watch();
    let ended = server.clone().serve(Incoming(stream::iter(None::<io::Result<DuplexStream>>)), std::future::pending());
    ended.await.unwrap();
    assert!(!watch.is_draining());
    let mut running = Running::start(server);
    let mut peer = running.peer().await;
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
    running.stop();
    peer.closed().await;
    assert!(watch.is_draining());
}

/// A server that is told to stop drains, though its listener ended before.
#[tokio::test(start_paused = true)]
async fn a_server_drains_after_its_listener_ended() {
    let (near, far) = tokio::io::duplex(5_000);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = Server::new().add(Script::echo());
    let served = tokio::spawn(server.serve(Incoming(stream::iter([Ok(near)])), async { drop(stopped.await) }));
    let mut peer = RawPeer::client(far).await;
    peer.assert_alive().await;
    drop(stop);
    peer.closed().await;
    assert_eq!(served.await.unwrap().unwrap().finished_connections, 1);
}

/// A connection that says nothing, or only half of what it must, is closed in time.
#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed() {
    let server = Script::echo().serve();
    for said in [&b""[..], &PREFACE[..7]] {
        let begin = Instant::now();
        let mut pipe = server.connect().await;
        pipe.write_all(said).await.unwrap();
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, pipe.read_to_end(&mut rest)).await.expect("the server closes").unwrap();
        assert!((9..12).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
    }
}

/// What is no HTTP/2 ends its own connection only.
#[tokio::test(start_paused = true)]
async fn garbage_ends_its_own_connection_only() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 100], &[PREFACE, &[0xff; 100]].concat()] {
        let mut pipe = server.connect().await;
        pipe.write_all(garbage).await.unwrap();
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, pipe.read_to_end(&mut rest)).await.expect("the server closes");
    }
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
}

/// A frame in the wrong state ends its connection with GOAWAY, and the others live on.
#[tokio::test(start_paused = true)]
async fn a_frame_in_the_wrong_state_ends_its_connection_only() {
    let server = Script::echo().serve();
    let mut bystander = server.peer().await;
    let mut peer = server.peer().await;
    peer.headers(2, &request(UNARY, &[]), END).await;
    assert_eq!(peer.goaway().await.code, error::PROTOCOL_ERROR);
    peer.closed().await;
    assert_eq!(bystander.call(1, UNARY, &[], &note("x")).await.status(), 0);
}

/// A thousand connections that come and go leave the server as it was.
#[tokio::test(start_paused = true)]
async fn connections_that_come_and_go_leave_nothing() {
    let server = Script::echo().serve();
    for _ in 0..1_000 {
        drop(server.connect().await);
    }
    let mut peer = server.peer().await;
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
    let begin = Instant::now();
    drop(peer);
    server.report().await;
    assert!(begin.elapsed() < Duration::from_secs(1));
}

/// R6: whoever has connected when the server is told to stop is taken, however many they are.
#[tokio::test(start_paused = true)]
async fn all_who_wait_to_be_accepted_are_taken_before_the_end() {
    let (connect, mut waiting) = mpsc::unbounded_channel();
    let mut clients = Vec::new();
    for _ in 0..300 {
        let (near, far) = tokio::io::duplex(1024);
        connect.send(io::Result::Ok(far)).unwrap();
        clients.push(near);
    }
    let listener = Incoming(stream::poll_fn(move |cx| waiting.poll_recv(cx)));
    let report = Server::new().add(Script::echo()).serve(listener, std::future::ready(())).await.unwrap();
    assert_eq!(report.finished_connections + report.cut_connections, clients.len(), "{report:?}");
}
