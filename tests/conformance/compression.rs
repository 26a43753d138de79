//! Compressed messages, as the server takes and sends them (M1, M4, M5, M7 to M9, M16, M17).

use bytes::Bytes;
use flate2::write::{GzEncoder, ZlibEncoder};
use puregrpc::protobuf::Message;
use puregrpc::{Encoding, Response, Server};
use puregrpc_support::{
    BIDI, CLIENT_STREAM, END, MORE, RawPeer, Running, SERVER_STREAM, Script, Stream, UNARY, flagged, message, note,
    note_value, noted, prefixed,
};
use std::io::{Read, Write};

/// The bytes in gzip's format, as another program makes them.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The bytes in zlib's format.
pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// How bytes are compressed.
pub(crate) type Pack = fn(&[u8]) -> Vec<u8>;

/// What the encodings of gRPC mean.
pub(crate) const FORMATS: [(&str, Encoding, Pack); 2] =
    [("gzip", Encoding::Gzip, gzip), ("deflate", Encoding::Deflate, zlib)];

/// An encoded note.
pub(crate) fn payload(value: &[u8]) -> Vec<u8> {
    noted(value).write_to_bytes().unwrap()
}

/// A message that bears a compressed note.
pub(crate) fn compressed(pack: Pack, value: &[u8]) -> Bytes {
    prefixed(1, pack(&payload(value)))
}

/// Bytes without any order, of which so many bits are used.
pub(crate) fn noise(len: usize, bits: u32) -> Vec<u8> {
    let mut state = 7_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> (64 - bits)) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// The values of the notes of a body and whether each was compressed, in the encoding that its headers name.
pub(crate) fn notes(stream: &Stream) -> Vec<(bool, Bytes)> {
    let name = stream.head().get("grpc-encoding").unwrap_or_default();
    let unpack = |(flag, bytes): (u8, Bytes)| {
        let mut plain = Vec::new();
        match (flag, name) {
            (0, _) => plain.extend_from_slice(&bytes),
            (1, "gzip") => drop(flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap()),
            (1, "deflate") => drop(flate2::read::ZlibDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap()),
            _ => panic!("flag {flag} with encoding {name:?}"),
        }
        (flag == 1, note_value(plain.into()))
    };
    flagged(&stream.body).into_iter().map(unpack).collect()
}

/// A server whose answers are compressed.
fn compressing(script: Script) -> Running {
    Running::start(Server::new().send_compression(Encoding::Gzip).add(script))
}

const LONG: [u8; 5000] = [7; 5000];
const ACCEPT: [(&str, &str); 1] = [("grpc-accept-encoding", "identity,deflate,gzip")];

/// M1, M17: compressed requests are taken, others among them, and what is accepted is told.
#[tokio::test(start_paused = true)]
async fn compressed_requests_are_taken() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for (name, _, pack) in FORMATS {
        let encoding = [("grpc-encoding", name)];
        for path in [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI] {
            let answer = peer.call(stream.next().unwrap(), path, &encoding, &compressed(pack, &LONG)).await;
            assert_eq!((answer.status(), &answer.notes()[0][..]), (0, &LONG[..]), "{name} {path}");
            assert_eq!(answer.head().get("grpc-accept-encoding"), Some("identity,deflate,gzip"));
            assert_eq!(answer.head().get("grpc-encoding"), None);
        }
        let body = [compressed(pack, b""), note("as it is"), compressed(pack, b"x"), compressed(pack, b"x")].concat();
        for split in 0..body.len() {
            let number = stream.next().unwrap();
            peer.request(number, BIDI, &encoding).await;
            peer.data(number, &body[..split.max(1)], MORE).await;
            peer.data(number, &body[split.max(1)..], END).await;
            assert_eq!(peer.answer(number).await.notes(), ["", "as it is", "x", "x"], "{name} split at {split}");
        }
    }
}

/// M17: a handler is told which messages came compressed.
#[tokio::test(start_paused = true)]
async fn handlers_know_what_came_compressed() {
    let script = Script::echo().unary(|request| {
        let told = noted([u8::from(request.was_compressed())]);
        Box::pin(async move { Ok(told.into()) })
    });
    let script = script.bidi(|requests, replies| {
        Box::pin(async move {
            while requests.recv().await?.is_some() {
                replies.send(&noted([u8::from(requests.was_compressed())])).await?;
            }
            Ok(())
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let gzipped = [("grpc-encoding", "gzip")];
    let messages = [note("x"), compressed(gzip, b"x"), note("x")];
    for (message, stream, told) in [(&messages[0], 1, [0]), (&messages[1], 3, [1])] {
        assert_eq!(peer.call(stream, UNARY, &gzipped, message).await.notes(), [&told[..]]);
    }
    assert_eq!(peer.call(5, BIDI, &gzipped, &messages.concat()).await.notes(), [&[0][..], &[1], &[0]]);
}

/// M5, M7: an unknown encoding is refused with the list of those that are known.
#[tokio::test(start_paused = true)]
async fn an_unknown_encoding_is_told_the_known_ones() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for (stream, name) in (1..).step_by(2).zip(["snappy", "GZIP", "gzip,deflate", "zstd", ""]) {
        let answer = peer.call(stream, UNARY, &[("grpc-encoding", name)], &note("x")).await;
        assert_eq!((answer.status(), answer.is_trailers_only()), (12, true), "{name}");
        assert_eq!(answer.head().get("grpc-accept-encoding"), Some("identity,deflate,gzip"), "{name}");
    }
}

/// M4: a flag of 1 means nothing where `identity` is announced, though encodings are known.
#[tokio::test(start_paused = true)]
async fn a_flag_without_an_encoding_is_internal() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for (stream, extra) in [(1, &[][..]), (3, &[("grpc-encoding", "identity")])] {
        let answer = peer.call(stream, UNARY, extra, &compressed(gzip, b"x")).await;
        assert_eq!(answer.status(), 13);
        assert!(answer.grpc_message().contains("flag 1"), "{}", answer.grpc_message());
    }
}

/// M8: corrupt, cut, wrongly summed and superfluous bytes are INTERNAL, also a second stream behind the first.
#[tokio::test(start_paused = true)]
async fn corrupt_bytes_are_internal() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for (name, _, pack) in FORMATS {
        let whole = pack(&payload(&LONG));
        let turned = |place: usize| {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            bytes
        };
        let end = whole.len();
        let cases = [&whole[..end - 1], &whole[..10], b"", b"plain", &turned(0), &turned(end - 1), &turned(end - 4)];
        let longer = [[&whole[..], b"x"].concat(), [&whole[..], &whole[..]].concat()];
        for bytes in cases.into_iter().chain(longer.iter().map(|bytes| &bytes[..])) {
            for path in [UNARY, BIDI] {
                let stream = stream.next().unwrap();
                let answer = peer.call(stream, path, &[("grpc-encoding", name)], &prefixed(1, bytes)).await;
                assert_eq!(answer.status(), 13, "{name} {path} {bytes:?}");
            }
        }
    }
    peer.assert_alive().await;
}

/// M9, R8: a message that grows a thousandfold is RESOURCE_EXHAUSTED once it is beyond the limit.
#[tokio::test(start_paused = true)]
async fn a_bomb_is_refused() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for (name, _, pack) in FORMATS {
        let bomb = compressed(pack, &vec![0; 8 << 20]);
        assert!(bomb.len() < 10_000);
        for path in [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI] {
            let answer = peer.call(stream.next().unwrap(), path, &[("grpc-encoding", name)], &bomb).await;
            assert_eq!(answer.status(), 8, "{name} {path}");
            assert!(answer.grpc_message().contains("4194304"), "{}", answer.grpc_message());
        }
    }
    peer.assert_alive().await;
}

/// M9: a message that is as long as the limit when it is decompressed passes.
#[tokio::test(start_paused = true)]
async fn the_limit_counts_plain_bytes() {
    let server = Running::start(Server::new().max_recv_message_size(1003).add(Script::echo()));
    let mut peer = server.peer().await;
    for (stream, len, status) in [(1, 1000, 0), (3, 1001, 8)] {
        let body = compressed(gzip, &vec![0; len]);
        assert_eq!(peer.call(stream, UNARY, &[("grpc-encoding", "gzip")], &body).await.status(), status, "{len}");
    }
}

/// M17: nothing is compressed unless it was chosen.
#[tokio::test(start_paused = true)]
async fn nothing_is_compressed_unasked() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (SERVER_STREAM, 3), (CLIENT_STREAM, 5), (BIDI, 7)] {
        let answer = peer.call(stream, path, &ACCEPT, &note(LONG)).await;
        assert_eq!((answer.status(), &answer.notes()[0][..]), (0, &LONG[..]));
        assert_eq!(answer.head().names(), [":status", "content-type"]);
    }
}

/// M17: answers are compressed only by what the client has said that it accepts.
#[tokio::test(start_paused = true)]
async fn only_what_the_client_accepts_is_sent() {
    let server = compressing(Script::echo());
    let mut peer = server.peer().await;
    let mut stream = (1..).step_by(2);
    for (accepted, compresses) in [
        (&["gzip"][..], true),
        (&["identity,deflate,gzip"], true),
        (&["identity, deflate, gzip"], true),
        (&["deflate", "gzip"], true),
        (&[], false),
        (&["identity"], false),
        (&["deflate,zstd"], false),
    ] {
        let extra: Vec<_> = accepted.iter().map(|list| ("grpc-accept-encoding", *list)).collect();
        for path in [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI] {
            let answer = peer.call(stream.next().unwrap(), path, &extra, &note(LONG)).await;
            assert_eq!(answer.status(), 0);
            assert!(notes(&answer).iter().all(|note| note == &(compresses, LONG[..].into())), "{accepted:?} {path}");
            assert_eq!(answer.head().get("grpc-encoding"), compresses.then_some("gzip"), "{accepted:?} {path}");
        }
    }
}

/// M17: each message of a stream is a stream of gzip's own.
#[tokio::test(start_paused = true)]
async fn each_message_is_compressed_by_itself() {
    for (name, encoding, pack) in FORMATS {
        let server = Running::start(Server::new().send_compression(encoding).add(Script::echo()));
        let mut peer = server.peer().await;
        let extra = [&ACCEPT[..], &[("grpc-encoding", name)]].concat();
        let body = [compressed(pack, &LONG), compressed(pack, &LONG), compressed(pack, b"x")].concat();
        let answer = peer.call(1, BIDI, &extra, &body).await;
        let messages = flagged(&answer.body);
        assert_eq!((answer.status(), messages.len()), (0, 3));
        assert_eq!(messages[0], messages[1]);
        let expected = [(true, LONG[..].into()), (true, LONG[..].into()), (false, "x".into())];
        assert_eq!(notes(&answer), expected);
    }
}

/// M17: small messages, and those that would not shrink, are sent as they are; the answer names its encoding nevertheless.
#[tokio::test(start_paused = true)]
async fn what_is_not_worth_it_is_sent_as_it_is() {
    let server = Running::start(Server::new().send_compression(Encoding::Gzip).compress_from(103).add(Script::echo()));
    let mut peer = server.peer().await;
    let noise = noise(70_000, 8);
    let cases = [(&[7; 100][..], false), (&[7; 101], true), (&b"0123456789abcdef"[..], false), (&noise, false)];
    for ((value, compresses), stream) in cases.into_iter().zip((1..).step_by(4)) {
        for (path, stream) in [(UNARY, stream), (BIDI, stream + 2)] {
            peer.request(stream, path, &ACCEPT).await;
            peer.send_data(stream, &note(value), END).await;
            let answer = peer.answer(stream).await;
            assert_eq!((answer.status(), notes(&answer)), (0, vec![(compresses, Bytes::copy_from_slice(value))]));
            assert_eq!(answer.head().get("grpc-encoding"), Some("gzip"), "{} bytes, {path}", value.len());
        }
    }
}

/// M17: a handler chooses for its answer, within what the client accepts.
#[tokio::test(start_paused = true)]
async fn a_handler_chooses_for_its_answer() {
    let script = Script::echo().unary(|request| {
        let chosen = match request.metadata().get("x-choice") {
            Some("deflate") => Encoding::Deflate,
            _ => Encoding::Identity,
        };
        Box::pin(async move { Ok(Response::new(request.into_inner()).with_compression(chosen)) })
    });
    let server = compressing(script);
    let mut peer = server.peer().await;
    let deflate = ("x-choice", "deflate");
    let cases = [
        (&[ACCEPT[0], deflate][..], Some("deflate")),
        (&[("grpc-accept-encoding", "gzip"), deflate], None),
        (&ACCEPT, None),
    ];
    for ((extra, named), stream) in cases.into_iter().zip((1..).step_by(2)) {
        let answer = peer.call(stream, UNARY, extra, &note(LONG)).await;
        assert_eq!((answer.status(), answer.head().get("grpc-encoding")), (0, named));
        assert_eq!(notes(&answer), [(named.is_some(), LONG[..].into())]);
    }
}

/// M17, R10: the handler of a stream chooses before its first message, and for each message whether it is compressed.
#[tokio::test(start_paused = true)]
async fn a_handler_chooses_for_its_stream() {
    let script = Script::echo().server_stream(|request, replies| {
        Box::pin(async move {
            replies.set_compression(Encoding::Deflate)?;
            replies.send(&request).await?;
            assert!(replies.set_compression(Encoding::Gzip).is_err());
            replies.send_uncompressed(&request).await?;
            replies.send(&request).await
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, SERVER_STREAM, &ACCEPT, &note(LONG)).await;
    assert_eq!((answer.status(), answer.head().get("grpc-encoding")), (0, Some("deflate")));
    let seen: Vec<bool> = notes(&answer).into_iter().map(|(compressed, _)| compressed).collect();
    assert_eq!(seen, [true, false, true]);
    let answer = peer.call(3, SERVER_STREAM, &[("grpc-accept-encoding", "gzip")], &note(LONG)).await;
    assert_eq!((answer.status(), answer.head().get("grpc-encoding"), answer.notes().len()), (0, None, 3));
}

/// M1, M17: messages that are many frames long when compressed go at the client's pace.
#[tokio::test(start_paused = true)]
async fn long_compressed_answers_pass() {
    let value = noise(1_000_000, 4);
    let server = compressing(Script::echo());
    let mut peer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (SERVER_STREAM, 3)] {
        peer.request(stream, path, &ACCEPT).await;
        peer.send_data(stream, &note(&value), END).await;
        let answer = peer.answer(stream).await;
        let notes = notes(&answer);
        assert_eq!(answer.status(), 0);
        assert!(notes.iter().all(|(compressed, note)| *compressed && note == &value), "{path}");
        assert!(answer.body.len() > 100_000 * notes.len() && answer.body.len() < 900_000 * notes.len());
    }
}

/// M16: the limit for sending counts what is to be compressed.
#[tokio::test(start_paused = true)]
async fn the_limit_for_sending_counts_plain_bytes() {
    let server = Server::new().max_send_message_size(4000).send_compression(Encoding::Gzip);
    let server = Running::start(server.add(Script::echo()));
    let mut peer: RawPeer = server.peer().await;
    for (path, stream) in [(UNARY, 1), (BIDI, 3)] {
        let answer = peer.call(stream, path, &ACCEPT, &note(LONG)).await;
        assert_eq!((answer.status(), answer.body.len()), (8, 0), "{path}");
    }
    assert_eq!(peer.call(5, UNARY, &ACCEPT, &message("")).await.status(), 0);
}
