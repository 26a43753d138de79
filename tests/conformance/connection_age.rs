//! How long a connection lasts (gRFC A9).

use futures_util::future::join_all;
use puregrpc::Server;
use puregrpc_support::{BIDI, END, Frame, GoAway, MORE, RawPeer, Running, Script, UNARY, error, kind, note, noted};
use std::time::Duration;
use tokio::time::{Instant, advance, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// A call that goes on until it is ended.
async fn hold(peer: &mut RawPeer, stream: u32) {
    peer.request(stream, BIDI, &[]).await;
    peer.data(stream, note("x"), MORE).await;
    peer.note(stream).await;
}

/// Reads for so long; nothing ends the connection meanwhile.
async fn lives(peer: &mut RawPeer, time: Duration) {
    assert!(timeout(time, peer.closed()).await.is_err(), "{peer:?}");
}

fn shutdown(goaway: &GoAway) -> (u32, u32) {
    (goaway.code, goaway.last_stream)
}

/// K17: a connection without calls is ended after the idle time, counted from the end of its last call.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_ended() {
    let running = Running::start(Server::new().max_connection_idle(30 * SECOND).add(Script::echo()));
    let mut peer = running.peer().await;
    lives(&mut peer, 20 * SECOND).await;
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
    lives(&mut peer, 20 * SECOND).await;
    hold(&mut peer, 3).await;
    for _ in 0..3 {
        lives(&mut peer, 35 * SECOND).await;
        peer.settle().await;
    }
    peer.data(3, [], END).await;
    assert_eq!(peer.over(3).await.status(), 0);
    let begin = Instant::now();
    assert_eq!(shutdown(&peer.goaway().await), (error::NO_ERROR, 0x7fff_ffff));
    assert_eq!(begin.elapsed().as_secs(), 30);
    assert_eq!(shutdown(&peer.goaway().await), (error::NO_ERROR, 3));
    peer.closed().await;
}

/// K17: a call that comes while the idle connection is told to end is still answered.
#[tokio::test(start_paused = true)]
async fn a_call_that_crosses_the_goaway_is_answered() {
    let running = Running::start(Server::new().max_connection_idle(30 * SECOND).add(Script::echo()));
    let mut peer = running.peer().await;
    // The GOAWAY is on its way, and not read yet.
    assert!(timeout(31 * SECOND, std::future::pending::<()>()).await.is_err());
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
    peer.closed().await;
    let goaway = peer.log().iter().position(|line| line.starts_with("GOAWAY"));
    let answer = peer.log().iter().position(|line| line.starts_with("HEADERS"));
    assert!(goaway < answer, "{peer:?}");
}

/// K17: by default it is half an hour, and never if so set.
#[tokio::test(start_paused = true)]
async fn the_idle_time_is_half_an_hour_unless_set() {
    let begin = Instant::now();
    let running = Script::echo().serve();
    let unlimited = Running::start(Server::new().max_connection_idle(None).add(Script::echo()));
    let (mut peer, mut other) = (running.peer().await, unlimited.peer().await);
    while timeout(30 * SECOND, peer.closed()).await.is_err() {}
    assert_eq!(begin.elapsed().as_secs(), 1800);
    other.assert_alive().await;
}

/// K17, K18: a channel whose connections end all the time loses no call, also if both cross.
#[tokio::test(start_paused = true)]
async fn a_channel_does_not_notice_that_its_connections_end() {
    let server = Server::new().max_connection_idle(10 * SECOND).max_connection_age(25 * SECOND).add(Script::echo());
    let running = Running::exactly(server);
    let client = running.client();
    for milliseconds in (9_900..10_100).step_by(1).chain([0; 100]) {
        assert_eq!(client.unary(noted("x")).await.unwrap().value, b"x"[..]);
        let calls = (0..10).map(|_| client.unary(noted("y")));
        let (_, answers) = tokio::join!(advance(Duration::from_millis(milliseconds)), join_all(calls));
        assert!(answers.into_iter().all(|answer| answer.is_ok_and(|answer| answer.value == b"y"[..])));
    }
}

/// K18, K19: a connection ends at its age, a tenth more or less; its calls go on for the grace.
#[tokio::test(start_paused = true)]
async fn an_old_connection_is_ended_and_its_calls_after_the_grace() {
    let server = Server::new().max_connection_age(20 * SECOND).max_connection_age_grace(5 * SECOND).add(Script::echo());
    let running = Running::start(server);
    let mut ages = Vec::new();
    for _ in 0..20 {
        let begin = Instant::now();
        let mut peer = running.peer().await;
        hold(&mut peer, 1).await;
        assert_eq!(shutdown(&peer.goaway().await), (error::NO_ERROR, 0x7fff_ffff));
        let age = begin.elapsed();
        assert!((18 * SECOND..=22 * SECOND).contains(&age), "{age:?}");
        ages.push(age.as_millis());
        peer.closed().await;
        assert_eq!((begin.elapsed() - age).as_secs(), 5);
        assert!(!peer.stream(1).is_over());
    }
    ages.dedup();
    assert!(ages.len() > 10, "{ages:?}");
}

/// K18, K19: calls that end within the grace end well, and the connection with them.
#[tokio::test(start_paused = true)]
async fn calls_of_an_old_connection_may_end() {
    let server =
        Server::new().max_connection_age(20 * SECOND).max_connection_age_grace(60 * SECOND).add(Script::echo());
    let running = Running::start(server);
    let mut peer = running.peer().await;
    hold(&mut peer, 1).await;
    peer.goaway().await;
    lives(&mut peer, 30 * SECOND).await;
    let begin = Instant::now();
    peer.data(1, note("y"), END).await;
    assert_eq!(peer.over(1).await.status(), 0);
    peer.closed().await;
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

/// K18: a client that never answers the ping that belongs to the GOAWAY holds nothing.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_the_goaway_is_cut() {
    let running = Running::start(Server::new().max_connection_age(20 * SECOND).add(Script::echo()));
    let mut io = running.connect().await;
    let mut greeting = bytes::BytesMut::from(puregrpc_support::PREFACE);
    Frame::new(kind::SETTINGS, 0, 0, []).encode(&mut greeting);
    tokio::io::AsyncWriteExt::write_all(&mut io, &greeting).await.unwrap();
    let begin = Instant::now();
    let mut said = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut io, &mut said).await.unwrap();
    assert!((38..=42).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
}
