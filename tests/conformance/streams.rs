//! The halves of a call as users see them, client and server together.

use puregrpc::{Code, Metadata, Request, Status};
use puregrpc_support::{Script, WireClient, noted};
use std::time::Duration;

/// The four kinds of call, end to end.
#[tokio::test(start_paused = true)]
async fn the_four_kinds_of_call() {
    let server = Script::echo().serve();
    let client = server.client();
    assert_eq!(client.unary(noted("x")).await.unwrap().value, b"x");
    let mut replies = client.server_stream(noted("y")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(replies.recv().await.unwrap().unwrap().value, b"y");
    }
    assert!(replies.recv().await.unwrap().is_none());
    let mut route = client.client_stream(()).await.unwrap();
    for text in ["a", "", "bc"] {
        route.send(&noted(text)).await.unwrap();
    }
    assert_eq!(route.finish().await.unwrap().value, b"abc");
    let (mut notes, mut replies) = client.bidi(()).await.unwrap();
    for text in ["one", "two"] {
        notes.send(&noted(text)).await.unwrap();
        assert_eq!(replies.recv().await.unwrap().unwrap().value, text.as_bytes());
    }
    notes.close();
    assert!(replies.recv().await.unwrap().is_none());
}

/// A streaming call returns before the server has sent its headers.
#[tokio::test(start_paused = true)]
async fn a_streaming_call_returns_before_the_headers() {
    let script = Script::echo().bidi(|requests, replies| {
        Box::pin(async move {
            let note = requests.recv().await?.expect("one note");
            let mut metadata = Metadata::new();
            metadata.append("x-note", &note.value).unwrap();
            replies.send_headers(metadata)?;
            replies.trailers_mut().append("x-tail", "1").unwrap();
            Ok(())
        })
    });
    let server = script.serve();
    let (mut notes, mut replies) = server.client().bidi(()).await.unwrap();
    notes.send(&noted("seven")).await.unwrap();
    assert_eq!(replies.headers().await.unwrap().get("x-note"), Some("seven"));
    assert!(replies.recv().await.unwrap().is_none());
    assert_eq!(replies.trailers().get("x-tail"), Some("1"));
}

/// A status reaches the client whole: code, message, details, metadata.
#[tokio::test(start_paused = true)]
async fn a_status_arrives_whole() {
    let script = Script::echo().unary(|_| {
        Box::pin(async {
            let status = Status::out_of_range("größer als 7 😈\n").with_details(&b"\x00\xff"[..]);
            Err(status.with_metadata("x-why", "because")?.with_metadata("x-bin", [0, 255])?)
        })
    });
    let server = script.serve();
    let status = server.client().unary(noted("x")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::OutOfRange, "größer als 7 😈\n"));
    assert_eq!((status.details(), status.metadata().get("x-why")), (&b"\x00\xff"[..], Some("because")));
    assert_eq!(status.metadata().bin("x-bin").as_deref(), Some(&[0, 255][..]));
}

/// The handler sees the deadline that the client has set, in every kind of call.
#[tokio::test(start_paused = true)]
async fn the_handler_sees_the_deadline() {
    let script = Script::echo()
        .unary(|request| Box::pin(async move { Ok(noted([u8::from(request.deadline().is_some())]).into()) }))
        .bidi(|requests, replies| {
            Box::pin(async move { replies.send(&noted([u8::from(requests.deadline().is_some())])).await })
        });
    let server = script.serve();
    let client = server.client();
    for timeout in [false, true] {
        let unary = Request::new(noted("x"));
        let bidi = Request::new(());
        let second = Duration::from_secs(1);
        let (unary, bidi) =
            if timeout { (unary.with_timeout(second), bidi.with_timeout(second)) } else { (unary, bidi) };
        assert_eq!(client.unary(unary).await.unwrap().value, [u8::from(timeout)]);
        let (_notes, mut replies) = client.bidi(bidi).await.unwrap();
        assert_eq!(replies.recv().await.unwrap().unwrap().value, [u8::from(timeout)]);
    }
}

/// `send` waits while nobody reads: a sender never runs ahead without bound.
#[tokio::test(start_paused = true)]
async fn a_sender_waits_for_its_reader() {
    let script = Script::echo().server_stream(|request, replies| {
        Box::pin(async move {
            let mut sent = 0_u32;
            loop {
                let note = noted([0; 10_000]);
                if tokio::time::timeout(Duration::from_secs(1), replies.send(&note)).await.is_err() {
                    assert!((10..10_000).contains(&sent), "{sent} messages went out");
                    break;
                }
                sent += 1;
            }
            drop(request);
            Ok(())
        })
    });
    let server = script.serve();
    let mut replies = server.client().server_stream(noted("x")).await.unwrap();
    replies.headers().await.unwrap();
    tokio::time::advance(Duration::from_secs(5)).await;
    while replies.recv().await.unwrap().is_some() {}
}

/// A `recv` that is dropped half-way loses nothing.
#[tokio::test(start_paused = true)]
async fn a_dropped_recv_loses_nothing() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(3));
            for number in 0..100_u8 {
                ticks.tick().await;
                replies.send(&noted([number])).await?;
            }
            Ok(())
        })
    });
    let server = script.serve();
    let mut replies = server.client().server_stream(noted("x")).await.unwrap();
    let mut seen = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(1), replies.recv()).await {
            Ok(Ok(Some(note))) => seen.extend_from_slice(&note.value),
            Ok(end) => break assert!(end.unwrap().is_none()),
            Err(_) => {}
        }
    }
    assert_eq!(seen, (0..100).collect::<Vec<u8>>());
}

/// C25: a handler that returns early ends the call, and the client's later notes are refused.
#[tokio::test(start_paused = true)]
async fn a_handler_may_return_early() {
    let script = Script::echo().bidi(|requests, replies| {
        Box::pin(async move {
            let first = requests.recv().await?.expect("one note");
            replies.send(&first).await
        })
    });
    let server = script.serve();
    let (mut notes, mut replies) = server.client().bidi(()).await.unwrap();
    notes.send(&noted("x")).await.unwrap();
    assert_eq!(replies.recv().await.unwrap().unwrap().value, b"x");
    assert!(replies.recv().await.unwrap().is_none());
    assert!(notes.is_closed());
    assert_eq!(notes.send(&noted([0; 10_000])).await.unwrap_err().code(), Code::Cancelled);
}

/// A status, once given, is given again.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_stream_stays() {
    let script = Script::echo().server_stream(|_, _| Box::pin(async { Err(Status::aborted("no")) }));
    let server = script.serve();
    let mut replies = server.client().server_stream(noted("x")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(replies.recv().await.unwrap_err().code(), Code::Aborted);
    }
    let server = Script::echo().serve();
    let mut replies = server.client().server_stream(noted("x")).await.unwrap();
    while replies.recv().await.unwrap().is_some() {}
    assert!(replies.recv().await.unwrap().is_none());
}

/// A call made inside a handler has the handler's deadline, and ends with the handler.
#[tokio::test(start_paused = true)]
async fn an_inner_call_inherits_the_deadline_and_the_end() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let backend = Script::echo().unary(move |request| {
        let tell = tell.clone();
        Box::pin(async move {
            tell.send(request.deadline()).unwrap();
            let _closes_with_the_handler = tell;
            std::future::pending().await
        })
    });
    let backend = backend.serve();
    let inner = backend.client();
    let front = Script::echo().unary(move |request| {
        let inner = inner.clone();
        Box::pin(async move { inner.unary(request.into_inner()).await })
    });
    let front = front.serve();
    let begin = tokio::time::Instant::now();
    let request = Request::new(noted("x")).with_timeout(Duration::from_secs(2));
    let status = front.client().unary(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let deadline = told.recv().await.unwrap().expect("the inner call has a deadline");
    assert!((1_990..2_010).contains(&(deadline - begin).as_millis()), "{:?}", deadline - begin);
    let client = front.client();
    let call = tokio::spawn(async move { client.unary(noted("x")).await });
    assert_eq!(told.recv().await.unwrap(), None, "no deadline to inherit");
    call.abort();
    drop((front, backend));
    assert!(tokio::time::timeout(Duration::from_secs(60), told.recv()).await.unwrap().is_none());
}

/// Calls of all kinds, made and dropped at every point on many threads, leave nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_dropped_anywhere_leave_nothing() {
    let server = Script::echo().serve();
    let clients: Vec<_> = (0..8_u64).map(|seed| tokio::spawn(churn(server.client(), seed))).collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(server.client().unary(noted("still here")).await.unwrap().value, b"still here");
    assert_eq!(server.report().await.cut_calls, 0);
}

/// A hundred calls of each kind, each ended after a number of steps that the seed says.
async fn churn(client: WireClient, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..100 {
        let size = [0, 1, 100, 20_000, 100_000][random.usize(..5)];
        let (note, steps) = (noted(vec![7; size]), random.usize(..6));
        let call = async {
            let (mut notes, mut replies) = client.bidi(()).await.unwrap();
            for _ in 0..steps {
                notes.send(&note).await.unwrap();
                assert_eq!(replies.recv().await.unwrap().unwrap(), note);
            }
            if random.bool() {
                notes.close();
                assert!(replies.recv().await.unwrap().is_none());
            }
        };
        call.await;
        let mut replies = client.server_stream(note.clone()).await.unwrap();
        for _ in 0..steps.min(3) {
            assert_eq!(replies.recv().await.unwrap().unwrap(), note);
        }
        drop(replies);
        let patience = Duration::from_micros(random.u64(..300));
        // It may be over in time or not: what counts is that its end is clean.
        if let Ok(answer) = tokio::time::timeout(patience, client.unary(note.clone())).await {
            assert_eq!(*answer.unwrap(), note);
        }
    }
}
