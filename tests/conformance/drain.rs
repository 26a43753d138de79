//! How a server ends (R6).

use bytes::BytesMut;
use puregrpc::{Server, health::Health, in_process};
use puregrpc_support::{BIDI, END, Frame, MORE, PREFACE, RawPeer, Running, Script, UNARY, error, flag, kind, note};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
    time::Instant,
};

/// R6: GOAWAY comes first, the calls in flight finish, and the report counts them.
#[tokio::test(start_paused = true)]
async fn calls_in_flight_finish() {
    let mut server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, BIDI, &[]).await;
    peer.data(1, note("x"), MORE).await;
    assert_eq!(peer.note(1).await, "x");
    server.stop();
    let first = peer.goaway().await;
    assert_eq!((first.last_stream, first.code), (0x7fff_ffff, error::NO_ERROR));
    let second = peer.goaway().await;
    assert_eq!((second.last_stream, second.code), (1, error::NO_ERROR));
    peer.data(1, note("y"), END).await;
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into(), "y".into()]));
    peer.closed().await;
    let report = server.report().await;
    assert_eq!((report.finished_calls, report.cut_calls), (1, 0));
}

/// R6: what does not end within the grace is cut, and the report counts it.
#[tokio::test(start_paused = true)]
async fn calls_that_do_not_end_are_cut() {
    let begin = Instant::now();
    let grace = Duration::from_secs(5);
    let script = Script::echo().unary(|_| Box::pin(std::future::pending()));
    let mut server = Running::start(Server::new().drain_timeout(grace).add(script));
    let mut peer = server.peer().await;
    peer.request(1, UNARY, &[]).await;
    peer.data(1, note("x"), END).await;
    peer.settle().await;
    server.stop();
    peer.closed().await;
    let report = server.report().await;
    assert_eq!((report.finished_calls, report.cut_calls), (0, 1));
    assert!((5..7).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
}

/// R6: a peer that never answers the shutdown's PING is let go a second later, and told what was not begun.
#[tokio::test(start_paused = true)]
async fn a_silent_peer_does_not_hold_the_server() {
    let mut server = Script::echo().serve();
    let mut silent = server.peer().await;
    assert_eq!(silent.call(1, UNARY, &[], &note("x")).await.status(), 0);
    silent.hold_pongs();
    server.stop();
    let begin = Instant::now();
    assert_eq!(silent.goaway().await.last_stream, 0x7fff_ffff);
    assert_eq!(silent.goaway().await.last_stream, 1);
    silent.closed().await;
    let report = server.report().await;
    assert_eq!((report.finished_connections, report.cut_connections), (1, 0));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

/// R6: neither does one with calls: they come to their end, and the connection with the last of them.
#[tokio::test(start_paused = true)]
async fn a_silent_peer_with_calls_is_let_go_with_the_last() {
    let mut server = Script::echo().serve();
    let mut silent = server.peer().await;
    silent.hold_pongs();
    silent.request(1, BIDI, &[]).await;
    silent.data(1, note("x"), MORE).await;
    server.stop();
    silent.goaway().await;
    tokio::time::advance(Duration::from_secs(10)).await;
    silent.data(1, note("y"), END).await;
    let answer = silent.answer(1).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into(), "y".into()]));
    assert_eq!(silent.goaway().await.last_stream, 1);
    silent.closed().await;
    let report = server.report().await;
    assert_eq!((report.finished_calls, report.cut_calls, report.cut_connections), (1, 0, 0));
}

/// R6: a connection that has not said what it speaks has no calls, and holds nobody.
#[tokio::test(start_paused = true)]
async fn a_connection_without_a_greeting_does_not_hold_the_server() {
    let begin = Instant::now();
    let server = Running::start(Server::new().handshake_timeout(Duration::from_secs(3600)).add(Script::echo()));
    let pipe = server.connect().await;
    server.peer().await.assert_alive().await;
    server.report().await;
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    drop(pipe);
}

/// R6: a call that was sent with the greeting, as the server began to drain, is answered: whether the connection was
/// accepted by then or was still to be.
#[tokio::test(start_paused = true)]
async fn a_call_that_comes_with_the_greeting_is_answered() {
    for accepted in [true, false] {
        let mut server = Script::echo().serve();
        let mut pipe = server.connect().await;
        if accepted {
            server.peer().await.assert_alive().await;
        }
        server.stop();
        pipe.write_all(&greeting_and_call()).await.unwrap();
        let mut bytes = BytesMut::new();
        while pipe.read_buf(&mut bytes).await.unwrap() > 0 {}
        let frames: Vec<_> = std::iter::from_fn(|| Frame::parse(&mut bytes)).collect();
        let answered = frames.iter().any(|frame| frame.kind == kind::HEADERS && frame.has(flag::END_STREAM));
        assert!(answered, "{accepted}: {frames:?}");
        assert_eq!(server.report().await.cut_connections, 0);
    }
}

/// R6: what a peer sends as the connection closes is read, since a reset could cost it the last answers.
#[tokio::test(start_paused = true)]
async fn a_peer_that_sends_into_the_end_is_not_reset() {
    let mut server = Script::echo().serve();
    let mut pipe = server.connect().await;
    pipe.write_all(&greeting_and_call()).await.unwrap();
    server.stop();
    let mut bytes = BytesMut::new();
    while pipe.read_buf(&mut bytes).await.unwrap() > 0 {}
    assert!(pipe.write_all(b"a call that comes late").await.is_ok());
    assert_eq!(server.report().await.cut_connections, 0);
}

/// R6, R12: while it is a lame duck a server takes connections and calls, and says that it should get none.
#[tokio::test(start_paused = true)]
async fn a_lame_duck_serves_all_who_come() {
    let lame_duck = Duration::from_secs(5);
    let server = Server::new().lame_duck(lame_duck).add(Script::echo());
    let (watch, health) = (server.drain_watch(), Health::of(&server).service());
    let mut server = Running::start(server.add(health));
    let mut early = server.peer().await;
    early.request(1, "/grpc.health.v1.Health/Watch", &[]).await;
    early.data(1, [0; 5], END).await;
    assert_eq!(early.message(1).await[..], [8, 1]);
    let begin = Instant::now();
    server.stop();
    assert_eq!(early.message(1).await[..], [8, 2]);
    assert!(watch.is_draining());
    let mut late = server.peer().await;
    for peer in [&mut early, &mut late] {
        assert_eq!(peer.call(3, UNARY, &[], &note("x")).await.status(), 0);
        peer.assert_alive().await;
    }
    assert!(!early.stream(1).is_over());
    watch.wait_for_goaway().await;
    assert_eq!(begin.elapsed().as_secs(), 5);
    for peer in [&mut early, &mut late] {
        assert_eq!(peer.goaway().await.last_stream, 0x7fff_ffff);
        peer.closed().await;
    }
    assert_eq!(early.stream(1).status(), 14);
    assert_eq!(server.report().await.cut_calls, 0);
}

/// R6: a listener to which nobody can connect any more does not end the time of those of the server's clones.
#[tokio::test(start_paused = true)]
async fn clones_are_lame_ducks_to_the_end() {
    let server = Server::new().lame_duck(Duration::from_secs(5)).add(Script::echo());
    let running = Running::start(server.clone());
    let mut peer = running.peer().await;
    let (listener, connector) = in_process();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(server.serve(listener, async { drop(stopped.await) }));
    RawPeer::client(connector.connect().await.unwrap()).await.assert_alive().await;
    let begin = Instant::now();
    drop(stop);
    drop(connector);
    peer.goaway().await;
    assert_eq!(begin.elapsed().as_secs(), 5);
    peer.closed().await;
    assert_eq!(ended.await.unwrap().unwrap().cut_connections, 0);
    assert_eq!(running.report().await.cut_connections, 0);
}

/// R6: a server without calls ends at once, and takes no more connections.
#[tokio::test(start_paused = true)]
async fn an_idle_server_ends_at_once() {
    let mut server = Script::echo().serve();
    let mut peer = server.peer().await;
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
    let connector = server.connector();
    server.stop();
    peer.closed().await;
    let begin = Instant::now();
    let report = server.report().await;
    assert_eq!(report.cut_calls, 0);
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    assert!(connector.connect().await.is_err());
}

/// R6: a call that comes after the last GOAWAY is refused or not answered, never half done.
#[tokio::test(start_paused = true)]
async fn a_call_after_the_goaway_is_not_taken() {
    let mut server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, BIDI, &[]).await;
    peer.settle().await;
    server.stop();
    peer.goaway().await;
    peer.goaway().await;
    peer.request(3, UNARY, &[]).await;
    peer.data(3, note("x"), END).await;
    peer.data(1, [], END).await;
    assert_eq!(peer.answer(1).await.status(), 0);
    peer.closed().await;
    assert!(peer.stream(3).blocks.is_empty());
    assert_eq!(server.report().await.cut_calls, 0);
}

/// What a client writes that does not wait for the server's greeting: its own, and a unary call.
fn greeting_and_call() -> Vec<u8> {
    let mut bytes = BytesMut::from(PREFACE);
    for frame in [Frame::settings(&[]), Frame::request(1, UNARY), Frame::data(1, note("x"), flag::END_STREAM)] {
        frame.encode(&mut bytes);
    }
    bytes.to_vec()
}
