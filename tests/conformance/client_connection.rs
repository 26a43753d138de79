//! The connection behind a channel (C13, C15).

use puregrpc::Code;
use puregrpc_support::{Frame, RawServer, Script, error, note, noted, setting};

/// C15: the loss of the connection ends every open call with UNAVAILABLE, and the next call opens a new one.
#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_unavailable_and_opened_again() {
    let mut server = RawServer::new();
    let client = server.client();
    for _ in 0..3 {
        let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
        let (mut notes, mut replies) = halves.unwrap();
        let waiting = client.clone();
        let unary = tokio::spawn(async move { waiting.unary(noted("x")).await });
        let streams = [peer.accept().await, peer.accept().await];
        peer.respond(streams[0], &[]).await;
        peer.data(streams[0], &note("y")[..3], false).await;
        drop(peer);
        assert_eq!(replies.recv().await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(unary.await.unwrap().unwrap_err().code(), Code::Unavailable);
        assert_eq!(notes.send(&noted("x")).await.unwrap_err().code(), Code::Unavailable);
    }
    let (mut peer, result) = tokio::join!(
        async {
            let mut peer = server.accept().await;
            let stream = peer.accept().await;
            peer.reply(stream, b"y").await;
            peer.settle().await;
            peer
        },
        client.unary(noted("x"))
    );
    assert_eq!(result.unwrap().value, b"y");
    peer.assert_alive().await;
}

/// C13: after GOAWAY the calls that it names finish, the later ones and new ones go elsewhere.
#[tokio::test(start_paused = true)]
async fn goaway_parts_the_calls() {
    let mut server = RawServer::new();
    let client = server.client();
    let call = |text: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { client.unary(noted(text)).await })
    };
    let first = call("first");
    let mut peer = server.accept().await;
    let kept = peer.accept().await;
    let second = call("second");
    let refused = peer.accept().await;
    peer.send(&Frame::goaway(kept, error::NO_ERROR, "max_age")).await;
    let third = call("third");
    let mut other = server.accept().await;
    // The second call, which the server has not begun, is made once more.
    for _ in 0..2 {
        let stream = other.accept().await;
        let text = other.note(stream).await;
        other.reply(stream, &text).await;
    }
    assert_eq!(second.await.unwrap().unwrap().value, b"second"[..]);
    assert_eq!(third.await.unwrap().unwrap().value, b"third"[..]);
    peer.reply(kept, b"here").await;
    assert_eq!(first.await.unwrap().unwrap().value, b"here");
    assert!(refused > kept);
    peer.closed().await;
}

/// C10: a refused call is made once more, and not a third time.
#[tokio::test(start_paused = true)]
async fn a_refused_call_is_made_once_more() {
    let mut server = RawServer::new();
    let client = server.client();
    let call = |text: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { client.unary(noted(text)).await })
    };
    let refused_once = call("x");
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reset(stream, error::REFUSED_STREAM).await;
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "x");
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(refused_once.await.unwrap().unwrap().value, b"y"[..]);
    let refused_twice = call("x");
    for _ in 0..2 {
        let stream = peer.accept().await;
        peer.reset(stream, error::REFUSED_STREAM).await;
    }
    peer.settle().await;
    assert_eq!(refused_twice.await.unwrap().unwrap_err().code(), Code::Unavailable);
}

/// C10, C13: a stream of answers that the server has not begun is asked for once more, and not a third time.
#[tokio::test(start_paused = true)]
async fn a_refused_stream_of_answers_is_asked_for_once_more() {
    let mut server = RawServer::new();
    let client = server.client();
    let call = |text: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { client.server_stream(noted(text)).await?.recv().await })
    };
    let gone_once = call("x");
    let mut peer = server.accept().await;
    peer.accept().await;
    peer.send(&Frame::goaway(0, error::NO_ERROR, "")).await;
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "x");
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(gone_once.await.unwrap().unwrap().unwrap().value, b"y"[..]);
    let refused_twice = call("x");
    for _ in 0..2 {
        let stream = peer.accept().await;
        peer.reset(stream, error::REFUSED_STREAM).await;
    }
    peer.settle().await;
    assert_eq!(refused_twice.await.unwrap().unwrap_err().code(), Code::Unavailable);
}

/// C15: nobody listening is UNAVAILABLE for the calls, not a hang.
#[tokio::test]
async fn nobody_listening_is_unavailable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = puregrpc_support::WireClient::new(puregrpc::Channel::lazy(address.to_string()).unwrap());
    assert_eq!(client.unary(noted("x")).await.unwrap_err().code(), Code::Unavailable);
    assert!(puregrpc::Channel::connect(address.to_string()).await.unwrap_err().is_connect());
}

/// C15: a server that speaks no HTTP/2 is UNAVAILABLE.
#[tokio::test(start_paused = true)]
async fn a_server_that_speaks_something_else_is_unavailable() {
    let mut server = RawServer::new();
    let client = server.client();
    let (result, ()) = tokio::join!(client.unary(noted("x")), async {
        let mut pipe = server.accept_pipe().await;
        tokio::io::AsyncWriteExt::write_all(&mut pipe, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    assert_eq!(result.unwrap_err().code(), Code::Unavailable);
    assert_eq!(Script::echo().serve().client().unary(noted("x")).await.unwrap().value, b"x");
}

/// C15: a server that takes connections but no calls fails a call; it does not keep it connecting for ever.
#[tokio::test(start_paused = true)]
async fn connections_that_end_before_the_call_are_given_up() {
    let mut server = RawServer::new();
    let client = server.client();
    let greet = async {
        loop {
            drop(server.accept_with(&[(setting::MAX_CONCURRENT_STREAMS, 0)]).await);
        }
    };
    let result = tokio::select! {
        result = client.unary(noted("x")) => result,
        () = greet => unreachable!("it goes on for ever"),
    };
    let status = result.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("before the call could be sent"), "{status}");
}

/// C18: a header list beyond the limit fails its call, and the connection lives.
#[tokio::test(start_paused = true)]
async fn too_many_headers_fail_their_call_alone() {
    let mut server = RawServer::new();
    let client = server.client();
    let call = || {
        let client = client.clone();
        tokio::spawn(async move { client.unary(noted("x")).await })
    };
    let failed = call();
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.respond(stream, &[("x-large", &"x".repeat(40_000))]).await;
    let status = failed.await.unwrap().unwrap_err();
    assert!([Code::ResourceExhausted, Code::Internal].contains(&status.code()), "{status}");
    let answered = call();
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(answered.await.unwrap().unwrap().value, b"y"[..]);
}
