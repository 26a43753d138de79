//! Compressed calls, from one end to the other.

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, Encoding, Request, Response, Server, Status, blocking};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::service::{CHAT, COLLECT, EXPAND, Running, UNARY, all, bytes, serve};

const BOTH: [Encoding; 2] = [Encoding::Gzip, Encoding::Deflate];

/// A server and a channel that compress.
fn compressing(encoding: Encoding) -> (Channel, Running) {
    let running = serve(Server::new().send_compression(encoding));
    (Channel::in_process(running.connector.clone()).send_compression(encoding), running)
}

/// A text of this length, which differs from every other.
fn text(number: usize, len: usize) -> Vec<u8> {
    format!("{number}, ").into_bytes().into_iter().cycle().take(len).collect()
}

/// M17: calls of all kinds are compressed both ways.
#[tokio::test]
async fn all_kinds_of_calls_are_compressed() {
    for encoding in BOTH {
        let (channel, _running) = compressing(encoding);
        let answer: Response<BytesValue> = channel.unary(UNARY, bytes(text(1, 5000)).into()).await.unwrap();
        assert!(answer.was_compressed() && answer.value == text(1, 5000));
        let mut call = channel.client_streaming::<_, BytesValue>(COLLECT, ().into()).await.unwrap();
        for number in 0..50 {
            call.send(&bytes(text(number, 70_000))).await.unwrap();
        }
        let answer = call.finish().await.unwrap();
        assert_eq!((answer.was_compressed(), answer.value.len()), (true, 3_500_000));
        let (mut sender, mut receiver) = channel.bidi_streaming::<_, BytesValue>(CHAT, ().into()).await.unwrap();
        sender.send(&bytes(text(1, 5000))).await.unwrap();
        sender.send(&bytes("short")).await.unwrap();
        sender.close();
        assert_eq!(all(&mut receiver).await.unwrap(), [text(1, 5000), b"short".to_vec()]);
        let mut receiver = channel.server_streaming::<_, BytesValue>(EXPAND, bytes("abc").into()).await.unwrap();
        assert_eq!(all(&mut receiver).await.unwrap().len(), 3);
        assert!(!receiver.was_compressed());
    }
}

/// M17: calls that run on several threads at once do not disturb each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn compressed_calls_run_on_all_threads() {
    let channels = BOTH.map(compressing);
    let mut calls = JoinSet::new();
    for number in 0..200 {
        let channel = channels[number % 2].0.clone();
        calls.spawn(async move {
            let (mut sender, mut receiver) = channel.bidi_streaming::<_, BytesValue>(CHAT, ().into()).await?;
            for len in [3000, 40_000, 2000] {
                sender.send(&bytes(text(number, len))).await?;
                let answer = receiver.recv().await?.ok_or_else(|| Status::internal("the stream has ended"))?;
                assert!(receiver.was_compressed() && answer.value == text(number, len));
            }
            Ok::<_, Status>(())
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
}

/// M17: blocking calls are compressed as they are told to.
#[test]
fn blocking_calls_are_compressed() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = runtime.enter();
    let (channel, _running) = compressing(Encoding::Gzip);
    drop(entered);
    let channel = blocking::Channel::new(channel).unwrap();
    let request = Request::new(bytes(text(1, 5000))).with_compression(Encoding::Deflate);
    let answer: Response<BytesValue> = channel.unary(UNARY, request).unwrap();
    assert!(answer.was_compressed() && answer.value == text(1, 5000));
    let (mut sender, mut receiver) = channel.bidi_streaming::<_, BytesValue>(CHAT, ().into()).unwrap();
    sender.send(&bytes(text(1, 5000))).unwrap();
    sender.send_uncompressed(&bytes(text(2, 5000))).unwrap();
    sender.close();
    assert!(receiver.recv().unwrap().unwrap().value == text(1, 5000) && receiver.was_compressed());
    assert!(receiver.recv().unwrap().unwrap().value == text(2, 5000));
    let mut call = channel.client_streaming::<_, BytesValue>(COLLECT, ().into()).unwrap();
    call.send_uncompressed(&bytes(text(1, 5000))).unwrap();
    assert_eq!(call.finish().unwrap().value.len(), 5000);
}
