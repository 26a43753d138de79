//! What becomes of a request's metadata (S15 to S21).

use puregrpc::{Metadata, Response, Server, Status};
use puregrpc_support::{RawPeer, Running, Script, Stream, UNARY, error, note, noted, request};

/// The service that gives the request's metadata back as it is, and the names that it holds as its answer.
fn mirror() -> Script {
    Script::echo().unary(|request| {
        Box::pin(async move {
            let names: Vec<&str> = request.metadata().iter().map(|(name, _)| name).collect();
            let mut response = Response::new(noted(names.join(",")));
            *response.metadata_mut() = request.metadata().clone();
            Ok(response)
        })
    })
}

/// S15: binary metadata is taken with and without padding and given without.
#[tokio::test(start_paused = true)]
async fn binary_metadata_is_taken_padded_or_not() {
    let cases = [("qw==", "qw"), ("qw", "qw"), ("q6s=", "q6s"), ("q6ur", "q6ur"), ("", "")];
    let script = Script::echo().unary(|request| {
        Box::pin(async move {
            let mut response = Response::new(noted(""));
            response.metadata_mut().append("x-bin", request.metadata().bin("x-bin").unwrap()).unwrap();
            Ok(response)
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    for ((sent, given), stream) in cases.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, UNARY, &[("x-bin", sent)], &note("")).await;
        assert_eq!((answer.status(), answer.head().get("x-bin")), (0, Some(given)), "{sent}");
    }
}

/// S15: a list of binary values is parted before it is decoded.
#[tokio::test(start_paused = true)]
async fn a_list_of_binary_values_is_parted_first() {
    let script = Script::echo().unary(|request| {
        Box::pin(async move {
            let values: Vec<_> = request.metadata().all_bin("x-bin").collect();
            Ok(noted(format!("{values:?}")).into())
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, UNARY, &[("x-bin", "YQ==,Yg"), ("x-bin", "Yw")], &note("")).await;
    assert_eq!(answer.notes(), [r#"[b"a", b"b", b"c"]"#]);
}

/// S16: what is not base64 never reaches the handler.
#[tokio::test(start_paused = true)]
async fn malformed_binary_metadata_is_400() {
    let server = mirror().serve();
    let mut peer = server.peer().await;
    let values: [&[u8]; 5] = [b"!", b"a", b"YQ=x", b"\xff\xff", b"YQ,!"];
    for (value, stream) in values.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call_raw(stream, UNARY, &[("x-bin", value)], &note("")).await;
        assert_eq!((answer.http_status(), answer.status()), (400, 13), "{value:?}");
    }
}

/// S17: bytes that HTTP allows and gRPC does not are passed on, both ways.
#[tokio::test(start_paused = true)]
async fn odd_bytes_in_metadata_are_passed_on() {
    let server = mirror().serve();
    let mut peer = server.peer().await;
    for (value, stream) in [b"caf\xe9".as_slice(), b"a\tb", b"\x80\xff"].into_iter().zip((1..).step_by(2)) {
        let answer = peer.call_raw(stream, UNARY, &[("x-text", value)], &note("")).await;
        assert_eq!((answer.status(), answer.head().raw("x-text")), (0, Some(value)));
    }
}

/// S18: spaces round a value are no error.
#[tokio::test(start_paused = true)]
async fn spaces_round_a_value_are_no_error() {
    let server = mirror().serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, UNARY, &[("x-text", "  a b ")], &note("")).await;
    assert_eq!(answer.status(), 0);
    assert_eq!(answer.head().get("x-text").map(str::trim), Some("a b"));
}

/// S19: what gRPC and HTTP keep for themselves is not shown to the handler.
#[tokio::test(start_paused = true)]
async fn reserved_headers_are_not_shown() {
    let server = mirror().serve();
    let mut peer = server.peer().await;
    let extra = [("grpc-trace-bin", "MQ"), ("grpc-accept-encoding", "identity"), ("x-own", "2"), ("user-agent", "me")];
    let answer = peer.call(1, UNARY, &extra, &note("")).await;
    let shown = String::from_utf8(answer.notes()[0].to_vec()).unwrap();
    let names: Vec<&str> = shown.split(',').collect();
    assert!(names.contains(&"x-own") && names.contains(&"grpc-trace-bin"), "{shown}");
    let reserved = ["grpc-accept-encoding", "te", "content-type"];
    assert!(!names.iter().any(|name| reserved.contains(name)), "{shown}");
}

/// S19, R10: a handler cannot set what gRPC and HTTP keep for themselves.
#[tokio::test(start_paused = true)]
async fn reserved_names_are_refused() {
    let mut metadata = Metadata::new();
    for name in ["grpc-status", "grpc-timeout", "te", "content-type", ":path", "bad name", "", "Grpc-Status"] {
        assert!(metadata.insert(name, "1").is_err(), "{name}");
        assert!(metadata.append(name, "1").is_err(), "{name}");
    }
    for value in ["a\nb", "a\0b", "a\rb"] {
        assert!(metadata.insert("x-own", value).is_err(), "{value:?}");
    }
    assert!(metadata.is_empty());
}

/// S19: metadata that is handed on whole takes no header of its own call along.
#[tokio::test(start_paused = true)]
async fn metadata_that_is_handed_on_is_clean() {
    let server = mirror().serve();
    let mut peer = server.peer().await;
    let length = note("").len().to_string();
    let encodings = [("grpc-encoding", "identity"), ("grpc-accept-encoding", "identity,gzip")];
    let extra = [&encodings[..], &[("grpc-timeout", "1S"), ("content-length", &length), ("x-own", "1")]].concat();
    let answer = peer.call(1, UNARY, &extra, &note("")).await;
    assert_eq!(answer.status(), 0);
    assert_eq!(answer.head().names(), [":status", "x-own", "content-type"]);
    let script = Script::echo().unary(|request| {
        Box::pin(async move {
            let mut status = Status::aborted("");
            *status.metadata_mut() = request.metadata().clone();
            Err(status)
        })
    });
    let server = script.serve();
    let answer = server.peer().await.call(1, UNARY, &extra, &note("")).await;
    assert_eq!(answer.head().names(), [":status", "x-own", "grpc-status", "content-type"]);
}

/// S20: values of one name keep their order.
#[tokio::test(start_paused = true)]
async fn values_of_one_name_keep_their_order() {
    let script = Script::echo().unary(|request| {
        let values: Vec<String> = request.metadata().all("x-text").map(str::to_owned).collect();
        Box::pin(async move { Ok(noted(values.join("|")).into()) })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let extra = [("x-text", "1"), ("x-other", "0"), ("x-text", "2"), ("x-text", "3")];
    let answer = peer.call(1, UNARY, &extra, &note("")).await;
    assert_eq!(answer.notes(), ["1|2|3"]);
}

/// S21: too large a header list is RESOURCE_EXHAUSTED, a far larger one 431.
#[tokio::test(start_paused = true)]
async fn too_large_a_header_list_is_refused() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, UNARY, &[("x-text", &"a".repeat(12 * 1024))], &note("")).await;
    assert_eq!(answer.status(), 0, "12 KiB");
    let answer = peer.call(3, UNARY, &[("x-text", &"a".repeat(20 * 1024))], &note("")).await;
    assert_eq!((answer.http_status(), answer.status()), (200, 8), "20 KiB");
    let answer = peer.call(5, UNARY, &[("x-text", &"a".repeat(300 * 1024))], &note("")).await;
    assert_eq!((answer.http_status(), answer.status()), (200, 8), "300 KiB");
    let answer = peer.call(7, UNARY, &[("x-text", &"a".repeat(330 * 1024))], &note("")).await;
    assert_eq!(answer.http_status(), 431, "330 KiB");
    peer.assert_alive().await;
}

/// A call whose header list has so many bytes, as HTTP/2 counts them: names, values, and 32 for each.
async fn call_of_size(peer: &mut RawPeer, stream: u32, size: usize) -> Stream {
    let fields = request(UNARY, &[("x-text", "")]);
    let others: usize = fields.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
    peer.call(stream, UNARY, &[("x-text", &"a".repeat(size - others))], &note("")).await
}

/// S21: the limit that was set counts to the byte, and the status tells it; from 320 KiB or three times as much on it is
/// 431.
#[tokio::test(start_paused = true)]
async fn the_limit_of_header_lists_can_be_set() {
    for limit in [1_000, 120_000] {
        let server = Running::start(Server::new().max_header_list_size(limit).add(Script::echo()));
        let (mut peer, limit) = (server.peer().await, limit as usize);
        assert_eq!(call_of_size(&mut peer, 1, limit).await.status(), 0, "{limit}");
        let known = (3 * limit).max(320 * 1024);
        for (stream, size) in [(3, limit + 1), (5, known - 1)] {
            let refused = call_of_size(&mut peer, stream, size).await;
            assert_eq!((refused.http_status(), refused.status()), (200, 8), "{size}");
            let told = format!("have {size} bytes, and this server takes up to {limit} bytes");
            assert!(refused.grpc_message().contains(&told), "{}", refused.grpc_message());
        }
        assert_eq!(call_of_size(&mut peer, 7, known + 1).await.http_status(), 431, "{limit}");
        peer.assert_alive().await;
    }
}

/// S21: a header list beyond all measure ends the connection.
#[tokio::test(start_paused = true)]
async fn an_endless_header_list_ends_the_connection() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, UNARY, &[("x-text", &"a".repeat(2_000 * 1024))]).await;
    assert_eq!(peer.goaway().await.code, error::ENHANCE_YOUR_CALM);
    let mut other = server.peer().await;
    assert_eq!(other.call(1, UNARY, &[], &note("")).await.status(), 0);
}
