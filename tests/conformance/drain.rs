//! How a server ends (R6).

use puregrpc::Server;
use puregrpc_support::{BIDI, END, MORE, Running, Script, UNARY, error, note};
use std::time::Duration;

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
    let begin = tokio::time::Instant::now();
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

/// R6: a peer that never answers the shutdown's PING does not hold the server.
#[tokio::test(start_paused = true)]
async fn a_silent_peer_does_not_hold_the_server() {
    let mut server = Script::echo().serve();
    let _silent = server.peer().await;
    server.stop();
    let begin = tokio::time::Instant::now();
    server.report().await;
    assert!(begin.elapsed() < Duration::from_secs(60));
}

/// R6: a connection that has not said what it speaks has no calls, and holds nobody.
#[tokio::test(start_paused = true)]
async fn a_connection_without_a_greeting_does_not_hold_the_server() {
    let begin = tokio::time::Instant::now();
    let server = Running::start(Server::new().handshake_timeout(Duration::from_secs(3600)).add(Script::echo()));
    let pipe = server.connect().await;
    server.peer().await.assert_alive().await;
    server.report().await;
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    drop(pipe);
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
    let begin = tokio::time::Instant::now();
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
