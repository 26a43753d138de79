//! What the server answers (R1 to R5, R7 to R10).

use bytes::Bytes;
use puregrpc::{Code, Metadata, Response, Server, Status};
use puregrpc_support::{
    BIDI, CLIENT_STREAM, END, MORE, Running, SERVER_STREAM, Script, UNARY, error, message, note, noted, prefixed,
    request, setting,
};

/// R1: headers in one block, messages, then trailers that always bear the status.
#[tokio::test(start_paused = true)]
async fn an_answer_is_headers_messages_trailers() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (SERVER_STREAM, 3), (CLIENT_STREAM, 5), (BIDI, 7)] {
        let answer = peer.call(stream, path, &[], &note("x")).await;
        assert_eq!(answer.blocks.len(), 2, "{path}");
        assert_eq!(answer.http_status(), 200, "{path}");
        assert_eq!(answer.head().get("content-type"), Some("application/grpc"), "{path}");
        assert_eq!(answer.head().get("grpc-status"), None, "{path}");
        assert_eq!(answer.status(), 0, "{path}");
        assert_eq!(answer.trailers().get("grpc-message"), None, "{path}");
        assert_eq!(answer.trailers().get(":status"), None, "{path}");
    }
    let answer = peer.call(9, BIDI, &[], b"").await;
    assert_eq!((answer.http_status(), answer.status()), (200, 0), "a stream of no messages");
}

/// R2: an error before any message is one block of headers, with the error's metadata.
#[tokio::test(start_paused = true)]
async fn an_immediate_error_is_trailers_only() {
    let fail = || {
        let status = Status::not_found("no such note").with_details(&b"\x08\x05"[..]);
        status.with_metadata("x-why", "because").unwrap().with_metadata("x-bin", [0xab]).unwrap()
    };
    let script = Script::echo()
        .unary(move |_| Box::pin(async move { Err(fail()) }))
        .server_stream(move |_, _| Box::pin(async move { Err(fail()) }))
        .client_stream(move |_| Box::pin(async move { Err(fail()) }))
        .bidi(move |_, _| Box::pin(async move { Err(fail()) }));
    let server = script.serve();
    let mut peer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (SERVER_STREAM, 3), (CLIENT_STREAM, 5), (BIDI, 7)] {
        let answer = peer.call(stream, path, &[], &note("x")).await;
        assert!(answer.is_trailers_only(), "{path}");
        assert_eq!((answer.http_status(), answer.status()), (200, 5), "{path}");
        let head = answer.head();
        assert_eq!(head.get("content-type"), Some("application/grpc"), "{path}");
        assert_eq!(answer.grpc_message(), "no such note", "{path}");
        assert_eq!((head.get("x-why"), head.get("x-bin")), (Some("because"), Some("qw")), "{path}");
        assert_eq!(head.get("grpc-status-details-bin"), Some("CAU"), "{path}");
    }
}

/// R2: an error after a message is in the trailers, behind what was sent.
#[tokio::test(start_paused = true)]
async fn a_late_error_is_in_the_trailers() {
    let script = Script::echo().server_stream(|request, replies| {
        Box::pin(async move {
            replies.send(&request).await?;
            replies.trailers_mut().append("x-own", "1").unwrap();
            Err(Status::aborted("enough"))
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, SERVER_STREAM, &[], &note("x")).await;
    assert_eq!((answer.blocks.len(), answer.notes()), (2, vec![Bytes::from("x")]));
    assert_eq!((answer.status(), answer.grpc_message()), (10, "enough"));
    assert_eq!(answer.trailers().get("x-own"), Some("1"));
}

/// R2: response headers wait for the first message.
#[tokio::test(start_paused = true)]
async fn headers_wait_for_the_first_message() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, BIDI, &[]).await;
    peer.settle().await;
    assert!(peer.stream(1).blocks.is_empty());
    peer.data(1, note("x"), MORE).await;
    assert_eq!(peer.note(1).await, "x");
    assert_eq!(peer.stream(1).blocks.len(), 1);
}

/// R2, R10: a handler may send the headers before any message, once, with metadata of its own.
#[tokio::test(start_paused = true)]
async fn a_handler_may_send_headers_early_and_once() {
    let script = Script::echo().bidi(|requests, replies| {
        Box::pin(async move {
            let mut metadata = Metadata::new();
            metadata.append("x-own", "1").unwrap();
            replies.send_headers(metadata)?;
            assert!(replies.send_headers(Metadata::new()).is_err(), "headers are sent once");
            while requests.recv().await?.is_some() {}
            Ok(())
        })
    });
    let script = script.server_stream(|request, replies| {
        Box::pin(async move {
            replies.send(&request).await?;
            assert!(replies.send_headers(Metadata::new()).is_err(), "headers go with the first message");
            Ok(())
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    assert_eq!(peer.call(1, SERVER_STREAM, &[], &note("x")).await.status(), 0);
    peer.request(3, BIDI, &[]).await;
    assert_eq!(peer.head(3).await.get("x-own"), Some("1"));
    peer.data(3, [], END).await;
    let answer = peer.answer(3).await;
    assert_eq!((answer.blocks.len(), answer.status()), (2, 0));
}

/// R1: a unary answer bears its metadata in the headers and its trailers in the trailers.
#[tokio::test(start_paused = true)]
async fn a_unary_answer_bears_metadata_and_trailers() {
    let script = Script::echo().unary(|_| {
        Box::pin(async {
            let mut response = Response::new(noted("x"));
            response.metadata_mut().append("x-head", "1").unwrap();
            response.trailers_mut().append("x-tail", "2").unwrap();
            response.trailers_mut().append("x-bin", [0xab, 0xab, 0xab]).unwrap();
            Ok(response)
        })
    });
    let server = script.serve();
    let answer = server.peer().await.call(1, UNARY, &[], &note("")).await;
    assert_eq!((answer.head().get("x-head"), answer.head().get("x-tail")), (Some("1"), None));
    assert_eq!((answer.trailers().get("x-tail"), answer.trailers().get("x-bin")), (Some("2"), Some("q6ur")));
}

/// R3: every code goes out in decimal.
#[tokio::test(start_paused = true)]
async fn every_code_goes_out_in_decimal() {
    let script = Script::echo().unary(|request| {
        let code = i32::from(request.value[0]);
        Box::pin(async move { Err(Status::new(Code::from(code), "")) })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    for (code, stream) in (1..17_u8).zip((1..).step_by(2)) {
        assert_eq!(peer.call(stream, UNARY, &[], &note([code])).await.status(), u32::from(code));
    }
}

/// R3: the message is percent-encoded UTF-8 with upper-case digits.
#[tokio::test(start_paused = true)]
async fn the_message_is_percent_encoded() {
    let script = Script::echo().unary(|request| {
        let text = String::from_utf8(request.value.clone()).unwrap();
        Box::pin(async move { Err(Status::unknown(text)) })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let cases = [
        ("plain text", "plain text"),
        ("100%", "100%25"),
        (
            "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n",
            "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A",
        ),
        ("~\x7f", "~%7F"),
        ("\"#$&'()*+,-./:;<=>?@[\\]^_`{|}", "\"#$&'()*+,-./:;<=>?@[\\]^_`{|}"),
    ];
    for ((text, encoded), stream) in cases.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, UNARY, &[], &note(text)).await;
        assert_eq!((answer.status(), answer.grpc_message()), (2, encoded));
    }
}

/// R4: an error before the client's END_STREAM resets the stream with NO_ERROR.
#[tokio::test(start_paused = true)]
async fn an_early_error_resets_with_no_error() {
    let script = Script::echo().client_stream(|_| Box::pin(async { Err(Status::aborted("")) })).bidi(|_, replies| {
        Box::pin(async move {
            replies.send(&noted("x")).await?;
            Ok(())
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    for (path, code, stream) in [(CLIENT_STREAM, 10, 1), (BIDI, 0, 3)] {
        peer.request(stream, path, &[]).await;
        peer.data(stream, note("x"), MORE).await;
        assert_eq!(peer.answer(stream).await.status(), code, "{path}");
        assert_eq!(peer.reset_of(stream).await, error::NO_ERROR, "{path}");
    }
    peer.assert_alive().await;
}

/// R4: what clients still send on calls that were answered early is no fault of theirs, however often.
#[tokio::test(start_paused = true)]
async fn late_messages_of_answered_calls_are_no_fault() {
    let script = Script::echo().bidi(|_, _| Box::pin(async { Err(Status::aborted("")) }));
    let server = script.serve();
    let mut peer = server.peer().await;
    let calls: Vec<u32> = (1..).step_by(2).take(900).collect();
    for round in 0..5 {
        let calls: Vec<u32> = calls.iter().map(|stream| stream + round * 1_800).collect();
        for stream in &calls {
            peer.queue_headers(*stream, &request(BIDI, &[]), MORE);
        }
        for stream in &calls {
            assert_eq!(peer.answer(*stream).await.status(), 10);
            assert_eq!(peer.reset_of(*stream).await, error::NO_ERROR);
        }
        for stream in &calls {
            peer.queue_data(*stream, note("late"), MORE);
            peer.queue_data(*stream, note("late"), END);
        }
        peer.assert_alive().await;
    }
}

/// R4, M14: a good unary or client-streaming answer waits for the client's END_STREAM.
#[tokio::test(start_paused = true)]
async fn a_good_answer_waits_for_the_end() {
    let script = Script::echo().client_stream(|_| Box::pin(async { Ok(noted("early").into()) }));
    let server = script.serve();
    let mut peer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (CLIENT_STREAM, 3)] {
        peer.request(stream, path, &[]).await;
        peer.data(stream, note("x"), MORE).await;
        peer.settle().await;
        assert!(!peer.stream(stream).is_over(), "{path}");
        peer.data(stream, [], END).await;
        let answer = peer.answer(stream).await;
        assert_eq!((answer.status(), answer.reset), (0, None), "{path}");
    }
    peer.assert_alive().await;
}

/// R5: a panic is UNKNOWN for that call alone and tells nothing.
#[tokio::test(start_paused = true)]
async fn a_panic_is_unknown_for_that_call_alone() {
    let script = Script::echo()
        .unary(|request| {
            Box::pin(async move {
                if request.value == b"later" {
                    tokio::task::yield_now().await;
                }
                assert!(request.value.is_empty(), "secret");
                Ok(request.into_inner().into())
            })
        })
        .server_stream(|request, replies| {
            Box::pin(async move {
                replies.send(&request).await?;
                panic!("secret")
            })
        })
        .client_stream(|_| Box::pin(async { panic!("secret") }))
        .bidi(|requests, _| {
            Box::pin(async move {
                requests.recv().await?;
                panic!("secret")
            })
        });
    let server = script.serve();
    let mut peer = server.peer().await;
    peer.request(1, UNARY, &[]).await;
    let calls = [(UNARY, "now"), (UNARY, "later"), (SERVER_STREAM, ""), (CLIENT_STREAM, ""), (BIDI, "")];
    for ((path, value), stream) in calls.into_iter().zip((3..).step_by(2)) {
        let answer = peer.call(stream, path, &[], &note(value)).await;
        assert_eq!((answer.status(), answer.grpc_message()), (2, "handler panicked"), "{path} {value}");
    }
    peer.data(1, note(""), END).await;
    assert_eq!(peer.answer(1).await.status(), 0);
}

/// R5: a panic before the handler's first await, and one while it is dropped, hurt nobody else.
#[tokio::test(start_paused = true)]
async fn a_panic_outside_the_future_hurts_nobody_else() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("secret")
            }
        }
    }
    let script = Script::echo().unary(|_| panic!("secret")).bidi(|requests, _| {
        Box::pin(async move {
            let _bomb = Bomb;
            requests.recv().await?;
            std::future::pending().await
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, UNARY, &[], &note("")).await;
    assert_eq!((answer.status(), answer.grpc_message()), (2, "handler panicked"));
    peer.request(3, BIDI, &[]).await;
    peer.data(3, note("x"), MORE).await;
    peer.settle().await;
    peer.reset(3, error::CANCEL).await;
    peer.assert_alive().await;
    assert_eq!(peer.call(5, SERVER_STREAM, &[], &note("x")).await.status(), 0);
}

/// R7: a stream beyond the limit is refused, and the connection lives on past the 1,024th.
#[tokio::test(start_paused = true)]
async fn streams_beyond_the_limit_are_refused() {
    let server = Running::start(Server::new().max_concurrent_streams(2).add(Script::echo()));
    let mut peer = server.peer().await;
    assert_eq!(peer.setting(setting::MAX_CONCURRENT_STREAMS), Some(2));
    peer.request(1, BIDI, &[]).await;
    peer.request(3, BIDI, &[]).await;
    for stream in (5..).step_by(2).take(1_500) {
        peer.request(stream, BIDI, &[]).await;
        assert_eq!(peer.reset_of(stream).await, error::REFUSED_STREAM);
    }
    peer.data(1, note("x"), END).await;
    assert_eq!(peer.answer(1).await.status(), 0);
    peer.assert_alive().await;
}

/// R9: the server itself gives none of the codes that belong to applications.
#[tokio::test(start_paused = true)]
async fn codes_of_applications_are_never_made_up() {
    let server = Running::start(Server::new().max_recv_message_size(1000).add(Script::echo()));
    let mut peer = server.peer().await;
    let plain: &[(&str, &str)] = &[];
    let faults = [
        (UNARY, &[(":method", "GET")][..], note("x")),
        (UNARY, &[("content-type", "text/html")], note("x")),
        (UNARY, &[("grpc-timeout", "x")], note("x")),
        (UNARY, &[("grpc-timeout", "0S")], note("x")),
        (UNARY, &[("x-bin", "!")], note("x")),
        (UNARY, &[("grpc-encoding", "snappy")], note("x")),
        ("/wire.Wire/Other", plain, note("x")),
        (UNARY, plain, Bytes::new()),
        (UNARY, plain, note([0; 2000])),
        (UNARY, plain, message("\x0f")),
        (UNARY, plain, prefixed(1, "x")),
        (UNARY, plain, note("x").slice(..5)),
    ];
    for ((path, extra, body), stream) in faults.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, path, extra, &body).await;
        let code = answer.trailers().get("grpc-status").map_or(0, |text| text.parse().unwrap());
        assert!(![3, 5, 6, 9, 10, 11, 15].contains(&code), "{path} {extra:?}: {code}");
    }
}
