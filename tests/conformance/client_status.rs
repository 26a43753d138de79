//! What the client makes of a server's answer (C1 to C10, M6, M10, M11, M13, M15).

use bytes::Bytes;
use puregrpc::{Code, Response, Status, protobuf::well_known_types::wrappers::BytesValue};
use puregrpc_support::{END, Frame, MORE, RawPeer, RawServer, error, flag, kind, message, note, noted, prefixed};

/// What a unary call gives when the server does this with its stream.
async fn unary(server: impl AsyncFnOnce(&mut RawPeer, u32)) -> Result<Response<BytesValue>, Status> {
    let mut listening = RawServer::new();
    let client = listening.client();
    let calling = client.clone();
    let mut call = tokio::spawn(async move { calling.unary(noted("x")).await });
    let mut peer = listening.accept().await;
    let stream = peer.accept().await;
    peer.over(stream).await;
    server(&mut peer, stream).await;
    // The peer goes on reading, so that nothing waits for it; a call that hangs is seen by its patience.
    let result = tokio::select! {
        result = &mut call => result,
        () = peer.closed() => call.await,
    };
    drop(client);
    result.unwrap()
}

/// The code and message of a call that must fail.
async fn failed(server: impl AsyncFnOnce(&mut RawPeer, u32)) -> (Code, String) {
    let status = unary(server).await.expect_err("the call fails");
    (status.code(), status.message().to_owned())
}

/// C1: a grpc-status counts, whatever the HTTP status is.
#[tokio::test(start_paused = true)]
async fn the_grpc_status_counts_before_the_http_status() {
    let fields =
        [(":status", "502"), ("content-type", "application/grpc"), ("grpc-status", "3"), ("grpc-message", "m")];
    let (code, text) = failed(async |peer, stream| peer.headers(stream, &fields, END).await).await;
    assert_eq!((code, &*text), (Code::InvalidArgument, "m"));
}

/// C2: without a grpc-status the HTTP status is mapped.
#[tokio::test(start_paused = true)]
async fn http_statuses_are_mapped() {
    let cases = [
        ("400", Code::Internal),
        ("401", Code::Unauthenticated),
        ("403", Code::PermissionDenied),
        ("404", Code::Unimplemented),
        ("429", Code::Unavailable),
        ("431", Code::Internal),
        ("502", Code::Unavailable),
        ("503", Code::Unavailable),
        ("504", Code::Unavailable),
        ("200", Code::Unknown),
        ("204", Code::Unknown),
        ("302", Code::Unknown),
        ("405", Code::Unknown),
        ("415", Code::Unknown),
        ("500", Code::Unknown),
    ];
    for (http, expected) in cases {
        let (code, _) = failed(async |peer, stream| peer.headers(stream, &[(":status", http)], END).await).await;
        assert_eq!(code, expected, "{http} without a body");
        let (code, _) = failed(async |peer, stream| {
            peer.headers(stream, &[(":status", http), ("content-type", "text/html")], MORE).await;
            peer.data(stream, "<html>", END).await;
        })
        .await;
        assert_eq!(code, expected, "{http} with a body");
    }
}

/// C3: informational responses are skipped.
#[tokio::test(start_paused = true)]
async fn informational_responses_are_skipped() {
    let result = unary(async |peer, stream| {
        peer.headers(stream, &[(":status", "100")], MORE).await;
        peer.headers(stream, &[(":status", "103"), ("link", "</a>")], MORE).await;
        peer.reply(stream, b"y").await;
    })
    .await;
    assert_eq!(result.unwrap().value, b"y");
}

/// C4: a grpc-status that cannot be read, or is none of the known ones, is UNKNOWN.
#[tokio::test(start_paused = true)]
async fn malformed_statuses_are_unknown() {
    for text in ["abc", "", "00", "-1", "17", "999999999999", "1 ", "0x1", "٣"] {
        let (code, _) = failed(async |peer, stream| peer.trailers_only(stream, text, &[]).await).await;
        assert_eq!(code, Code::Unknown, "{text:?}");
        let (code, _) = failed(async |peer, stream| {
            peer.respond(stream, &[]).await;
            peer.data(stream, note("y"), MORE).await;
            peer.trailers(stream, text, &[]).await;
        })
        .await;
        assert_eq!(code, Code::Unknown, "{text:?} after a message");
    }
}

/// C4: every known grpc-status is given as it is.
#[tokio::test(start_paused = true)]
async fn known_statuses_are_given() {
    for number in 1..17 {
        let text = number.to_string();
        let (code, _) = failed(async |peer, stream| peer.trailers_only(stream, &text, &[]).await).await;
        assert_eq!(i32::from(code), number);
    }
}

/// C5: a grpc-message is decoded as far as it can be, and never an error.
#[tokio::test(start_paused = true)]
async fn malformed_messages_are_kept() {
    let cases = [
        ("plain", "plain"),
        ("%E2%98%BA %f0%9f%98%88", "☺ 😈"),
        ("%zz", "%zz"),
        ("%", "%"),
        ("%4", "%4"),
        ("a%2", "a%2"),
        ("%ff", "\u{fffd}"),
        ("☺", "☺"),
    ];
    for (text, expected) in cases {
        let got = failed(async |peer, stream| peer.trailers_only(stream, "9", &[("grpc-message", text)]).await).await;
        assert_eq!(got, (Code::FailedPrecondition, expected.to_owned()));
    }
}

/// C6: details that are not base64 are dropped, and the status stays.
#[tokio::test(start_paused = true)]
async fn malformed_details_are_dropped() {
    for (text, details) in [("CAU", &b"\x08\x05"[..]), ("CAU=", b"\x08\x05"), ("!!", b""), ("C", b""), ("/w", b"\xff")]
    {
        let extra = [("grpc-message", "m"), ("grpc-status-details-bin", text)];
        let result = unary(async |peer, stream| peer.trailers_only(stream, "5", &extra).await).await;
        let status = result.unwrap_err();
        assert_eq!((status.code(), status.message(), status.details()), (Code::NotFound, "m", details), "{text}");
    }
}

/// C7: an answer that is not gRPC is named, with the beginning of its body and no more.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_grpc_is_named() {
    let (code, text) = failed(async |peer, stream| {
        peer.headers(stream, &[(":status", "200"), ("content-type", "text/html")], MORE).await;
        peer.data(stream, "<html>a proxy's page".repeat(400), MORE).await;
        peer.data(stream, "the end", END).await;
    })
    .await;
    assert_eq!(code, Code::Unknown);
    assert!(text.contains("text/html") && text.contains("a proxy's page"), "{text}");
    assert!(text.len() < 2048 && !text.contains("the end"), "{} bytes", text.len());
}

/// C7: a body that is not gRPC is no success, whatever status comes with it: its messages would be lost.
#[tokio::test(start_paused = true)]
async fn a_foreign_body_never_succeeds() {
    let head = [(":status", "200"), ("content-type", "text/plain"), ("grpc-status", "0")];
    for in_head in [true, false] {
        let mut server = RawServer::new();
        let client = server.client();
        let (replies, mut peer) = tokio::join!(client.server_stream(noted("x")), server.accept());
        let stream = peer.accept().await;
        peer.headers(stream, &head[..if in_head { 3 } else { 2 }], MORE).await;
        peer.data(stream, note("y"), MORE).await;
        peer.trailers(stream, "0", &[]).await;
        let status = replies.unwrap().recv().await.unwrap_err();
        assert_eq!(status.code(), Code::Unknown, "{status}");
        assert!(status.message().contains("text/plain"), "{status}");
    }
}

/// C7: a server that sends a page without end is left.
#[tokio::test(start_paused = true)]
async fn an_endless_page_is_left() {
    let (code, text) = failed(async |peer, stream| {
        peer.headers(stream, &[(":status", "503"), ("content-type", "text/plain")], MORE).await;
        peer.data(stream, "busy".repeat(1000), MORE).await;
        peer.reset_of(stream).await;
    })
    .await;
    assert_eq!(code, Code::Unavailable, "{text}");
}

/// C8: an answer without trailers is never OK.
#[tokio::test(start_paused = true)]
async fn an_answer_without_trailers_is_internal() {
    for body in [note("y"), Bytes::new()] {
        let (code, text) = failed(async |peer, stream| {
            peer.respond(stream, &[]).await;
            peer.data(stream, &body, END).await;
        })
        .await;
        assert_eq!(code, Code::Internal, "{text}");
    }
}

/// C8: messages before a missing status are delivered.
#[tokio::test(start_paused = true)]
async fn messages_before_a_missing_status_are_delivered() {
    let mut server = RawServer::new();
    let client = server.client();
    let (replies, mut peer) = tokio::join!(client.server_stream(noted("x")), async {
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        peer.respond(stream, &[]).await;
        peer.data(stream, [note("a"), note("b")].concat(), END).await;
        peer
    });
    let mut replies = replies.unwrap();
    let reading = async {
        assert_eq!(replies.recv().await.unwrap().unwrap().value, b"a");
        assert_eq!(replies.recv().await.unwrap().unwrap().value, b"b");
        assert_eq!(replies.recv().await.unwrap_err().code(), Code::Internal);
    };
    tokio::select! { () = reading => {}, () = peer.closed() => panic!("closed") }
}

/// C9: a third block of headers, or one after messages that does not end the stream, is INTERNAL.
#[tokio::test(start_paused = true)]
async fn too_many_header_blocks_are_internal() {
    let (code, text) = failed(async |peer, stream| {
        peer.respond(stream, &[]).await;
        peer.headers(stream, &[("grpc-status", "0")], MORE).await;
        peer.headers(stream, &[("grpc-status", "0")], END).await;
    })
    .await;
    assert_eq!(code, Code::Internal, "{text}");
    let (code, text) = failed(async |peer, stream| {
        peer.respond(stream, &[]).await;
        peer.data(stream, note("y"), MORE).await;
        peer.headers(stream, &[("grpc-status", "0")], MORE).await;
    })
    .await;
    assert_eq!(code, Code::Internal, "{text}");
}

/// C10: RST_STREAM's code is mapped, before headers, after them, and after a message.
#[tokio::test(start_paused = true)]
async fn reset_codes_are_mapped() {
    let cases = [
        (error::NO_ERROR, Code::Internal),
        (error::PROTOCOL_ERROR, Code::Internal),
        (error::INTERNAL_ERROR, Code::Internal),
        (error::FLOW_CONTROL_ERROR, Code::Internal),
        (error::SETTINGS_TIMEOUT, Code::Internal),
        (error::FRAME_SIZE_ERROR, Code::Internal),
        (error::COMPRESSION_ERROR, Code::Internal),
        (error::CONNECT_ERROR, Code::Internal),
        (error::REFUSED_STREAM, Code::Unavailable),
        (error::CANCEL, Code::Cancelled),
        (error::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (error::INADEQUATE_SECURITY, Code::PermissionDenied),
        (error::HTTP_1_1_REQUIRED, Code::Unknown),
        (0xfeed, Code::Unknown),
    ];
    for (reset, expected) in cases {
        for sent in 0..3 {
            let (code, text) = failed(async |peer, mut stream| {
                if sent > 0 {
                    peer.respond(stream, &[]).await;
                } else if reset == error::REFUSED_STREAM {
                    // The call is made once more.
                    peer.reset(stream, reset).await;
                    stream = peer.accept().await;
                }
                if sent > 1 {
                    peer.data(stream, note("y"), MORE).await;
                }
                peer.reset(stream, reset).await;
            })
            .await;
            assert_eq!(code, expected, "{reset} after {sent} frames: {text}");
        }
    }
}

/// M4, M6: a compressed message in an encoding that the client does not know, or names none, is INTERNAL.
#[tokio::test(start_paused = true)]
async fn compressed_answers_are_internal() {
    for extra in [&[][..], &[("grpc-encoding", "identity")], &[("grpc-encoding", "snappy")]] {
        for flag in [1, 2, 255] {
            let (code, text) = failed(async |peer, stream| {
                peer.respond(stream, extra).await;
                peer.data(stream, prefixed(flag, ""), MORE).await;
                peer.trailers(stream, "0", &[]).await;
            })
            .await;
            assert_eq!(code, Code::Internal, "{extra:?} {flag} {text}");
        }
    }
}

/// M10: an answer that says it is longer than the limit is refused unread, and its stream reset.
#[tokio::test(start_paused = true)]
async fn too_long_an_answer_is_refused_unread() {
    for length in [4 * 1024 * 1024 + 1, u32::MAX] {
        let (code, text) = failed(async |peer, stream| {
            peer.respond(stream, &[]).await;
            peer.data(stream, [&[0][..], &length.to_be_bytes()].concat(), MORE).await;
            assert_eq!(peer.reset_of(stream).await, error::CANCEL);
            peer.assert_alive().await;
        })
        .await;
        assert_eq!(code, Code::ResourceExhausted, "{text}");
    }
}

/// M11: an answer that ends inside a message is INTERNAL.
#[tokio::test(start_paused = true)]
async fn a_cut_answer_is_internal() {
    for cut in 1..note("four").len() {
        let (code, text) = failed(async |peer, stream| {
            peer.respond(stream, &[]).await;
            peer.data(stream, &note("four")[..cut], MORE).await;
            peer.trailers(stream, "0", &[]).await;
        })
        .await;
        assert_eq!(code, Code::Internal, "{text}");
    }
}

/// M13: an answer that is no message of the protocol is INTERNAL.
#[tokio::test(start_paused = true)]
async fn a_malformed_answer_is_internal() {
    for payload in [&b"\x0a\xff"[..], b"\x0a\x05ab", b"\x02\x00", b"\x0f"] {
        let (code, text) = failed(async |peer, stream| {
            peer.respond(stream, &[]).await;
            peer.data(stream, message(payload), MORE).await;
            peer.trailers(stream, "0", &[]).await;
        })
        .await;
        assert_eq!(code, Code::Internal, "{text}");
    }
}

/// M15: a unary answer that is OK with no message, or two, is UNIMPLEMENTED.
#[tokio::test(start_paused = true)]
async fn a_good_unary_answer_is_one_message() {
    for count in [0, 2, 3] {
        let (code, text) = failed(async |peer, stream| {
            peer.respond(stream, &[]).await;
            if count > 0 {
                peer.data(stream, note("y").repeat(count), MORE).await;
            }
            peer.trailers(stream, "0", &[]).await;
        })
        .await;
        assert_eq!(code, Code::Unimplemented, "{count} {text}");
    }
    let (code, _) = failed(async |peer, stream| peer.trailers_only(stream, "0", &[]).await).await;
    assert_eq!(code, Code::Unimplemented, "trailers only");
}

/// C8, M2: a good answer gives its message, metadata and trailers, however its frames are cut.
#[tokio::test(start_paused = true)]
async fn a_good_answer_is_given_whole() {
    let response = unary(async |peer, stream| {
        peer.respond(stream, &[("x-head", "1"), ("x-bin", "q6s=")]).await;
        for byte in note("y").chunks(1) {
            peer.data(stream, byte, MORE).await;
        }
        peer.send(&Frame::padded_data(stream, "", 9, 0)).await;
        peer.send(&Frame::new(0xfb, 0xff, stream, "anything")).await;
        peer.trailers(stream, "0", &[("x-tail", "2"), ("x-tail", "3")]).await;
    })
    .await
    .unwrap();
    assert_eq!((response.value.as_slice(), response.metadata().get("x-head")), (&b"y"[..], Some("1")));
    assert_eq!(response.metadata().bin("x-bin").as_deref(), Some(&[0xab, 0xab][..]));
    assert_eq!(response.trailers().all("x-tail").collect::<Vec<_>>(), ["2", "3"]);
    assert_eq!(response.metadata().get("content-type"), None);
    assert_eq!(response.trailers().get("grpc-status"), None);
}

/// C9: what comes behind the trailers changes nothing of an answer, and ends the connection at most.
#[tokio::test(start_paused = true)]
async fn data_behind_the_trailers_is_no_part_of_the_answer() {
    for (status, expected) in [("0", Ok(b"y".to_vec())), ("5", Err(Code::NotFound))] {
        let mut server = RawServer::new();
        let client = server.client();
        let (result, ()) = tokio::join!(client.unary(noted("x")), async {
            let mut peer = server.accept().await;
            let stream = peer.accept().await;
            let fields = [(":status", "200"), ("content-type", "application/grpc")];
            peer.queue_headers(stream, &fields, MORE);
            peer.queue_data(stream, note("y"), MORE);
            peer.queue_headers(stream, &[("grpc-status", status)], END);
            peer.queue_data(stream, note("z"), END);
            peer.flush().await;
        });
        let result = result.map(|response| response.into_inner().value).map_err(|status| status.code());
        assert_eq!(result, expected);
    }
}

/// C9, C19: frames in the wrong state, and a pushed stream, end the connection, and the next call opens another.
#[tokio::test(start_paused = true)]
async fn frames_in_the_wrong_state_end_the_connection_alone() {
    let mut server = RawServer::new();
    let client = server.client();
    for fault in [Frame::data(0, "x", 0), Frame::new(kind::PUSH_PROMISE, flag::END_HEADERS, 1, [0, 0, 0, 2])] {
        let (result, ()) = tokio::join!(client.unary(noted("x")), async {
            let mut peer = server.accept().await;
            let stream = peer.accept().await;
            peer.send(&Frame { stream: fault.stream * stream, ..fault }).await;
            peer.closed().await;
        });
        assert!(matches!(result.unwrap_err().code(), Code::Unavailable | Code::Internal));
    }
    let (result, ()) = tokio::join!(client.unary(noted("x")), async {
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        peer.reply(stream, b"y").await;
        peer.settle().await;
    });
    assert_eq!(result.unwrap().value, b"y");
}
