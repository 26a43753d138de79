//! Messages in DATA frames, as the server reads and writes them (M1 to M5, M7, M10 to M14, M16).

use bytes::BytesMut;
use puregrpc::{Server, Status};
use puregrpc_support::{
    BIDI, CLIENT_STREAM, END, Frame, MORE, Running, SERVER_STREAM, Script, UNARY, error, flag, message, note, noted,
    prefixed,
};
use std::sync::{Arc, Mutex};

/// M1: two DATA frames may part a stream of messages anywhere.
#[tokio::test(start_paused = true)]
async fn messages_may_be_parted_anywhere() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let body = [note("one"), note(""), note([3; 300])].concat();
    for (split, stream) in (0..=body.len()).zip((1..).step_by(2)) {
        peer.request(stream, BIDI, &[]).await;
        for part in [&body[..split], &body[split..]] {
            if !part.is_empty() {
                peer.data(stream, part, MORE).await;
            }
        }
        peer.data(stream, [], END).await;
        let answer = peer.answer(stream).await;
        assert_eq!((answer.status(), answer.body), (0, BytesMut::from(&body[..])), "split at {split}");
    }
}

/// M1: each byte may come in a DATA frame of its own.
#[tokio::test(start_paused = true)]
async fn each_byte_may_be_a_frame() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let body = [note("one"), note(""), note([3; 300])].concat();
    peer.request(1, BIDI, &[]).await;
    for byte in body.chunks(1) {
        peer.data(1, byte, MORE).await;
    }
    peer.data(1, [], END).await;
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.body), (0, BytesMut::from(&body[..])));
}

/// M1: a thousand messages may come in one DATA frame.
#[tokio::test(start_paused = true)]
async fn a_frame_may_hold_a_thousand_messages() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let body: Vec<u8> = (0..1000).flat_map(|number: u32| note(number.to_be_bytes())).collect();
    assert!(body.len() <= 16_384);
    for (path, stream) in [(BIDI, 1), (CLIENT_STREAM, 3)] {
        let answer = peer.call(stream, path, &[], &body).await;
        let all: Vec<u8> = answer.notes().concat();
        assert_eq!((answer.status(), all), (0, (0..1000).flat_map(u32::to_be_bytes).collect()), "{path}");
    }
}

/// M2: a message of no bytes is a message.
#[tokio::test(start_paused = true)]
async fn an_empty_message_is_a_message() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, UNARY, &[], &message("")).await;
    assert_eq!((answer.status(), &answer.body[..]), (0, &[0; 5][..]));
    let answer = peer.call(3, BIDI, &[], &message("").repeat(4)).await;
    assert_eq!((answer.status(), answer.messages().len()), (0, 4));
}

/// M3, M4: a flag of 1 without an encoding, and any other flag, is INTERNAL and the text names it.
#[tokio::test(start_paused = true)]
async fn flags_without_an_encoding_are_internal() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for flag in 1..=255 {
        for path in [UNARY, BIDI] {
            let answer = peer.call(stream.next().unwrap(), path, &[], &prefixed(flag, "")).await;
            assert_eq!(answer.status(), 13, "{flag} {path}");
            assert!(answer.grpc_message().contains("flag"), "{}", answer.grpc_message());
        }
    }
    let identity = [("grpc-encoding", "identity")];
    let answer = peer.call(stream.next().unwrap(), UNARY, &identity, &prefixed(1, "")).await;
    assert_eq!(answer.status(), 13);
    peer.assert_alive().await;
}

/// M5, M7: an encoding that the server does not know is UNIMPLEMENTED at once, and it says which ones it knows.
#[tokio::test(start_paused = true)]
async fn unknown_encodings_are_unimplemented() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for (flag, stream) in [(1, 1), (0, 3)] {
        let answer = peer.call(stream, UNARY, &[("grpc-encoding", "snappy")], &prefixed(flag, "")).await;
        assert_eq!(answer.status(), 12, "{flag}");
        let accepted = answer.head().get("grpc-accept-encoding").expect("the answer lists the known encodings");
        assert!(accepted.split(',').any(|name| name.trim() == "identity"), "{accepted}");
        assert!(!accepted.contains("snappy"), "{accepted}");
    }
    let answer = peer.call(5, UNARY, &[("grpc-encoding", "identity")], &note("x")).await;
    assert_eq!(answer.status(), 0);
}

/// M10, R8: a message that says it is longer than the limit is refused by its first five bytes.
#[tokio::test(start_paused = true)]
async fn too_long_a_message_is_refused_unread() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for length in [4 * 1024 * 1024 + 1, u32::MAX] {
        for path in [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI] {
            let stream = stream.next().unwrap();
            peer.request(stream, path, &[]).await;
            peer.data(stream, [&[0][..], &length.to_be_bytes()].concat(), MORE).await;
            let answer = peer.answer(stream).await;
            assert_eq!(answer.status(), 8, "{length} {path}");
            assert_eq!(peer.reset_of(stream).await, error::NO_ERROR);
        }
    }
    peer.assert_alive().await;
}

/// M10: the limit is the server's, and a message of exactly that length passes.
#[tokio::test(start_paused = true)]
async fn a_message_as_long_as_the_limit_passes() {
    let server = Running::start(Server::new().max_recv_message_size(100).add(Script::echo()));
    let mut peer = server.peer().await;
    let exact = note([7; 98]);
    assert_eq!(exact.len(), 105);
    assert_eq!(peer.call(1, UNARY, &[], &exact).await.status(), 0);
    let answer = peer.call(3, UNARY, &[], &note([7; 99])).await;
    assert_eq!(answer.status(), 8);
    assert!(answer.grpc_message().contains("101") && answer.grpc_message().contains("100"));
}

/// M11: END_STREAM inside a prefix or a message is INTERNAL.
#[tokio::test(start_paused = true)]
async fn a_cut_message_is_internal() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    let whole = note("four");
    for path in [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI] {
        for cut in 1..whole.len() {
            let answer = peer.call(stream.next().unwrap(), path, &[], &whole[..cut]).await;
            assert_eq!(answer.status(), 13, "{path} cut at {cut}");
        }
    }
    for path in [CLIENT_STREAM, BIDI] {
        let body = [&whole[..], &whole[..7]].concat();
        assert_eq!(peer.call(stream.next().unwrap(), path, &[], &body).await.status(), 13, "{path}");
    }
}

/// M12: RST_STREAM inside a message is a cancellation, never a short message.
#[tokio::test(start_paused = true)]
async fn a_reset_inside_a_message_is_no_message() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let script = Script::echo().bidi(move |requests, _| {
        let log = log.clone();
        Box::pin(async move {
            loop {
                let got = requests.recv().await.map(|note| note.map(|note| note.value));
                log.lock().unwrap().push(format!("{:?}", got.as_ref().map_err(Status::code)));
                if !matches!(got, Ok(Some(_))) {
                    return Ok(());
                }
            }
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    peer.request(1, BIDI, &[]).await;
    peer.data(1, [&note("one")[..], &note("two")[..8]].concat(), MORE).await;
    peer.settle().await;
    peer.reset(1, error::CANCEL).await;
    peer.assert_alive().await;
    let seen = seen.lock().unwrap().join(" ");
    // The handler was dropped, or told so before.
    assert!(["Ok(Some([111, 110, 101]))", "Ok(Some([111, 110, 101])) Err(Cancelled)"].contains(&&*seen), "{seen}");
}

/// M12: a unary request that is reset, or lost, half-way starts no handler.
#[tokio::test(start_paused = true)]
async fn half_a_unary_request_starts_no_handler() {
    let script = Script::echo().unary(|_| panic!("the handler runs"));
    let server = script.serve();
    let mut peer = server.peer().await;
    for (bytes, stream) in [(&note("four")[..7], 1), (&note("four")[..], 3)] {
        peer.request(stream, UNARY, &[]).await;
        peer.data(stream, bytes, MORE).await;
        peer.settle().await;
        peer.reset(stream, error::CANCEL).await;
        peer.settle().await;
        assert!(peer.stream(stream).blocks.is_empty());
    }
    peer.assert_alive().await;
}

/// M13: what is no message of the protocol is INTERNAL, and the server lives on.
#[tokio::test(start_paused = true)]
async fn malformed_messages_are_internal() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    let groups = vec![0x0b; 100_000];
    let malformed: [(&str, &[u8]); 6] = [
        ("truncated varint", b"\x0a\xff"),
        ("truncated value", b"\x0a\x05ab"),
        ("field 0", b"\x02\x00"),
        ("endless varint", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        ("wire type 7", b"\x0f"),
        ("nested groups", &groups),
    ];
    for (name, payload) in malformed {
        for path in [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI] {
            let stream = stream.next().unwrap();
            peer.request(stream, path, &[]).await;
            peer.send_data(stream, &message(payload), END).await;
            assert_eq!(peer.answer(stream).await.status(), 13, "{name} {path}");
        }
    }
    peer.assert_alive().await;
}

/// M14: a unary request is one message, neither none nor two.
#[tokio::test(start_paused = true)]
async fn a_unary_request_is_one_message() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for path in [UNARY, SERVER_STREAM] {
        for body in [&[][..], &note("x").repeat(2), &note("x").repeat(3)] {
            let answer = peer.call(stream.next().unwrap(), path, &[], body).await;
            assert_eq!(answer.status(), 12, "{path} {body:?}");
        }
    }
}

/// M16: a message beyond the limit for sending is RESOURCE_EXHAUSTED, and nothing of it is sent.
#[tokio::test(start_paused = true)]
async fn too_long_an_answer_is_not_sent() {
    let server = Running::start(Server::new().max_send_message_size(100).add(Script::echo()));
    let mut peer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (SERVER_STREAM, 3), (CLIENT_STREAM, 5), (BIDI, 7)] {
        let answer = peer.call(stream, path, &[], &note([7; 99])).await;
        assert_eq!((answer.status(), answer.body.len()), (8, 0), "{path}");
    }
    let answer = peer.call(9, BIDI, &[], &[note("x"), note([7; 99])].concat()).await;
    assert_eq!((answer.status(), answer.notes()), (8, vec!["x".into()]));
}

/// M1: a message of many frames passes both ways within the windows.
#[tokio::test(start_paused = true)]
async fn a_long_message_passes() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let value: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    for (path, stream) in [(UNARY, 1), (BIDI, 3)] {
        peer.request(stream, path, &[]).await;
        peer.send_data(stream, &note(&value), END).await;
        let answer = peer.answer(stream).await;
        assert_eq!(answer.status(), 0, "{path}");
        assert!(answer.notes() == [&value[..]], "{path}");
    }
}

/// M1: small answers share DATA frames, and a frame that is not full ends with a message.
#[tokio::test(start_paused = true)]
async fn small_answers_share_frames() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            for number in 0..5_000_u32 {
                replies.send(&noted(number.to_be_bytes())).await?;
            }
            Ok(())
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, SERVER_STREAM, &[], &note("")).await;
    let all: Vec<u8> = answer.notes().concat();
    assert_eq!((answer.status(), all), (0, (0..5_000).flat_map(u32::to_be_bytes).collect()));
    assert!(answer.frames.len() < 10, "{} frames", answer.frames.len());
    assert!(answer.frames.iter().all(|length| length % note(0_u32.to_be_bytes()).len() == 0), "{:?}", answer.frames);
}

/// M11: DATA after END_STREAM is no part of the call.
#[tokio::test(start_paused = true)]
async fn data_after_the_end_is_an_error() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, BIDI, &[]).await;
    peer.queue(&Frame::data(1, note("x"), flag::END_STREAM));
    peer.queue(&Frame::data(1, note("y"), flag::END_STREAM));
    peer.flush().await;
    peer.until("the peer's complaint", |peer| {
        peer.log().iter().any(|line| line.starts_with("GOAWAY") || line.contains("RST_STREAM 1 code 5"))
    })
    .await;
    assert_eq!(server.peer().await.call(1, UNARY, &[], &note("x")).await.status(), 0);
}
