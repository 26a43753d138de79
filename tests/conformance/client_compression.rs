//! Compressed messages, as the client sends and takes them (M1, M6, M8, M9, M16, M17).

use crate::compression::{FORMATS, compressed, gzip, noise, notes, payload};
use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, Code, Encoding, Request, Response, Status};
use puregrpc_support::{END, MORE, RawPeer, RawServer, Stream, WireClient, error, note, noted, prefixed};

/// What came of a unary call that `answer` answers, and what was seen of it.
async fn call(
    set: impl FnOnce(Channel) -> Channel,
    request: impl Into<Request<BytesValue>>,
    answer: impl AsyncFnOnce(&mut RawPeer, u32),
) -> (Result<Response<BytesValue>, Status>, Stream) {
    let mut server = RawServer::new();
    let client: WireClient = server.client_with(set);
    tokio::join!(client.unary(request), async {
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        let seen = peer.over(stream).await;
        answer(&mut peer, stream).await;
        peer.settle().await;
        seen
    })
}

async fn reply(peer: &mut RawPeer, stream: u32) {
    peer.reply(stream, b"y").await;
}

const LONG: [u8; 5000] = [7; 5000];

/// M17: the client says what it accepts, and compresses nothing unless it was chosen.
#[tokio::test(start_paused = true)]
async fn requests_say_what_is_accepted() {
    let (result, seen) = call(|channel| channel, noted(LONG), reply).await;
    assert_eq!(result.unwrap().value, b"y");
    assert_eq!(seen.head().get("grpc-accept-encoding"), Some("identity,deflate,gzip"));
    assert_eq!((seen.head().get("grpc-encoding"), notes(&seen)), (None, vec![(false, LONG[..].into())]));
}

/// M17: a channel compresses by what was chosen for it, a call by its own choice.
#[tokio::test(start_paused = true)]
async fn channel_and_call_choose() {
    for (name, encoding, _) in FORMATS {
        let plain = || Request::new(noted(LONG));
        for (channel, request, named) in [
            (encoding, plain(), Some(name)),
            (Encoding::Identity, plain().with_compression(encoding), Some(name)),
            (encoding, plain().with_compression(Encoding::Identity), None),
            (Encoding::Gzip, plain().with_compression(encoding), Some(name)),
        ] {
            let (result, seen) = call(|own| own.send_compression(channel), request, reply).await;
            assert!(result.is_ok());
            assert_eq!(
                (seen.head().get("grpc-encoding"), notes(&seen)),
                (named, vec![(named.is_some(), LONG[..].into())])
            );
        }
    }
}

/// M17: small messages, and those that would not shrink, are sent as they are; the call names its encoding nevertheless.
#[tokio::test(start_paused = true)]
async fn what_is_not_worth_it_is_sent_as_it_is() {
    let gzip = |channel: Channel| channel.send_compression(Encoding::Gzip).compress_from(103);
    for (value, compresses) in [(&[7; 100][..], false), (&[7; 101], true), (b"0123456789abcdef", false)] {
        let (result, seen) = call(gzip, noted(value), reply).await;
        assert!(result.is_ok());
        assert_eq!(notes(&seen), [(compresses, value.to_vec().into())]);
        assert_eq!(seen.head().get("grpc-encoding"), Some("gzip"));
    }
}

/// M17, C13: a call that is made again is compressed again.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_made_again_is_compressed_again() {
    let mut server = RawServer::new();
    let client = server.client_with(|channel| channel.send_compression(Encoding::Gzip));
    let (result, ()) = tokio::join!(client.unary(noted(LONG)), async {
        let mut peer = server.accept().await;
        for refused in [true, false] {
            let stream = peer.accept().await;
            let seen = peer.over(stream).await;
            assert_eq!(notes(&seen), [(true, LONG[..].into())]);
            if refused {
                peer.reset(stream, error::REFUSED_STREAM).await;
            } else {
                reply(&mut peer, stream).await;
            }
        }
        peer.settle().await;
    });
    assert_eq!(result.unwrap().value, b"y");
}

/// M17: of a stream each message is compressed by itself, and the one that is not to be is not.
#[tokio::test(start_paused = true)]
async fn each_message_of_a_stream_is_compressed_by_itself() {
    let mut server = RawServer::new();
    let client = server.client_with(|channel| channel.send_compression(Encoding::Deflate));
    let (result, seen) = tokio::join!(
        async {
            let mut call = client.client_stream(()).await?;
            call.send(&noted(LONG)).await?;
            call.send_uncompressed(&noted(LONG)).await?;
            call.send(&noted("x")).await?;
            call.send(&noted(LONG)).await?;
            call.finish().await
        },
        async {
            let mut peer = server.accept().await;
            let stream = peer.accept().await;
            let seen = peer.over(stream).await;
            reply(&mut peer, stream).await;
            peer.settle().await;
            seen
        }
    );
    assert_eq!(result.unwrap().value, b"y");
    assert_eq!(seen.head().get("grpc-encoding"), Some("deflate"));
    let flags: Vec<bool> = notes(&seen).into_iter().map(|(compressed, _)| compressed).collect();
    assert_eq!(flags, [true, false, false, true]);
}

/// M1, M17: a message that is many frames long when compressed is sent whole.
#[tokio::test(start_paused = true)]
async fn a_long_compressed_request_passes() {
    let value = noise(1_000_000, 4);
    let (result, seen) = call(|own| own.send_compression(Encoding::Gzip), noted(&value), reply).await;
    assert!(result.is_ok());
    assert!(seen.body.len() > 100_000 && seen.body.len() < 900_000);
    assert!(notes(&seen) == [(true, value.into())]);
}

/// M1, M17: compressed answers are taken, others among them.
#[tokio::test(start_paused = true)]
async fn compressed_answers_are_taken() {
    for (name, _, pack) in FORMATS {
        let mut server = RawServer::new();
        let client = server.client();
        let (unary, stream) = tokio::join!(
            async {
                let unary = client.unary(noted("x")).await?;
                assert!(unary.was_compressed());
                let mut receiver = client.server_stream(noted("x")).await?;
                let mut values = Vec::new();
                while let Some(note) = receiver.recv().await? {
                    values.push((note.value.len(), receiver.was_compressed()));
                }
                Ok::<_, Status>((unary.into_inner().value, values))
            },
            async {
                let mut peer = server.accept().await;
                let bodies = [
                    compressed(pack, &LONG),
                    [compressed(pack, &LONG), note("y"), compressed(pack, b"")].concat().into(),
                ];
                for body in bodies {
                    let stream = peer.accept().await;
                    peer.over(stream).await;
                    peer.respond(stream, &[("grpc-encoding", name)]).await;
                    peer.data(stream, &body[..7], MORE).await;
                    peer.data(stream, &body[7..], MORE).await;
                    peer.trailers(stream, "0", &[]).await;
                }
                peer.settle().await;
            }
        );
        assert_eq!(
            (unary.unwrap(), stream),
            ((LONG.to_vec(), vec![(5000, true), (1, false), (0, true)]), ()),
            "{name}"
        );
    }
}

/// The error of a call that is answered by one message.
async fn refused(encoding: &str, body: &[u8]) -> Status {
    let answer = async |peer: &mut RawPeer, stream| {
        peer.respond(stream, &[("grpc-encoding", encoding)]).await;
        peer.data(stream, body, MORE).await;
        assert_eq!(peer.reset_of(stream).await, error::CANCEL);
        peer.assert_alive().await;
    };
    call(|channel| channel, noted("x"), answer).await.0.unwrap_err()
}

/// M8: corrupt, cut and superfluous bytes are INTERNAL, and the call is cancelled.
#[tokio::test(start_paused = true)]
async fn corrupt_answers_are_internal() {
    for (name, _, pack) in FORMATS {
        let whole = pack(&payload(&LONG));
        let mut turned = whole.clone();
        turned[whole.len() - 4] ^= 1;
        for bytes in [&whole[..whole.len() - 1], b"", &turned, &[&whole[..], b"x"].concat(), &whole.repeat(2)] {
            let status = refused(name, &prefixed(1, bytes)).await;
            assert_eq!(status.code(), Code::Internal, "{name} {bytes:?}");
        }
    }
}

/// M9: an answer that grows a thousandfold is RESOURCE_EXHAUSTED, and the call is cancelled.
#[tokio::test(start_paused = true)]
async fn a_bomb_is_refused() {
    for (name, _, pack) in FORMATS {
        let bomb = compressed(pack, &vec![0; 8 << 20]);
        assert!(bomb.len() < 10_000);
        let status = refused(name, &bomb).await;
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.message().contains("4194304"), "{status}");
    }
}

/// M6: a message in an unknown encoding is INTERNAL; one that is not compressed is read whatever the headers say.
#[tokio::test(start_paused = true)]
async fn an_unknown_encoding_matters_only_where_it_is_used() {
    let status = refused("snappy", &compressed(gzip, b"x")).await;
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("identity,deflate,gzip"), "{status}");
    let answer = async |peer: &mut RawPeer, stream| {
        peer.respond(stream, &[("grpc-encoding", "snappy")]).await;
        peer.data(stream, note("y"), MORE).await;
        peer.trailers(stream, "0", &[]).await;
    };
    assert_eq!(call(|channel| channel, noted("x"), answer).await.0.unwrap().value, b"y");
}

/// M16: the limit for sending counts what is to be compressed.
#[tokio::test(start_paused = true)]
async fn the_limit_for_sending_counts_plain_bytes() {
    let mut server = RawServer::new();
    let client = server.client_with(|channel| channel.max_send_message_size(4000).send_compression(Encoding::Gzip));
    assert_eq!(client.unary(noted(LONG)).await.unwrap_err().code(), Code::ResourceExhausted);
    let (result, ()) = tokio::join!(client.bidi(()), async {
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        peer.data(stream, b"", END).await;
    });
    let (mut sender, _receiver) = result.unwrap();
    assert_eq!(sender.send(&noted(LONG)).await.unwrap_err().code(), Code::ResourceExhausted);
}
