//! Calls that end before their handlers (S14, R11): by deadline, by reset, by the loss of the connection.

use futures_util::FutureExt;
use puregrpc_support::{
    BIDI, CLIENT_STREAM, END, Frame, MORE, RawPeer, SERVER_STREAM, Script, UNARY, error, note, noted, request, setting,
};
use std::time::Duration;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

/// Tells when it is dropped.
struct Alive(UnboundedSender<&'static str>);

impl Drop for Alive {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

/// The service whose handlers take one message, say so, and wait for ever on something other than their Receiver;
/// what they say comes out of the channel.
fn stuck() -> (Script, UnboundedReceiver<&'static str>) {
    let (tell, told) = unbounded_channel();
    let alive = move || {
        tell.send("started").unwrap();
        Alive(tell.clone())
    };
    let (first, second, third) = (alive.clone(), alive.clone(), alive.clone());
    let script = Script::echo()
        .unary(move |_| {
            let alive = alive();
            Box::pin(async move {
                let _alive = alive;
                std::future::pending().await
            })
        })
        .server_stream(move |request, replies| {
            let alive = first();
            Box::pin(async move {
                let _alive = alive;
                replies.send(&request).await?;
                std::future::pending().await
            })
        })
        .client_stream(move |_| {
            let alive = second();
            Box::pin(async move {
                let _alive = alive;
                std::future::pending().await
            })
        })
        .bidi(move |requests, replies| {
            let alive = third();
            Box::pin(async move {
                let _alive = alive;
                while let Some(request) = requests.recv().await? {
                    replies.send(&request).await?;
                }
                std::future::pending().await
            })
        });
    (script, told)
}

const PATHS: [&str; 4] = [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI];

/// The methods whose handlers start with such a request: one that takes one message starts with the whole request.
fn paths(end: bool) -> impl Iterator<Item = &'static str> {
    PATHS.into_iter().filter(move |path| end || [CLIENT_STREAM, BIDI].contains(path))
}

/// What the handler says next.
async fn next(told: &mut UnboundedReceiver<&'static str>) -> &'static str {
    tokio::time::timeout(Duration::from_secs(60), told.recv()).await.expect("the handler says something").unwrap()
}

async fn open(peer: &mut RawPeer, stream: u32, path: &str, extra: &[(&str, &str)], end: bool) {
    peer.request(stream, path, extra).await;
    peer.data(stream, note("x"), end).await;
}

/// S14: when the deadline is over, the handler is dropped and the client gets DEADLINE_EXCEEDED.
#[tokio::test(start_paused = true)]
async fn the_deadline_drops_the_handler() {
    let (script, mut told) = stuck();
    let server = script.serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for end in [END, MORE] {
        for path in paths(end) {
            let (stream, begin) = (stream.next().unwrap(), Instant::now());
            open(&mut peer, stream, path, &[("grpc-timeout", "700m")], end).await;
            let answer = peer.answer(stream).await;
            assert_eq!(answer.status(), 4, "{path}");
            let took = begin.elapsed().as_millis();
            assert!((699..=703).contains(&took), "{path} took {took} ms");
            assert_eq!((next(&mut told).await, next(&mut told).await), ("started", "dropped"), "{path}");
        }
    }
    peer.assert_alive().await;
}

/// S14: a deadline is over even for a request that never comes whole.
#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_half_sent_request() {
    let (script, _told) = stuck();
    let server = script.serve();
    let mut peer = server.peer().await;
    for (path, stream) in PATHS.into_iter().zip((1..).step_by(2)) {
        peer.request(stream, path, &[("grpc-timeout", "1S")]).await;
        peer.data(stream, &note("x")[..6], MORE).await;
        assert_eq!(peer.answer(stream).await.status(), 4, "{path}");
    }
}

/// S14: a deadline that is over while the client reads nothing resets the stream.
#[tokio::test(start_paused = true)]
async fn the_deadline_resets_a_stream_without_window() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            loop {
                replies.send(&noted([0; 1000])).await?;
            }
        })
    });
    let server = script.serve();
    let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, 5_000)]).await;
    peer.hold_windows();
    open(&mut peer, 1, SERVER_STREAM, &[("grpc-timeout", "1S")], END).await;
    let answer = peer.answer(1).await;
    assert_eq!((answer.reset, answer.ended), (Some(error::CANCEL), false));
    peer.assert_alive().await;
}

/// R11: RST_STREAM drops the handler before anything else happens.
#[tokio::test(start_paused = true)]
async fn a_reset_drops_the_handler() {
    let (script, mut told) = stuck();
    let server = script.serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for end in [END, MORE] {
        for path in paths(end) {
            let stream = stream.next().unwrap();
            open(&mut peer, stream, path, &[], end).await;
            assert_eq!(next(&mut told).await, "started", "{path}");
            peer.settle().await;
            let begin = Instant::now();
            peer.reset(stream, error::CANCEL).await;
            assert_eq!(next(&mut told).await, "dropped", "{path}");
            assert!(begin.elapsed() < Duration::from_millis(10), "{path}");
        }
    }
    peer.assert_alive().await;
}

/// R11: so it does with one that has looked for a message in passing and now waits for something else.
#[tokio::test(start_paused = true)]
async fn a_reset_drops_a_handler_that_has_only_looked() {
    let (tell, mut told) = unbounded_channel();
    let script = Script::echo().bidi(move |requests, _| {
        let alive = Alive(tell.clone());
        Box::pin(async move {
            let _alive = alive;
            requests.recv().await?;
            assert!(requests.recv().now_or_never().is_none());
            std::future::pending().await
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    peer.request(1, BIDI, &[]).await;
    peer.settle().await;
    peer.data(1, note("x"), MORE).await;
    peer.settle().await;
    peer.reset(1, error::CANCEL).await;
    assert_eq!(next(&mut told).await, "dropped");
    peer.assert_alive().await;
}

/// R11: the loss of the connection drops every handler.
#[tokio::test(start_paused = true)]
async fn a_lost_connection_drops_the_handlers() {
    let (script, mut told) = stuck();
    let server = script.serve();
    let mut peer = server.peer().await;
    for (path, stream) in PATHS.into_iter().zip((1..).step_by(2)) {
        open(&mut peer, stream, path, &[], END).await;
        assert_eq!(next(&mut told).await, "started");
    }
    drop(peer);
    for _ in PATHS {
        assert_eq!(next(&mut told).await, "dropped");
    }
    assert_eq!(server.peer().await.call(1, "/", &[], b"").await.status(), 12);
}

/// R11: RST_STREAM frees a handler that waits for window.
#[tokio::test(start_paused = true)]
async fn a_reset_frees_a_blocked_sender() {
    let (tell, mut told) = unbounded_channel();
    let script = Script::echo().server_stream(move |_, replies| {
        let alive = Alive(tell.clone());
        Box::pin(async move {
            let _alive = alive;
            loop {
                replies.send(&noted([0; 1000])).await?;
            }
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    peer.hold_windows();
    open(&mut peer, 1, SERVER_STREAM, &[], END).await;
    peer.until("a full window", |peer| peer.stream(1).body.len() == 65_535).await;
    peer.reset(1, error::CANCEL).await;
    assert_eq!(next(&mut told).await, "dropped");
    peer.assert_alive().await;
}

/// R11: what the client resets while it is still in the queue never starts, or is dropped; as many as it may have open
/// can be cancelled at a time, which is no attack.
#[tokio::test(start_paused = true)]
async fn requests_reset_at_once_leave_nothing_behind() {
    let (script, mut told) = stuck();
    let server = script.serve();
    let mut peer = server.peer().await;
    for stream in (1..).step_by(2).take(1000) {
        peer.queue_headers(stream, &request(BIDI, &[]), MORE);
        peer.queue_data(stream, note("x"), MORE);
        peer.queue(&Frame::reset(stream, error::CANCEL));
    }
    peer.settle().await;
    assert_eq!(peer.call(2001, "/", &[], b"").await.status(), 12);
    let mut alive = 0;
    while alive > 0 || !told.is_empty() {
        alive += if next(&mut told).await == "started" { 1 } else { -1 };
    }
}
