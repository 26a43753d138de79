//! What the server takes for a request (S1 to S13, S22 to S24).

use puregrpc_support::{BIDI, CLIENT_STREAM, END, Frame, MORE, Script, UNARY, error, flag, kind, note, noted, request};

/// S1: only POST is gRPC.
#[tokio::test(start_paused = true)]
async fn other_methods_are_405() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for (method, stream) in ["GET", "PUT", "OPTIONS", "post", "BREW"].into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, UNARY, &[(":method", method)], &note("x")).await;
        assert!(answer.is_trailers_only(), "{method}");
        assert_eq!((answer.http_status(), answer.status()), (405, 13), "{method}");
    }
}

/// S2, S4, S5: whatever is not gRPC with protobuf is 415.
#[tokio::test(start_paused = true)]
async fn other_content_types_are_415() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let types = [
        "text/html",
        "application/json",
        "",
        "application/grpcweb",
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpcX",
        "application/grpc+unknowncodec",
        "application/grpc+json",
        "application/grpc/proto",
    ];
    for (name, stream) in types.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, UNARY, &[("content-type", name)], &note("x")).await;
        assert!(answer.is_trailers_only(), "{name}");
        assert_eq!(answer.http_status(), 415, "{name}");
    }
    peer.assert_alive().await;
}

/// S2: no content-type at all is 415.
#[tokio::test(start_paused = true)]
async fn a_missing_content_type_is_415() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut fields = request(UNARY, &[]);
    fields.retain(|field| field.0 != "content-type");
    peer.headers(1, &fields, END).await;
    assert_eq!(peer.answer(1).await.http_status(), 415);
}

/// S3: the content-type is application/grpc, then nothing, `+proto` or parameters, in any case.
#[tokio::test(start_paused = true)]
async fn grpc_content_types_are_taken() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let types = [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc;charset=utf-8",
        "application/grpc+proto; charset=utf-8",
        "Application/GRPC",
        "APPLICATION/GRPC+PROTO",
    ];
    for (name, stream) in types.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, UNARY, &[("content-type", name)], &note("x")).await;
        assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]), "{name}");
    }
}

/// S6: `te` may be missing, but only `trailers` may stand in it.
#[tokio::test(start_paused = true)]
async fn te_is_trailers_or_missing() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut fields = request(UNARY, &[]);
    fields.retain(|field| field.0 != "te");
    peer.headers(1, &fields, MORE).await;
    peer.data(1, note("x"), END).await;
    assert_eq!(peer.answer(1).await.status(), 0);
    peer.request(3, UNARY, &[("te", "gzip")]).await;
    assert_eq!(peer.reset_of(3).await, error::PROTOCOL_ERROR);
    peer.assert_alive().await;
}

/// S7, S8: a path that is not exactly a method's is UNIMPLEMENTED.
#[tokio::test(start_paused = true)]
async fn unknown_paths_are_unimplemented() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let paths = [
        "/",
        "//wire.Wire/Unary",
        "/wire.Wire",
        "/wire.Wire/",
        "/wire.Wire/Unary/",
        "/a/b/c",
        "/wire.Wire/Unary?q",
        "/wire.Wire/Unary?",
        "/?q",
        "?q",
        "/wire.Wire%2fUnary",
        "/wire%2eWire/Unary",
        "/Wire.Wire/Unary",
        "/wire.Wire/unary",
        "/wire.Wire/Other",
        "/other.Service/Unary",
    ];
    for (path, stream) in paths.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, path, &[], &note("x")).await;
        assert!(answer.is_trailers_only(), "{path}");
        assert_eq!((answer.http_status(), answer.status()), (200, 12), "{path}");
    }
}

/// S7: a path that HTTP/2 itself does not allow resets the stream alone.
#[tokio::test(start_paused = true)]
async fn malformed_paths_reset_the_stream() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let paths = ["", "wire.Wire/Unary", "http://localhost/wire.Wire/Unary", "/wire.Wire/Un ary"];
    for (path, stream) in paths.into_iter().zip((1..).step_by(2)) {
        peer.request(stream, path, &[]).await;
        assert_eq!(peer.reset_of(stream).await, error::PROTOCOL_ERROR, "{path}");
    }
    peer.assert_alive().await;
}

/// S7: a path that is no text ends its connection.
#[tokio::test(start_paused = true)]
async fn a_path_that_is_no_text_ends_its_connection() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let fields: [(&str, &[u8]); 4] =
        [(":method", b"POST"), (":scheme", b"http"), (":path", b"/wire.Wire/\xff"), ("te", b"trailers")];
    peer.headers(1, &fields, END).await;
    assert_eq!(peer.goaway().await.code, error::PROTOCOL_ERROR);
    assert_eq!(server.peer().await.call(1, UNARY, &[], &note("")).await.status(), 0);
}

/// S7: a fragment is cut off before anyone sees it.
#[tokio::test(start_paused = true)]
async fn a_fragment_is_cut_off() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    assert_eq!(peer.call(1, "/wire.Wire/Unary#other", &[], &note("")).await.status(), 0);
}

/// S8, R4: an unknown method is refused before the body comes, and the stream reset with NO_ERROR.
#[tokio::test(start_paused = true)]
async fn an_unknown_method_does_not_wait_for_the_body() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, "/wire.Wire/Other", &[]).await;
    let answer = peer.answer(1).await;
    assert!(answer.is_trailers_only());
    assert_eq!(answer.status(), 12);
    assert_eq!(peer.reset_of(1).await, error::NO_ERROR);
}

/// S9: the authority may come as `:authority`, as `host`, as both, or not at all; it is no metadata.
#[tokio::test(start_paused = true)]
async fn the_authority_may_be_missing_or_a_host() {
    let names = Script::echo().unary(|request| {
        let names: Vec<_> = request.metadata().iter().map(|(name, _)| name.to_owned()).collect();
        Box::pin(async move { Ok(noted(format!("{names:?}")).into()) })
    });
    let server = names.serve();
    let mut peer = server.peer().await;
    let cases: [&[(&str, &str)]; 4] =
        [&[(":authority", "a")], &[("host", "a")], &[(":authority", "a"), ("host", "a")], &[]];
    for (authority, stream) in cases.into_iter().zip((1..).step_by(2)) {
        let mut fields = request(UNARY, &[]);
        fields.retain(|field| field.0 != ":authority");
        for (name, value) in authority {
            let place = if name.starts_with(':') { 0 } else { fields.len() };
            fields.insert(place, ((*name).to_owned(), (*value).to_owned()));
        }
        peer.headers(stream, &fields, MORE).await;
        peer.data(stream, note("x"), END).await;
        let answer = peer.answer(stream).await;
        assert_eq!((answer.status(), answer.notes()), (0, vec!["[]".into()]), "{authority:?}");
    }
}

/// S9: two authorities, or two hosts, are no request.
#[tokio::test(start_paused = true)]
async fn two_authorities_are_refused() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut fields = request(UNARY, &[]);
    fields.insert(0, (":authority".to_owned(), "other".to_owned()));
    peer.headers(1, &fields, MORE).await;
    assert_eq!(peer.reset_of(1).await, error::PROTOCOL_ERROR);
    let answer = peer.call(3, UNARY, &[("host", "a"), ("host", "b")], &note("x")).await;
    assert_eq!((answer.http_status(), answer.status()), (400, 13));
}

/// S10: headers of a connection have no place in HTTP/2.
#[tokio::test(start_paused = true)]
async fn connection_headers_reset_the_stream() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let names = ["connection", "transfer-encoding", "upgrade", "keep-alive", "proxy-connection"];
    for (name, stream) in names.into_iter().zip((1..).step_by(2)) {
        peer.request(stream, UNARY, &[(name, "close")]).await;
        assert_eq!(peer.reset_of(stream).await, error::PROTOCOL_ERROR, "{name}");
    }
    peer.assert_alive().await;
}

/// The service whose answer is the time left, in whole nanoseconds, or "none".
fn clock() -> Script {
    Script::echo().unary(|request| {
        Box::pin(async move {
            let left = request.deadline().map(|deadline| deadline - tokio::time::Instant::now());
            Ok(noted(left.map_or("none".to_owned(), |left| left.as_nanos().to_string())).into())
        })
    })
}

/// S11, S13: the deadline is what `grpc-timeout` says, and there is none without it.
#[tokio::test(start_paused = true)]
async fn the_timeout_is_honoured_in_every_unit() {
    let server = clock().serve();
    let mut peer = server.peer().await;
    let cases = [
        ("2H", 7_200_000_000_000_u128),
        ("3M", 180_000_000_000),
        ("4S", 4_000_000_000),
        ("00000004S", 4_000_000_000),
        ("5000m", 5_000_000_000),
        ("99999999u", 99_999_999_000),
        ("99999999n", 99_999_999),
    ];
    for ((text, nanos), stream) in cases.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, UNARY, &[("grpc-timeout", text)], &note("")).await;
        let left: u128 = std::str::from_utf8(&answer.notes()[0]).unwrap().parse().unwrap();
        // The clock may have stepped by a tick of its own, a millisecond, before the handler looked.
        assert!(left <= nanos && left + 2_000_000 >= nanos, "{text}: {left}");
    }
    let answer = peer.call(101, UNARY, &[], &note("")).await;
    assert_eq!(answer.notes(), ["none"]);
}

/// S11: the longest timeout does not overflow, and none at all is over at once.
#[tokio::test(start_paused = true)]
async fn extreme_timeouts_are_clamped_or_over() {
    let server = clock().serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, UNARY, &[("grpc-timeout", "99999999H")], &note("")).await;
    assert_eq!(answer.status(), 0);
    for (text, stream) in ["0S", "0n", "00000000H"].into_iter().zip((3..).step_by(2)) {
        let answer = peer.call(stream, UNARY, &[("grpc-timeout", text)], &note("")).await;
        assert_eq!(answer.status(), 4, "{text}");
    }
}

/// S12: a timeout that cannot be read is refused, never "no deadline".
#[tokio::test(start_paused = true)]
async fn malformed_timeouts_are_400() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let texts: [&[u8]; 12] =
        [b"", b"S", b"5", b"123456789S", b"5s", b"-1S", b"+1S", b"1.5S", b"1 S", b"5SS", b"\xb2S", b"5\xc2\xb5"];
    for (text, stream) in texts.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call_raw(stream, UNARY, &[("grpc-timeout", text)], &note("")).await;
        assert_eq!((answer.http_status(), answer.status()), (400, 13), "{text:?}");
    }
    let answer = peer.call(101, UNARY, &[("grpc-timeout", "1S"), ("grpc-timeout", "1S")], &note("")).await;
    assert_eq!((answer.http_status(), answer.status()), (400, 13), "two timeouts");
}

/// S22: an empty DATA frame may end the request.
#[tokio::test(start_paused = true)]
async fn an_empty_data_frame_ends_the_request() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, UNARY, &[]).await;
    peer.data(1, note("x"), MORE).await;
    peer.data(1, [], END).await;
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]));
}

/// S22: a request without a body has no messages.
#[tokio::test(start_paused = true)]
async fn a_request_without_a_body_has_no_messages() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.headers(1, &request(CLIENT_STREAM, &[]), END).await;
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["".into()]));
    peer.headers(3, &request(UNARY, &[]), END).await;
    assert_eq!(peer.answer(3).await.status(), 12);
}

/// S23: trailers of the client end its stream and mean nothing.
#[tokio::test(start_paused = true)]
async fn trailers_of_the_client_are_ignored() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (CLIENT_STREAM, 3)] {
        peer.request(stream, path, &[]).await;
        peer.data(stream, note("x"), MORE).await;
        peer.headers(stream, &[("x-trailer", "1"), ("grpc-status", "9")], END).await;
        let answer = peer.answer(stream).await;
        assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]), "{path}");
    }
}

/// S24: a wrong content-length resets the stream.
#[tokio::test(start_paused = true)]
async fn a_wrong_content_length_resets_the_stream() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let whole = note("x").len();
    assert_eq!(peer.call(1, UNARY, &[("content-length", &whole.to_string())], &note("x")).await.status(), 0);
    for (length, stream) in [(whole - 1, 3), (whole + 1, 5)] {
        peer.request(stream, UNARY, &[("content-length", &length.to_string())]).await;
        peer.data(stream, note("x"), END).await;
        assert_eq!(peer.reset_of(stream).await, error::PROTOCOL_ERROR, "{length}");
    }
    peer.assert_alive().await;
}

/// S22, M1: padding is no part of a message, and frames of unknown kinds mean nothing.
#[tokio::test(start_paused = true)]
async fn padding_and_unknown_frames_are_skipped() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, UNARY, &[]).await;
    peer.send(&Frame::new(0xfa, 0xff, 1, "anything")).await;
    peer.send(&Frame::priority(1, 0)).await;
    peer.send(&Frame::padded_data(1, &note("x")[..3], 200, 0)).await;
    peer.send(&Frame::padded_data(1, &note("x")[3..], 0, flag::END_STREAM)).await;
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]));
}

/// S23: long trailers, which no client of gRPC sends, end the connection: they would wait in memory for a reader.
#[tokio::test(start_paused = true)]
async fn long_trailers_of_the_client_end_the_connection() {
    let server = Script::echo().serve();
    for split in [false, true] {
        let mut peer = server.peer().await;
        peer.request(1, BIDI, &[]).await;
        peer.headers(1, &[("x", "y".repeat(900))], true).await;
        assert_eq!(peer.over(1).await.status(), 0);
        peer.request(3, BIDI, &[]).await;
        // One entry of HPACK's table, and then a byte for each field.
        let block = [&[0x40, 1, b'x', 1, b'y'][..], &[0xbe; 1100]].concat();
        if split {
            let (begin, end) = block.split_at(1000);
            peer.queue(&Frame::new(kind::HEADERS, flag::END_STREAM, 3, begin));
            peer.queue(&Frame::new(kind::CONTINUATION, flag::END_HEADERS, 3, end));
        } else {
            peer.queue(&Frame::new(kind::HEADERS, flag::END_STREAM | flag::END_HEADERS, 3, block));
        }
        peer.flush().await;
        assert_eq!(peer.goaway().await.code, error::ENHANCE_YOUR_CALM);
    }
}
