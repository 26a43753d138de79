//! How the client makes a call, and how it ends one (C11, C12, C16, C17, M16, R10).

use futures_util::FutureExt;
use puregrpc::{Code, Request};
use puregrpc_support::{Frame, MORE, PATIENCE, RawServer, UNARY, error, note, noted, setting};
use std::time::Duration;
use tokio::time::Instant;

/// C11: the request is what gRPC says, the timeout right after the pseudo headers.
#[tokio::test(start_paused = true)]
async fn a_request_is_as_grpc_says() {
    let mut server = RawServer::new();
    let client = server.client();
    let request = Request::new(noted("x")).with_timeout(Duration::from_secs(5));
    let request = request.with_metadata("x-own", "1").unwrap().with_metadata("x-bin", [0xab]).unwrap();
    let (result, ()) = tokio::join!(client.unary(request), async {
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        let seen = peer.over(stream).await;
        let head = seen.head();
        for (name, value) in [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", UNARY),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("x-own", "1"),
            ("x-bin", "qw"),
        ] {
            assert_eq!(head.get(name), Some(value), "{name}");
        }
        assert!(head.get(":authority").is_some_and(|authority| !authority.is_empty()));
        assert!(head.get("user-agent").is_some_and(|agent| agent.contains("puregrpc/")), "{head:?}");
        let first = head.names().into_iter().find(|name| !name.starts_with(':'));
        assert_eq!(first, Some("grpc-timeout"));
        assert_eq!(seen.notes(), ["x"]);
        peer.reply(stream, b"y").await;
        peer.settle().await;
    });
    assert_eq!(result.unwrap().value, b"y");
}

/// How long a `grpc-timeout` is.
fn timeout(text: &str) -> Duration {
    let (digits, unit) = text.split_at(text.len() - 1);
    assert!((1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
    let nanos = match unit {
        "H" => 3_600_000_000_000,
        "M" => 60_000_000_000,
        "S" => 1_000_000_000,
        "m" => 1_000_000,
        "u" => 1_000,
        "n" => 1,
        other => panic!("unit {other}"),
    };
    Duration::from_nanos(nanos * digits.parse::<u64>().unwrap())
}

/// C11: the timeout that is sent is what remains, rounded up, in at most eight digits.
#[tokio::test(start_paused = true)]
async fn the_timeout_sent_is_what_remains() {
    let mut server = RawServer::new();
    let client = server.client();
    let mut peer = None;
    for given in [Duration::from_micros(1_500), Duration::from_millis(99_999_999), Duration::from_secs(400_000_000)] {
        let request = Request::new(noted("x")).with_timeout(given);
        let (result, ()) = tokio::join!(client.unary(request), async {
            if peer.is_none() {
                peer = Some(server.accept().await);
            }
            let peer = peer.as_mut().unwrap();
            let stream = peer.accept().await;
            let sent = timeout(peer.stream(stream).head().get("grpc-timeout").unwrap());
            assert!(sent + Duration::from_millis(2) >= given && sent <= given + given / 1_000, "{given:?} as {sent:?}");
            peer.reply(stream, b"y").await;
            peer.settle().await;
        });
        result.unwrap();
    }
}

/// C11: at the deadline the call ends locally and the stream is reset with CANCEL.
#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_call_locally() {
    let mut server = RawServer::new();
    let client = server.client();
    for sent in 0..3 {
        let begin = Instant::now();
        let client = client.clone();
        let request = Request::new(noted("x")).with_timeout(Duration::from_secs(1));
        let call = tokio::spawn(async move { client.unary(request).await });
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        if sent > 0 {
            peer.respond(stream, &[]).await;
        }
        if sent > 1 {
            peer.data(stream, &note("y")[..6], MORE).await;
        }
        assert_eq!(peer.reset_of(stream).await, error::CANCEL, "{sent}");
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded, "{sent}");
        let took = begin.elapsed().as_millis();
        assert!((999..=1_003).contains(&took), "{took} ms");
        peer.assert_alive().await;
    }
}

/// C10, C11: a stream that the server cancels when our deadline is over ends with DEADLINE_EXCEEDED.
#[tokio::test(start_paused = true)]
async fn a_cancel_at_the_deadline_is_the_deadline() {
    let mut server = RawServer::new();
    let client = server.client();
    let request = Request::new(noted("x")).with_timeout(Duration::from_secs(1));
    let call = tokio::spawn(async move { client.unary(request).await });
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    tokio::time::advance(Duration::from_secs(1)).await;
    peer.reset(stream, error::CANCEL).await;
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
}

/// C11: the deadline covers connecting, and the whole of a stream.
#[tokio::test(start_paused = true)]
async fn the_deadline_covers_connecting_and_streams() {
    let server = RawServer::new();
    let client = server.client();
    let request = Request::new(noted("x")).with_timeout(Duration::from_secs(1));
    assert_eq!(client.unary(request).await.unwrap_err().code(), Code::DeadlineExceeded, "nobody greets");
    let mut server = RawServer::new();
    let client = server.client();
    let request = Request::new(()).with_timeout(Duration::from_secs(1));
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(request));
    let (mut notes, mut replies) = halves.unwrap();
    notes.send(&noted("x")).await.unwrap();
    let stream = peer.accept().await;
    peer.respond(stream, &[]).await;
    peer.data(stream, note("y"), MORE).await;
    assert_eq!(replies.recv().await.unwrap().unwrap().value, b"y");
    assert_eq!(replies.recv().await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(notes.send(&noted("x")).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(peer.reset_of(stream).await, error::CANCEL);
}

/// C12: dropping a unary call resets its stream with CANCEL, wherever it is.
#[tokio::test(start_paused = true)]
async fn a_dropped_unary_call_is_cancelled() {
    let mut server = RawServer::new();
    let client = server.client();
    let mut peer = None;
    for sent in 0..3 {
        let dropped = client.clone();
        let call = tokio::spawn(async move { dropped.unary(noted("x")).await });
        if peer.is_none() {
            peer = Some(server.accept().await);
        }
        let peer = peer.as_mut().unwrap();
        let stream = peer.accept().await;
        if sent > 0 {
            peer.respond(stream, &[]).await;
        }
        if sent > 1 {
            peer.data(stream, &note("y")[..6], MORE).await;
        }
        peer.settle().await;
        call.abort();
        assert_eq!(peer.reset_of(stream).await, error::CANCEL, "{sent}");
        peer.assert_alive().await;
    }
}

/// C12: a call dropped before the connection's task has taken it is not made at all.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_once_is_never_made() {
    let mut server = RawServer::new();
    let client = server.client();
    let waiting = client.clone();
    let first = tokio::spawn(async move { waiting.unary(noted("first")).await });
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    first.await.unwrap().unwrap();
    assert!(client.unary(noted("dropped")).now_or_never().is_none());
    let last = tokio::spawn(async move { client.unary(noted("last")).await });
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "last");
    peer.reply(stream, b"z").await;
    assert_eq!(last.await.unwrap().unwrap().value, b"z");
}

/// C12: a call dropped while it waits, for a connection or for a free stream, leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_in_the_queue_is_never_made() {
    let mut server = RawServer::new();
    let client = server.client();
    let waiting = client.clone();
    let call = tokio::spawn(async move { waiting.unary(noted("dropped")).await });
    tokio::task::yield_now().await;
    call.abort();
    let waiting = client.clone();
    let first = tokio::spawn(async move { waiting.unary(noted("first")).await });
    let mut peer = server.accept_with(&[(setting::MAX_CONCURRENT_STREAMS, 1)]).await;
    let stream = peer.accept().await;
    let waiting = client.clone();
    let call = tokio::spawn(async move { waiting.unary(noted("dropped")).await });
    peer.settle().await;
    call.abort();
    let last = tokio::spawn(async move { client.unary(noted("last")).await });
    peer.reply(stream, b"y").await;
    assert_eq!(first.await.unwrap().unwrap().value, b"y");
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "last");
    peer.reply(stream, b"z").await;
    assert_eq!(last.await.unwrap().unwrap().value, b"z");
}

/// C12: dropping the receiver before the status cancels, wherever the stream is.
#[tokio::test(start_paused = true)]
async fn a_dropped_receiver_cancels() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, replies) = tokio::join!(server.accept(), client.server_stream(noted("x")));
    let stream = peer.accept().await;
    peer.over(stream).await;
    drop(replies.unwrap());
    assert_eq!(peer.reset_of(stream).await, error::CANCEL);
    let mut replies = client.server_stream(noted("x")).await.unwrap();
    let stream = peer.accept().await;
    peer.respond(stream, &[]).await;
    peer.data(stream, [&note("y")[..], &note("z")[..3]].concat(), MORE).await;
    assert_eq!(replies.recv().await.unwrap().unwrap().value, b"y");
    drop(replies);
    assert_eq!(peer.reset_of(stream).await, error::CANCEL);
    peer.assert_alive().await;
}

/// C12: dropping a sender that was not closed cancels: half a stream never looks whole.
#[tokio::test(start_paused = true)]
async fn a_dropped_sender_cancels() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    let (mut notes, mut replies) = halves.unwrap();
    notes.send(&noted("x")).await.unwrap();
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "x");
    drop(notes);
    assert_eq!(peer.reset_of(stream).await, error::CANCEL);
    assert!(!peer.stream(stream).ended);
    assert_eq!(replies.recv().await.unwrap_err().code(), Code::Cancelled);
    let mut route = client.client_stream(()).await.unwrap();
    route.send(&noted("x")).await.unwrap();
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "x");
    drop(route);
    assert_eq!(peer.reset_of(stream).await, error::CANCEL);
    assert!(!peer.stream(stream).ended);
    peer.assert_alive().await;
}

/// C12: dropping the receiver after `close` cancels, too.
#[tokio::test(start_paused = true)]
async fn a_receiver_dropped_after_the_half_close_cancels() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    let (notes, replies) = halves.unwrap();
    notes.close();
    let stream = peer.accept().await;
    peer.until("the half-close", |peer| peer.stream(stream).ended).await;
    drop(replies);
    assert_eq!(peer.reset_of(stream).await, error::CANCEL);
    peer.assert_alive().await;
}

/// C16: calls beyond the server's limit of streams wait, and none fails.
#[tokio::test(start_paused = true)]
async fn calls_beyond_the_limit_of_streams_wait() {
    let mut server = RawServer::new();
    let client = server.client();
    let calls: Vec<_> = (0..5_u8)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.unary(noted([number])).await })
        })
        .collect();
    let mut peer = server.accept_with(&[(setting::MAX_CONCURRENT_STREAMS, 1)]).await;
    for _ in &calls {
        let stream = peer.accept().await;
        let value = peer.note(stream).await;
        peer.settle().await;
        let open = peer.log().iter().filter(|line| line.starts_with("HEADERS")).count();
        assert_eq!(open, (stream as usize).div_ceil(2), "one stream at a time");
        peer.reply(stream, &value).await;
    }
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap().value, [number as u8]);
    }
}

/// C16: a limit that is lowered while calls are open holds for those that wait, and ends none.
#[tokio::test(start_paused = true)]
async fn a_lowered_limit_of_streams_ends_no_call() {
    let mut server = RawServer::new();
    let client = server.client();
    let calls: Vec<_> = (0..6_u8)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.unary(noted([number])).await })
        })
        .collect();
    let mut peer = server.accept_with(&[(setting::MAX_CONCURRENT_STREAMS, 3)]).await;
    let mut open = [peer.accept().await, peer.accept().await, peer.accept().await].to_vec();
    peer.send(&Frame::settings(&[(setting::MAX_CONCURRENT_STREAMS, 1)])).await;
    peer.settle().await;
    for answered in 1..=calls.len() {
        let stream = open.remove(0);
        let value = peer.note(stream).await;
        peer.reply(stream, &value).await;
        if open.is_empty() && answered < calls.len() {
            open.push(peer.accept().await);
        }
        peer.settle().await;
        let begun = peer.log().iter().filter(|line| line.starts_with("HEADERS")).count();
        assert_eq!(begun, (answered + 1).clamp(3, calls.len()), "{answered} answered");
    }
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap().value, [number as u8]);
    }
}

/// C16: with no stream allowed, calls wait until one is, or until their deadline.
#[tokio::test(start_paused = true)]
async fn no_stream_allowed_means_wait() {
    let mut server = RawServer::new();
    let client = server.client();
    let waiting = client.clone();
    let hurried = client.clone();
    let patient = tokio::spawn(async move { waiting.unary(noted("patient")).await });
    let mut peer = server.accept_with(&[(setting::MAX_CONCURRENT_STREAMS, 0)]).await;
    // A first call may have been made before the SETTINGS came: it is answered.
    let request = Request::new(noted("hurried")).with_timeout(Duration::from_secs(1));
    let status = hurried.unary(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    peer.send(&Frame::settings(&[(setting::MAX_CONCURRENT_STREAMS, 10)])).await;
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "patient");
    peer.reply(stream, b"y").await;
    assert_eq!(patient.await.unwrap().unwrap().value, b"y");
}

/// C17: after the server has ended with an error, `send` gives that status.
#[tokio::test(start_paused = true)]
async fn a_send_after_an_error_gives_it() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    let (mut notes, mut replies) = halves.unwrap();
    notes.send(&noted("x")).await.unwrap();
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "x");
    peer.trailers_only(stream, "9", &[("grpc-message", "stop")]).await;
    let status = loop {
        if let Err(status) = notes.send(&noted([0; 1000])).await {
            break status;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "stop"));
    assert_eq!(replies.recv().await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(peer.reset_of(stream).await, error::NO_ERROR);
    peer.assert_alive().await;
}

/// C17: after the server has ended with OK, `send` says that it does, and the result is what counts.
#[tokio::test(start_paused = true)]
async fn a_send_after_ok_fails_and_the_result_stands() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, route) = tokio::join!(server.accept(), client.client_stream(()));
    let mut route = route.unwrap();
    route.send(&noted("x")).await.unwrap();
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "x");
    peer.reply(stream, b"enough").await;
    let status = loop {
        if let Err(status) = route.send(&noted([0; 1000])).await {
            break status;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(status.code(), Code::Cancelled);
    assert!(status.message().contains("ended the call with OK"), "{status}");
    assert_eq!(route.finish().await.unwrap().value, b"enough");
    assert_eq!(peer.reset_of(stream).await, error::NO_ERROR);
    peer.assert_alive().await;
}

/// C17: a sender that waits for window is freed by the server's status.
#[tokio::test(start_paused = true)]
async fn a_blocked_sender_is_freed_by_the_status() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    peer.hold_windows();
    let (mut notes, _replies) = halves.unwrap();
    let sending = tokio::spawn(async move {
        loop {
            if let Err(status) = notes.send(&noted([0; 1000])).await {
                return status;
            }
        }
    });
    let stream = peer.accept().await;
    peer.until("a full window", |peer| peer.stream(stream).body.len() == 65_535).await;
    peer.trailers_only(stream, "8", &[("grpc-message", "full")]).await;
    let status = sending.await.unwrap();
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "full"));
}

/// C17: the deadline frees a sender that waits for window, also when nobody receives any more.
#[tokio::test(start_paused = true)]
async fn a_blocked_sender_is_freed_by_the_deadline() {
    for receiving in [false, true] {
        let mut server = RawServer::new();
        let client = server.client();
        let request = Request::new(()).with_timeout(Duration::from_secs(1));
        let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(request));
        peer.hold_windows();
        let (mut notes, mut replies) = halves.unwrap();
        assert!(replies.recv().now_or_never().is_none());
        let sending = tokio::spawn(async move {
            loop {
                if let Err(status) = notes.send(&noted([0; 1000])).await {
                    return status;
                }
            }
        });
        if receiving {
            let received = tokio::time::timeout(PATIENCE, replies.recv()).await.expect("the receiver hears of it");
            assert_eq!(received.unwrap_err().code(), Code::DeadlineExceeded);
        }
        let sent = tokio::time::timeout(PATIENCE, sending).await.expect("the sender hears of it");
        assert_eq!(sent.unwrap().code(), Code::DeadlineExceeded);
        let stream = peer.accept().await;
        assert_eq!(peer.reset_of(stream).await, error::CANCEL);
    }
}

/// A call that the server resets in the midst of its large request fails with that, and leaves its window behind.
#[tokio::test(start_paused = true)]
async fn a_large_request_may_be_reset_on_its_way() {
    let mut server = RawServer::new();
    let client = server.client();
    let call = || {
        tokio::spawn({
            let client = client.clone();
            async move { client.unary(noted(vec![1; 300_000])).await }
        })
    };
    let mut calling = call();
    let mut peer = server.accept_with(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]).await;
    for _ in 0..20 {
        let stream = peer.accept().await;
        peer.until("some of the request", |peer| peer.stream(stream).body.len() > 50_000).await;
        peer.reset(stream, error::ENHANCE_YOUR_CALM).await;
        assert_eq!(calling.await.unwrap().unwrap_err().code(), Code::ResourceExhausted);
        calling = call();
    }
    let stream = peer.accept().await;
    peer.over(stream).await;
    peer.reply(stream, b"x").await;
    assert_eq!(calling.await.unwrap().unwrap().value, b"x");
}

/// M16: a request beyond the channel's limit for sending is refused here, and nothing of it is sent.
#[tokio::test(start_paused = true)]
async fn too_long_a_request_is_not_sent() {
    let mut server = RawServer::new();
    let client = server.client_with(|channel| channel.max_send_message_size(100));
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    let (mut notes, _replies) = halves.unwrap();
    assert_eq!(notes.send(&noted([7; 99])).await.unwrap_err().code(), Code::ResourceExhausted);
    assert_eq!(client.unary(noted([7; 99])).await.unwrap_err().code(), Code::ResourceExhausted);
    notes.send(&noted("x")).await.unwrap();
    let stream = peer.accept().await;
    assert_eq!(peer.note(stream).await, "x");
    peer.settle().await;
    assert_eq!(peer.stream(stream).messages().len(), 1);
}

/// C12: what servers still send on calls that were dropped is no fault of theirs, however often.
#[tokio::test(start_paused = true)]
async fn late_answers_to_dropped_calls_are_no_fault() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, _kept) = tokio::join!(server.accept(), client.bidi(()));
    peer.accept().await;
    for _ in 0..5 {
        let mut dropped = Vec::new();
        for _ in 0..90 {
            drop(client.server_stream(noted("x")).await.unwrap());
            let stream = peer.accept().await;
            assert_eq!(peer.reset_of(stream).await, error::CANCEL);
            dropped.push(stream);
        }
        for stream in dropped {
            peer.respond(stream, &[]).await;
            peer.data(stream, note("late"), MORE).await;
            peer.trailers(stream, "0", &[]).await;
        }
        peer.assert_alive().await;
    }
}
