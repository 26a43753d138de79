//! What a client is told of the end of its call: who ended it, and with which words (C4, C11, C13, C22).

use futures_util::FutureExt;
use puregrpc::{Code, Request, Status};
use puregrpc_support::{END, Frame, MORE, RawPeer, RawServer, WireClient, error, kind, noted, setting};
use std::{future::Future, pin::Pin, time::Duration};
use tokio::{io::AsyncWriteExt, time::advance};

type Call = Pin<Box<dyn Future<Output = Status>>>;

/// A call of each kind, which fails.
fn calls(client: &WireClient, timeout: Duration) -> [Call; 4] {
    let [a, b, c, d] = [(); 4].map(|()| client.clone());
    let note = move || Request::new(noted("x")).with_timeout(timeout);
    let open = move || Request::new(()).with_timeout(timeout);
    [
        Box::pin(async move { a.unary(note()).await.unwrap_err() }),
        Box::pin(async move { b.server_stream(note()).await.unwrap().recv().await.unwrap_err() }),
        Box::pin(async move { c.client_stream(open()).await.unwrap().finish().await.unwrap_err() }),
        Box::pin(async move {
            let (_notes, mut replies) = d.bidi(open()).await.unwrap();
            replies.recv().await.unwrap_err()
        }),
    ]
}

/// C11: once the deadline has passed the call has exceeded it, whatever else ends it at that moment.
#[tokio::test(start_paused = true)]
async fn whatever_comes_at_the_deadline_it_is_exceeded() {
    type End = fn(&mut RawPeer, u32);
    let ends: [(&str, End); 5] = [
        ("a proxy's reset", |peer, stream| peer.queue(&Frame::reset(stream, error::INTERNAL_ERROR))),
        ("a server's reset", |peer, stream| peer.queue(&Frame::reset(stream, error::CANCEL))),
        ("a refusal", |peer, stream| peer.queue(&Frame::reset(stream, error::REFUSED_STREAM))),
        ("a GOAWAY", |peer, _| peer.queue(&Frame::goaway(0, error::NO_ERROR, "max_age"))),
        ("the loss of the connection", |_, _| {}),
    ];
    for (what, end) in ends {
        for number in 0..4 {
            let mut server = RawServer::new();
            let client = server.client();
            let call = &mut calls(&client, Duration::from_secs(1))[number];
            // The call is polled by this task only, so that nobody looks at its timer before the end has come.
            assert!(call.as_mut().now_or_never().is_none());
            let mut peer = server.accept().await;
            while peer.settle().now_or_never().is_none() {
                assert!(call.as_mut().now_or_never().is_none());
                tokio::task::yield_now().await;
            }
            let stream = peer.accept().await;
            advance(Duration::from_secs(1)).await;
            end(&mut peer, stream);
            peer.flush().await;
            peer.settle().await;
            let kept = if what.contains("loss") { None } else { Some(peer) };
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            let status = call.await;
            assert_eq!(status.code(), Code::DeadlineExceeded, "{what}, call {number}: {status:?}");
            drop(kept);
        }
    }
}

/// What a call that streams both ways is told when the server does this with its stream.
async fn told(server: impl AsyncFnOnce(RawPeer, u32)) -> (Code, String) {
    let mut listening = RawServer::new();
    let client = listening.client();
    let call = tokio::spawn(async move {
        let (_notes, mut replies) = client.bidi(()).await.unwrap();
        replies.recv().await.unwrap_err()
    });
    let mut peer = listening.accept().await;
    let stream = peer.accept().await;
    server(peer, stream).await;
    let status = call.await.unwrap();
    (status.code(), status.message().to_owned())
}

/// C22: a reset says whose it is.
#[tokio::test(start_paused = true)]
async fn a_reset_says_whose_it_is() {
    let by_peer = told(async |mut peer, stream| {
        peer.send(&Frame::reset(stream, error::INTERNAL_ERROR)).await;
        peer.settle().await;
    });
    assert_eq!(by_peer.await, (Code::Internal, "the peer has reset the stream: INTERNAL_ERROR".to_owned()));
    let (code, text) = told(async |mut peer, stream| {
        peer.respond(stream, &[("connection", "close")]).await;
        assert_eq!(peer.reset_of(stream).await, error::PROTOCOL_ERROR);
    })
    .await;
    assert_eq!(code, Code::Internal);
    assert!(text.starts_with("this side has reset the stream, since the peer broke the rules"), "{text}");
}

/// C22: so does the end of a connection, with the words of a GOAWAY.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_connection_says_whose_it_is() {
    let by_peer = told(async |mut peer, _| {
        peer.send(&Frame::goaway(0, error::ENHANCE_YOUR_CALM, "too \"many\" pings")).await;
        peer.settle().await;
    });
    let words = r#"the peer has closed the connection: ENHANCE_YOUR_CALM, "too \"many\" pings""#;
    assert_eq!(by_peer.await, (Code::Unavailable, words.to_owned()));
    let by_us = told(async |mut peer, stream| {
        peer.send(&Frame::new(kind::WINDOW_UPDATE, 0, stream, [0; 3])).await;
        peer.closed().await;
    });
    let words = "this side has closed the connection, since the peer broke the rules of HTTP/2: PROTOCOL_ERROR";
    assert_eq!(by_us.await, (Code::Unavailable, words.to_owned()));
    let lost = told(async |peer, _| drop(peer));
    assert_eq!(lost.await, (Code::Unavailable, "the connection was lost: it was closed without a GOAWAY".to_owned()));
}

/// C22: a limit of this side is not told as the doing of the peer.
#[tokio::test(start_paused = true)]
async fn an_own_limit_is_told_as_such() {
    let (code, text) = told(async |mut peer, _| {
        for _ in 0..30 {
            peer.queue(&Frame::settings(&[(setting::INITIAL_WINDOW_SIZE, 1000)]));
        }
        peer.flush().await;
        peer.closed().await;
    })
    .await;
    let words = "this side has closed it, since the peer sent more SETTINGS than this side takes (too_many_settings)";
    assert_eq!((code, text), (Code::Unavailable, format!("the connection was lost: {words}")));
}

/// C4: the text of a status that cannot be read quotes what stood there, behind the server's own words.
#[tokio::test(start_paused = true)]
async fn a_status_that_cannot_be_read_is_quoted() {
    for (given, message, expected) in [
        ("abc", None, r#"grpc-status "abc" is no code of gRPC"#),
        ("", None, r#"grpc-status "" is no code of gRPC"#),
        ("17", Some("why"), r#"why (grpc-status "17" is no code of gRPC)"#),
        ("2", None, ""),
    ] {
        let fields: Vec<_> = message.map(|text| ("grpc-message", text)).into_iter().collect();
        let only = told(async |mut peer, stream| {
            peer.trailers_only(stream, given, &fields).await;
            peer.settle().await;
        });
        assert_eq!(only.await, (Code::Unknown, expected.to_owned()));
        let (behind, fields) = (&fields, [("grpc-status", given)]);
        let trailers = told(async |mut peer, stream| {
            peer.respond(stream, &[]).await;
            peer.headers(stream, &[&fields[..], behind].concat(), END).await;
            peer.settle().await;
        });
        assert_eq!(trailers.await, (Code::Unknown, expected.to_owned()));
        let foreign = told(async |mut peer, stream| {
            peer.headers(stream, &[(":status", "200"), ("content-type", "text/html")], MORE).await;
            peer.headers(stream, &[&fields[..], behind].concat(), END).await;
            peer.settle().await;
        });
        assert_eq!(foreign.await, (Code::Unknown, expected.to_owned()));
    }
}

/// C22: where no HTTP/2 is spoken, the error names what is.
#[tokio::test(start_paused = true)]
async fn a_server_without_http_2_is_told_by_its_protocol() {
    let long = [b"SSH-2.0-OpenSSH_9.6\r\n".as_slice(), &[b'.'; 40]].concat();
    for (bytes, expected) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"[..],
            "the server speaks HTTP/1, and gRPC needs HTTP/2",
        ),
        (b"HTTP/1", "the server speaks HTTP/1, and gRPC needs HTTP/2"),
        (&long, "the server speaks SSH, not HTTP/2"),
        (&[0x15, 3, 3, 0, 2, 2, 70], "the server speaks TLS: use https://"),
        (
            b"220 mail.example.org ESMTP\r\n",
            r#"the server does not speak HTTP/2: its answer begins with "220 mail.example""#,
        ),
    ] {
        let mut server = RawServer::new();
        let client = server.client();
        let connecting = tokio::spawn(async move { client.channel.ready().await });
        let mut pipe = server.accept_pipe().await;
        pipe.write_all(bytes).await.unwrap();
        pipe.shutdown().await.unwrap();
        let error = connecting.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect to in-process: {expected}"));
    }
}
