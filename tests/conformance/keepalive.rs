//! Pings of clients and of the server, and how long connections last.

use puregrpc::Server;
use puregrpc_support::{
    BIDI, Frame, MORE, PATIENCE, RawPeer, Running, SERVER_STREAM, Script, UNARY, error, note, noted,
};
use std::time::Duration;
use tokio::time::{Instant, advance, timeout};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A peer of a server whose limits are as they are. Its greeting ends with a ping, the first.
async fn strict(server: Server) -> (Running, RawPeer) {
    let running = Running::exactly(server);
    let peer = running.peer().await;
    (running, peer)
}

async fn is_cut(peer: &mut RawPeer) {
    peer.queue(&Frame::ping([1; 8]));
    let goaway = peer.goaway().await;
    assert_eq!((goaway.code, &*goaway.debug), (error::ENHANCE_YOUR_CALM, &b"too_many_pings"[..]));
    peer.closed().await;
}

/// Opens a call that stays open, and pings once more.
async fn hold(peer: &mut RawPeer) {
    peer.request(1, BIDI, &[]).await;
    peer.data(1, note("x"), MORE).await;
    peer.note(1).await;
    peer.settle().await;
}

/// K14, K15: without calls a ping every two hours is welcome; of those that come sooner the third is one too many.
#[tokio::test(start_paused = true)]
async fn pings_without_calls_are_taken_every_two_hours() {
    let server = Server::new().max_connection_idle(None).keepalive_time(None).add(Script::echo());
    let (running, mut peer) = strict(server).await;
    for _ in 0..5 {
        advance(2 * HOUR).await;
        peer.settle().await;
    }
    for _ in 0..2 {
        advance(2 * HOUR - MINUTE).await;
        peer.settle().await;
    }
    is_cut(&mut peer).await;
    assert_eq!(running.peer().await.call(1, UNARY, &[], &note("x")).await.status(), 0);
}

/// K14, K15: with calls a ping every five minutes is welcome.
#[tokio::test(start_paused = true)]
async fn pings_with_calls_are_taken_every_five_minutes() {
    let (_running, mut peer) = strict(Server::new().add(Script::echo())).await;
    hold(&mut peer).await;
    for _ in 0..5 {
        advance(5 * MINUTE).await;
        peer.settle().await;
    }
    for _ in 0..2 {
        advance(4 * MINUTE).await;
        peer.settle().await;
    }
    is_cut(&mut peer).await;
}

/// K14: the server says how often is welcome.
#[tokio::test(start_paused = true)]
async fn pings_are_taken_as_the_server_permits() {
    let server = Server::new().permit_keepalive_time(Duration::from_secs(10)).permit_keepalive_without_calls(true);
    let (_running, mut peer) = strict(server.add(Script::echo())).await;
    for _ in 0..9 {
        advance(Duration::from_secs(10)).await;
        peer.settle().await;
    }
    for _ in 0..2 {
        advance(Duration::from_secs(9)).await;
        peer.settle().await;
    }
    is_cut(&mut peer).await;
}

/// K16: a receiver that measures the way, with a ping for what came after the answer to the last, is welcome to it.
#[tokio::test(start_paused = true)]
async fn pings_of_a_receiver_are_no_strikes() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            for _ in 0..100 {
                replies.send(&noted([7; 20_000])).await?;
            }
            Ok(())
        })
    });
    let (_running, mut peer) = strict(Server::new().add(script)).await;
    peer.request(1, SERVER_STREAM, &[]).await;
    peer.data(1, note("x"), true).await;
    let mut pings = 0;
    while !peer.stream(1).is_over() {
        let seen = peer.log().len();
        let fresh = |peer: &RawPeer| peer.log()[seen..].iter().any(|line| line.starts_with("DATA"));
        peer.until("data", |peer| fresh(peer) || peer.stream(1).is_over()).await;
        peer.settle().await;
        pings += 1;
    }
    assert_eq!(peer.stream(1).status(), 0);
    assert!(pings > 10, "{pings}");
}

/// K16: strikes are forgotten with the next answer.
#[tokio::test(start_paused = true)]
async fn an_answer_wipes_out_the_strikes() {
    let (_running, mut peer) = strict(Server::new().add(Script::echo())).await;
    for stream in [1, 3, 5] {
        peer.settle().await;
        peer.settle().await;
        assert_eq!(peer.call(stream, UNARY, &[], &note("x")).await.status(), 0);
        peer.settle().await;
    }
    peer.settle().await;
    peer.settle().await;
    is_cut(&mut peer).await;
}

/// K20: the server pings after two hours without a byte, also without calls, and takes any byte for an answer.
#[tokio::test(start_paused = true)]
async fn the_server_pings_a_silent_client() {
    let server = Server::new().max_connection_idle(None).add(Script::echo());
    let (_running, mut peer) = strict(server).await;
    for _ in 0..3 {
        let pings = |peer: &RawPeer| peer.log().iter().filter(|line| *line == "PING 0").count();
        let before = pings(&peer);
        assert!(timeout(2 * HOUR - MINUTE, quiet(&mut peer)).await.is_err());
        assert_eq!(pings(&peer), before);
        assert!(timeout(MINUTE + Duration::from_secs(19), quiet(&mut peer)).await.is_err());
        assert_eq!(pings(&peer), before + 1);
    }
}

/// Reads until the connection ends.
async fn quiet(peer: &mut RawPeer) {
    while timeout(PATIENCE / 2, peer.closed()).await.is_err() {}
}

/// Tells when it is dropped.
struct Told(tokio::sync::mpsc::UnboundedSender<()>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// K20, K21: a client that answers nothing within 20 s is cut, and its calls are cancelled.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_is_cut() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let script = Script::echo().bidi(move |_, _| {
        let told = Told(tell.clone());
        Box::pin(async move {
            let _told = told;
            std::future::pending().await
        })
    });
    let (_running, mut peer) = strict(Server::new().keepalive_time(MINUTE).add(script)).await;
    peer.request(1, BIDI, &[]).await;
    peer.settle().await;
    let begin = Instant::now();
    // Nobody reads what the server says.
    told.recv().await.unwrap();
    assert_eq!(begin.elapsed(), MINUTE + Duration::from_secs(20));
    peer.closed().await;
    assert!(peer.log().iter().any(|line| line == "PING 0"));
}
