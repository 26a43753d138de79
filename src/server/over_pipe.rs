//! Calls of every kind over a pipe, without any h2 connection: a call asks its transport
//! for nothing else.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use protobuf::well_known_types::wrappers::StringValue;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::Instant;

use crate::call::pipe::{Part, PipePeer, WINDOW, pipe};
use crate::call::sink::Abort;
use crate::call::{Receiver, Request, Response, Sender};
use crate::codec::{self, Message};
use crate::server::inline_policy::Sample;
use crate::server::service::{BoxFuture, Call, Service};
use crate::server::{Server, Shared};
use crate::status::Status;
use crate::transport::Peer;

/// What the handlers of a test have done.
#[derive(Debug, Default)]
struct Seen {
    sent: AtomicUsize,
    received: AtomicUsize,
    dropped: Notify,
}

struct Echo(Arc<Seen>);

impl Service for Echo {
    const NAME: &'static str = "test.Echo";
    const METHODS: &'static [&'static str] = &["Unary", "List", "Record", "Chat", "Idle"];

    fn call(&self, method: usize, call: Call) -> BoxFuture {
        let seen = Arc::clone(&self.0);
        let (mut inbound, mut driver) = call.split();
        match method {
            0 => Box::pin(async move {
                let result = driver.run(pin!(async { unary(inbound.message().await?) })).await;
                driver.answer(result).await
            }),
            1 => {
                let mut replies = driver.sender();
                Box::pin(async move {
                    let result = {
                        let handler = pin!(async { list(inbound.message().await?, &mut replies, &seen).await });
                        driver.run(handler).await
                    };
                    driver.finish(result, &mut replies).await
                })
            }
            2 => {
                let mut requests = driver.receiver(inbound);
                Box::pin(async move {
                    let result = driver.run(pin!(record(&mut requests, &seen))).await;
                    driver.answer(result).await
                })
            }
            3 => {
                let mut requests = driver.receiver(inbound);
                let mut replies = driver.sender();
                Box::pin(async move {
                    let result = driver.run(pin!(chat(&mut requests, &mut replies))).await;
                    driver.finish(result, &mut replies).await
                })
            }
            _ => {
                let requests: Receiver<StringValue> = driver.receiver(inbound);
                Box::pin(async move {
                    let result = driver.run(pin!(idle(Guard(seen), requests))).await;
                    driver.answer(result).await
                })
            }
        }
    }
}

fn unary(request: Request<StringValue>) -> Result<Response<StringValue>, Status> {
    if request.message.value.is_empty() {
        return Err(Status::invalid_argument("empty"));
    }
    let mut response = Response::new(request.message);
    response.metadata_mut().insert("x-head", "h")?;
    response.trailers_mut().insert("x-tail", "t")?;
    Ok(response)
}

async fn list(request: Request<StringValue>, replies: &mut Sender<StringValue>, seen: &Seen) -> Result<(), Status> {
    for _ in 0..MANY {
        replies.send(&request.message).await?;
        seen.sent.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

async fn record(requests: &mut Receiver<StringValue>, seen: &Seen) -> Result<Response<StringValue>, Status> {
    while requests.recv().await?.is_some() {
        seen.received.fetch_add(1, Ordering::Relaxed);
    }
    Ok(Response::new(text(&seen.received.load(Ordering::Relaxed).to_string())))
}

async fn chat(requests: &mut Receiver<StringValue>, replies: &mut Sender<StringValue>) -> Result<(), Status> {
    while let Some(request) = requests.recv().await? {
        replies.send(&request).await?;
    }
    replies.trailers_mut().insert("x-tail", "t")?;
    Ok(())
}

async fn idle(guard: Guard, requests: Receiver<StringValue>) -> Result<Response<StringValue>, Status> {
    let _kept = (guard, requests);
    pending().await
}

/// Says when its handler is dropped.
struct Guard(Arc<Seen>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

/// How many messages `List` sends.
const MANY: usize = 64;

fn text(value: &str) -> StringValue {
    StringValue { value: value.to_owned(), ..StringValue::default() }
}

/// A message with its prefix.
fn framed(value: &str) -> Bytes {
    fn encode<M: Message>(message: &M) -> Bytes {
        codec::encode(message, message.encoded_len()).unwrap()
    }
    encode(&text(value))
}

/// Begins a call as a transport does; the handler runs as a task if it has to wait.
async fn begin(method: &str, timeout: Option<&str>, seen: &Arc<Seen>) -> PipePeer {
    let shared: Shared = Server::new().add(Echo(Arc::clone(seen))).into_shared();
    let connection = shared.connection(Peer::unknown(), 0, Arc::default());
    let (source, respond, peer) = pipe();
    let request = http::Request::post(format!("/test.Echo/{method}")).header("content-type", "application/grpc");
    let request = timeout.into_iter().fold(request, |request, timeout| request.header("grpc-timeout", timeout));
    let mut call = shared.accept(request.body(source).unwrap(), respond, &connection);
    poll_fn(|cx| {
        if let Some((route, call)) = call.take() {
            shared.start(cx, &connection, shared.router.route(route), call, &mut Sample::default());
        }
        Poll::Ready(())
    })
    .await;
    peer
}

async fn part(peer: &mut PipePeer) -> Option<Part> {
    poll_fn(|cx| peer.poll_part(cx)).await
}

async fn headers(peer: &mut PipePeer) -> HeaderMap {
    match part(peer).await {
        Some(Part::Headers(response)) => {
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["content-type"], "application/grpc");
            response.into_parts().0.headers
        }
        other => panic!("{other:?}"),
    }
}

/// The bytes up to the trailers, and those; nothing comes behind them.
async fn rest(peer: &mut PipePeer) -> (Vec<u8>, HeaderMap) {
    let mut bytes = Vec::new();
    loop {
        match part(peer).await {
            Some(Part::Data(data)) => bytes.extend_from_slice(&data),
            Some(Part::Trailers(trailers)) => {
                assert!(part(peer).await.is_none());
                return (bytes, trailers);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Lets the call do what it can.
async fn until_quiet(counter: &AtomicUsize) -> usize {
    loop {
        let before = counter.load(Ordering::Relaxed);
        for _ in 0..32 {
            yield_now().await;
        }
        if counter.load(Ordering::Relaxed) == before {
            return before;
        }
    }
}

#[tokio::test]
async fn a_unary_call_is_read_and_answered() {
    let mut peer = begin("Unary", None, &Arc::default()).await;
    let request = framed("hello");
    for byte in &request {
        peer.write(Bytes::copy_from_slice(&[*byte]), false);
        yield_now().await;
    }
    peer.write(Bytes::new(), true);
    assert_eq!(headers(&mut peer).await["x-head"], "h");
    let (bytes, trailers) = rest(&mut peer).await;
    assert_eq!(bytes, request);
    assert_eq!(trailers["grpc-status"], "0");
    assert_eq!(trailers["x-tail"], "t");
}

#[tokio::test]
async fn an_error_is_headers_alone() {
    let mut peer = begin("Unary", None, &Arc::default()).await;
    peer.write(framed(""), true);
    assert_eq!(headers(&mut peer).await["grpc-status"], "3");
    assert!(part(&mut peer).await.is_none());
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let mut peer = begin("Other", None, &Arc::default()).await;
    assert_eq!(headers(&mut peer).await["grpc-status"], "12");
    assert!(part(&mut peer).await.is_none());
}

#[tokio::test]
async fn a_stream_of_answers_goes_at_the_pace_of_its_peer() {
    let seen = Arc::default();
    let mut peer = begin("List", None, &seen).await;
    let message = framed(&"x".repeat(8000));
    peer.write(message.clone(), true);
    let sent = until_quiet(&seen.sent).await;
    // Beside the window a frame in the sender's buffer and one in its driver.
    assert!((WINDOW / message.len()..(WINDOW + 2 * codec::CHUNK) / message.len() + 2).contains(&sent), "{sent}");
    headers(&mut peer).await;
    let (bytes, trailers) = rest(&mut peer).await;
    assert_eq!(bytes, message.repeat(MANY));
    assert_eq!(trailers["grpc-status"], "0");
}

#[tokio::test]
async fn a_stream_of_requests_is_received() {
    let seen = Arc::default();
    let mut peer = begin("Record", None, &seen).await;
    for count in 1..=3 {
        peer.write(framed("one"), false);
        assert_eq!(until_quiet(&seen.received).await, count);
    }
    peer.write(Bytes::new(), true);
    headers(&mut peer).await;
    let (bytes, trailers) = rest(&mut peer).await;
    assert_eq!(bytes, framed("3"));
    assert_eq!(trailers["grpc-status"], "0");
}

#[tokio::test]
async fn both_streams_go_at_once() {
    let mut peer = begin("Chat", None, &Arc::default()).await;
    for round in 0..3 {
        peer.write(framed("ping"), false);
        if round == 0 {
            headers(&mut peer).await;
        }
        match part(&mut peer).await {
            Some(Part::Data(data)) => assert_eq!(data, framed("ping")),
            other => panic!("{other:?}"),
        }
    }
    peer.write(Bytes::new(), true);
    let (bytes, trailers) = rest(&mut peer).await;
    assert_eq!(bytes, b"");
    assert_eq!(trailers["x-tail"], "t");
}

#[tokio::test]
async fn requests_that_nobody_receives_keep_their_window() {
    let mut peer = begin("Idle", None, &Arc::default()).await;
    for _ in 0..WINDOW / 1024 {
        poll_fn(|cx| peer.poll_ready(cx)).await;
        peer.write(Bytes::from(vec![0; 1024]), false);
        yield_now().await;
    }
    for _ in 0..32 {
        yield_now().await;
        assert!(poll_fn(|cx| Poll::Ready(peer.poll_ready(cx))).await.is_pending());
    }
}

#[tokio::test]
async fn a_reset_drops_the_handler() {
    for by_hand in [false, true] {
        let seen: Arc<Seen> = Arc::default();
        let mut peer = begin("Idle", None, &seen).await;
        for _ in 0..32 {
            yield_now().await;
        }
        if by_hand {
            peer.reset(Status::cancelled("by the test"));
            seen.dropped.notified().await;
            assert!(part(&mut peer).await.is_none());
        } else {
            drop(peer);
            seen.dropped.notified().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_call() {
    let (seen, started) = (Arc::default(), Instant::now());
    let mut peer = begin("Idle", Some("3S"), &seen).await;
    assert_eq!(headers(&mut peer).await["grpc-status"], "4");
    assert_eq!(started.elapsed(), Duration::from_secs(3));
    assert!(part(&mut peer).await.is_none());
    seen.dropped.notified().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_aborted() {
    let seen = Arc::default();
    let mut peer = begin("List", None, &seen).await;
    peer.write(framed(&"x".repeat(8000)), true);
    until_quiet(&seen.sent).await;
    tokio::time::advance(Duration::from_secs(600)).await;
    until_quiet(&seen.sent).await;
    assert!(matches!(part(&mut peer).await, Some(Part::Reset(Abort::Stalled))));
    assert!(part(&mut peer).await.is_none());
}

/// As when a task panics outside of its handler: a call is never left without an end.
#[tokio::test]
async fn a_call_that_is_dropped_is_aborted() {
    let (source, respond, mut peer) = pipe();
    drop((source, respond));
    assert!(matches!(part(&mut peer).await, Some(Part::Reset(Abort::Cancelled))));
    assert!(part(&mut peer).await.is_none());
}
