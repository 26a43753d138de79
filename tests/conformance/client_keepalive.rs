//! The pings of a channel (gRFC A8).

use puregrpc::{ChannelBuilder, Code};
use puregrpc_support::{Frame, Level, Log, RawPeer, RawServer, WireClient, error, note, noted};
use std::time::Duration;
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};

const SECOND: Duration = Duration::from_secs(1);

/// Keepalive after 30 s, with 20 s for the answer.
fn pinging(channel: ChannelBuilder) -> ChannelBuilder {
    channel.keepalive_time(30 * SECOND)
}

fn call(client: &WireClient) -> JoinHandle<Code> {
    let client = client.clone();
    tokio::spawn(async move { client.unary(noted("x")).await.map_or_else(|status| status.code(), |_| Code::Ok) })
}

/// Reads for so long; gives how many pings came.
async fn pings_within(peer: &mut RawPeer, time: Duration) -> usize {
    let before = peer.log().len();
    assert!(timeout(time, peer.closed()).await.is_err(), "{peer:?}");
    peer.log()[before..].iter().filter(|line| *line == "PING 0").count()
}

/// K8: without being told to, a channel pings nobody.
#[tokio::test(start_paused = true)]
async fn a_channel_does_not_ping_by_default() {
    let mut server = RawServer::new();
    let client = server.client();
    let _call = call(&client);
    let mut peer = server.accept().await;
    for _ in 0..400 {
        assert_eq!(pings_within(&mut peer, 30 * SECOND).await, 0);
    }
}

/// K11: the time runs from the last byte, whatever it belongs to, not from the last ping.
#[tokio::test(start_paused = true)]
async fn a_ping_comes_after_silence_only() {
    let mut server = RawServer::new();
    let client = server.client_built(pinging);
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    let (_notes, mut replies) = halves.unwrap();
    let stream = peer.accept().await;
    peer.respond(stream, &[]).await;
    for _ in 0..5 {
        peer.data(stream, note("x"), false).await;
        replies.recv().await.unwrap();
        assert_eq!(pings_within(&mut peer, 29 * SECOND).await, 0);
    }
    assert_eq!(pings_within(&mut peer, 2 * SECOND).await, 1);
    // The answer came at 30 s.
    assert_eq!(pings_within(&mut peer, 28 * SECOND).await, 0);
    assert_eq!(pings_within(&mut peer, 2 * SECOND).await, 1);
}

/// K9, K13: a server that does not answer within 20 s is lost: its calls are UNAVAILABLE, the next go elsewhere.
#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() {
    let mut server = RawServer::new();
    let client = server.client_built(pinging);
    let waiting = call(&client);
    let mut silent = server.accept().await;
    silent.accept().await;
    let begin = Instant::now();
    // It is not read from any more.
    assert_eq!(waiting.await.unwrap(), Code::Unavailable);
    assert_eq!(begin.elapsed(), 50 * SECOND);
    let next = call(&client);
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(next.await.unwrap(), Code::Ok);
    silent.closed().await;
}

/// K10, K12: without calls there are no pings; the call that comes after a long silence is preceded by one.
#[tokio::test(start_paused = true)]
async fn a_call_after_a_long_silence_is_preceded_by_a_ping() {
    let mut server = RawServer::new();
    let client = server.client_built(pinging);
    let first = call(&client);
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(first.await.unwrap(), Code::Ok);
    for _ in 0..10 {
        assert_eq!(pings_within(&mut peer, 35 * SECOND).await, 0);
    }
    let before = peer.log().len();
    let next = call(&client);
    let stream = peer.accept().await;
    let log = &peer.log()[before..];
    assert!(log[0] == "PING 0" && log[1].starts_with("HEADERS"), "{log:?}");
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(next.await.unwrap(), Code::Ok);
}

/// K10: if asked for, there are pings without calls, too; a silent server is found out before the next call.
#[tokio::test(start_paused = true)]
async fn pings_without_calls_are_sent_if_asked_for() {
    let mut server = RawServer::new();
    let client = server.client_built(|channel| pinging(channel).keepalive_without_calls(true));
    let channel = client.channel.clone();
    let (mut peer, ready) = tokio::join!(server.accept(), async move { channel.ready().await });
    ready.unwrap();
    assert_eq!(pings_within(&mut peer, 31 * SECOND).await, 1);
    assert_eq!(pings_within(&mut peer, 30 * SECOND).await, 1);
    assert!(timeout(51 * SECOND, std::future::pending::<()>()).await.is_err());
    peer.closed().await;
}

/// C14: to a server that complains of pings the next connections send half as many; the log tells it, unasked.
#[tokio::test(start_paused = true)]
async fn a_complaint_of_pings_doubles_the_time() {
    let log = Log::up_to(Level::WARN);
    let mut server = RawServer::new();
    let client = server.client_built(pinging);
    for time in [30, 60, 120] {
        let waiting = call(&client);
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        for _ in 0..time / 30 {
            assert_eq!(pings_within(&mut peer, 29 * SECOND).await, 0, "{time}");
        }
        let last = Duration::from_secs(time - time / 30 * 29 + 1);
        assert_eq!(pings_within(&mut peer, last).await, 1, "{time}");
        peer.send(&Frame::goaway(stream, error::ENHANCE_YOUR_CALM, "too_many_pings")).await;
        drop(peer);
        assert_eq!(waiting.await.unwrap(), Code::Unavailable);
    }
    let lines = log.take();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("the server complains of pings")), "{lines:?}");
}
