//! Calls that a handle cancels (C27), whom they went to, and both kinds of metadata of those that fail (C29).

use futures_util::FutureExt;
use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{CancelHandle, Code, Metadata, Receiver, Request};
use puregrpc_support::{Frame, MORE, PATIENCE, RawPeer, RawServer, WireClient, error, note, noted, setting};
use std::{future::Future, pin::Pin, time::Duration};
use tokio::time::timeout;

/// What a call gave: the value of its header `x-head`, its messages, and its status.
type Given = (Option<String>, Vec<Vec<u8>>, Code);

type Calling = Pin<Box<dyn Future<Output = Given> + Send>>;

fn head(metadata: &Metadata) -> Option<String> {
    metadata.get("x-head").map(str::to_owned)
}

/// One call of each kind, with this handle.
fn calls(client: &WireClient, handle: &CancelHandle) -> [Calling; 4] {
    let one = Request::new(noted("x")).with_cancel_handle(handle);
    let none = Request::new(()).with_cancel_handle(handle);
    let (unary, many, collect, bidi) = (client.clone(), client.clone(), client.clone(), client.clone());
    let (first, second, third, fourth) = (one.clone(), one, none.clone(), none);
    [
        Box::pin(async move {
            let status = unary.unary(first).await.unwrap_err();
            (head(status.headers()), Vec::new(), status.code())
        }),
        Box::pin(async move {
            let mut replies = match many.server_stream(second).await {
                Ok(replies) => replies,
                Err(status) => return (None, Vec::new(), status.code()),
            };
            received(&mut replies).await
        }),
        Box::pin(async move {
            let mut call = match collect.client_stream(third).await {
                Ok(call) => call,
                Err(status) => return (None, Vec::new(), status.code()),
            };
            drop(call.send(&noted("x")).await);
            let status = call.finish().await.unwrap_err();
            (head(status.headers()), Vec::new(), status.code())
        }),
        Box::pin(async move {
            let (mut notes, mut replies) = match bidi.bidi(fourth).await {
                Ok(halves) => halves,
                Err(status) => return (None, Vec::new(), status.code()),
            };
            drop(notes.send(&noted("x")).await);
            let given = received(&mut replies).await;
            assert_eq!(notes.send(&noted("y")).await.unwrap_err().code(), given.2);
            given
        }),
    ]
}

async fn received(replies: &mut Receiver<BytesValue>) -> Given {
    let mut messages = Vec::new();
    loop {
        match replies.recv().await {
            Ok(Some(message)) => messages.push(message.value.to_vec()),
            Ok(None) => return (head(replies.metadata()), messages, Code::Ok),
            Err(status) => return (head(replies.metadata()), messages, status.code()),
        }
    }
}

/// C27: a call that is cancelled gives what has come, and the server is told.
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_gives_what_has_come() {
    let mut server = RawServer::new();
    let client = server.client();
    let mut peer: Option<RawPeer> = None;
    for (kind, messages) in [(0, 0), (1, 2), (2, 0), (3, 2)] {
        let handle = CancelHandle::new();
        let call = tokio::spawn(calls(&client, &handle).into_iter().nth(kind).unwrap());
        let peer = match &mut peer {
            Some(peer) => peer,
            none => none.insert(server.accept().await),
        };
        let stream = peer.accept().await;
        assert_eq!(peer.note(stream).await, "x");
        peer.respond(stream, &[("x-head", "1")]).await;
        peer.data(stream, note("a").repeat(messages), MORE).await;
        peer.settle().await;
        handle.cancel();
        assert_eq!(peer.reset_of(stream).await, error::CANCEL, "kind {kind}");
        let given = timeout(PATIENCE, call).await.expect("it hears of it").unwrap();
        assert_eq!(given, (Some("1".into()), vec![b"a".to_vec(); messages], Code::Cancelled), "kind {kind}");
        peer.assert_alive().await;
    }
}

/// C27: nobody has to poll a stream that is cancelled, nor does whoever cancels need a runtime.
#[tokio::test(start_paused = true)]
async fn an_idle_stream_is_cancelled_from_a_plain_thread() {
    let mut server = RawServer::new();
    let client = server.client();
    let handle = CancelHandle::new();
    let request = Request::new(noted("x")).with_timeout(Duration::from_secs(9)).with_cancel_handle(&handle);
    let (mut peer, replies) = tokio::join!(server.accept(), client.server_stream(request));
    let mut replies = replies.unwrap();
    let stream = peer.accept().await;
    peer.over(stream).await;
    let cancel = handle.clone();
    std::thread::spawn(move || cancel.cancel()).join().unwrap();
    assert!(handle.is_cancelled());
    assert_eq!(peer.reset_of(stream).await, error::CANCEL);
    let status = replies.recv().await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Cancelled, "the call was cancelled by its handle"));
    assert_eq!(replies.recv().await.unwrap_err().code(), Code::Cancelled);
}

/// C27: a call is cancelled while it waits for a connection or a stream, and before it is made.
#[tokio::test(start_paused = true)]
async fn a_call_is_cancelled_before_it_goes_out() {
    let mut server = RawServer::new();
    let client = server.client();
    // First there is no connection, then no stream is free on it.
    let mut full: Option<RawPeer> = None;
    for round in 0..2 {
        for kind in 0..4 {
            let handle = CancelHandle::new();
            let call = tokio::spawn(calls(&client, &handle).into_iter().nth(kind).unwrap());
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert!(!call.is_finished(), "{round} {kind}");
            handle.cancel();
            let given = timeout(Duration::from_millis(1), call).await.expect("it hears of it at once").unwrap();
            assert_eq!(given, (None, Vec::new(), Code::Cancelled));
            let later = calls(&client, &handle).into_iter().nth(kind).unwrap().now_or_never();
            assert_eq!(later, Some((None, Vec::new(), Code::Cancelled)), "with the same handle");
        }
        if full.is_none() {
            let mut peer = server.accept().await;
            peer.send(&Frame::settings(&[(setting::MAX_CONCURRENT_STREAMS, 0)])).await;
            peer.settle().await;
            full = Some(peer);
        }
    }
}

/// C27: a call that is over stays as it is, and so do those of other handles.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_over_is_not_cancelled() {
    let mut server = RawServer::new();
    let client = server.client();
    let handle = CancelHandle::new();
    let request = Request::new(noted("x")).with_cancel_handle(&handle);
    let (mut peer, replies) = tokio::join!(server.accept(), client.server_stream(request));
    let mut replies = replies.unwrap();
    let stream = peer.accept().await;
    peer.respond(stream, &[]).await;
    peer.data(stream, note("a"), MORE).await;
    peer.trailers(stream, "0", &[]).await;
    peer.settle().await;
    let mut other = client.server_stream(noted("x")).await.unwrap();
    let other_stream = peer.accept().await;
    handle.cancel();
    assert_eq!(replies.recv().await.unwrap().unwrap().value, b"a");
    assert!(replies.recv().await.unwrap().is_none(), "its end had come");
    peer.reply(other_stream, b"b").await;
    assert_eq!(other.recv().await.unwrap().unwrap().value, b"b");
}

/// C29: headers and trailers of a call that fails are told apart, in calls of every kind.
#[tokio::test(start_paused = true)]
async fn headers_and_trailers_of_a_failed_call_are_told_apart() {
    let mut server = RawServer::new();
    let client = server.client();
    async fn fail(peer: &mut RawPeer, headers: bool) {
        let stream = peer.accept().await;
        if headers {
            peer.respond(stream, &[("x-head", "1"), ("x-both", "head")]).await;
            peer.trailers(stream, "10", &[("x-tail", "2"), ("x-both", "tail")]).await;
        } else {
            peer.trailers_only(stream, "10", &[("x-tail", "2"), ("x-both", "tail")]).await;
        }
    }
    let (status, mut peer) = tokio::join!(client.unary(noted("x")), async {
        let mut peer = server.accept().await;
        fail(&mut peer, true).await;
        peer
    });
    let mut all = vec![status.unwrap_err()];
    // The headers of a client stream may have been waited for, or not.
    for waits in [false, true] {
        let mut call = client.client_stream(()).await.unwrap();
        let (result, ()) = tokio::join!(
            async {
                if waits {
                    assert_eq!(call.headers().await.unwrap().get("x-head"), Some("1"));
                }
                call.finish().await
            },
            fail(&mut peer, true)
        );
        all.push(result.unwrap_err());
    }
    for status in all {
        let (headers, trailers) = (status.headers(), status.metadata());
        assert_eq!((headers.get("x-head"), headers.get("x-both"), headers.len()), (Some("1"), Some("head"), 2));
        assert_eq!((trailers.get("x-tail"), trailers.get("x-both"), trailers.len()), (Some("2"), Some("tail"), 2));
    }
    let mut call = client.client_stream(()).await.unwrap();
    let (headers, ()) = tokio::join!(call.headers(), fail(&mut peer, false));
    assert_eq!(headers.unwrap_err().metadata().get("x-tail"), Some("2"));
    let status = call.finish().await.unwrap_err();
    assert!(status.headers().is_empty() && status.metadata().get("x-both") == Some("tail"), "{status:?}");
}

/// C29: a call with one answer gives its headers as soon as they come, and once more with the answer.
#[tokio::test(start_paused = true)]
async fn the_headers_of_a_client_stream_come_before_its_answer() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, call) = tokio::join!(server.accept(), client.client_stream(()));
    let mut call = call.unwrap();
    assert_eq!(call.peer().map(ToString::to_string).as_deref(), Some("in-process"));
    let stream = peer.accept().await;
    assert!(call.headers().now_or_never().is_none());
    peer.respond(stream, &[("x-head", "1")]).await;
    assert_eq!(call.headers().await.unwrap().get("x-head"), Some("1"));
    peer.data(stream, note("y"), MORE).await;
    peer.trailers(stream, "0", &[("x-tail", "2")]).await;
    let answer = call.finish().await.unwrap();
    assert_eq!((answer.metadata().get("x-head"), answer.trailers().get("x-tail")), (Some("1"), Some("2")));
    assert_eq!(answer.peer().map(ToString::to_string).as_deref(), Some("in-process"));
}
