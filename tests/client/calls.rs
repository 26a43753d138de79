//! The four kinds of call.

use std::time::Duration;

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{ClientStreaming, Code, Receiver, Request, Response, Sender, Status};

use crate::service::{CHAT, COLLECT, EXPAND, UNARY, all, bytes, channel};

type Answer = Result<Response<BytesValue>, Status>;

#[tokio::test(start_paused = true)]
async fn a_unary_call_brings_the_answer_with_its_metadata() {
    let (channel, _server) = channel();
    let request = Request::new(bytes("abc")).with_metadata("x-a", "1").unwrap().with_metadata("x-b-bin", [7]).unwrap();
    let answer: Response<BytesValue> = channel.unary(UNARY, request).await.unwrap();
    assert_eq!(&answer.value[..], b"abc");
    for metadata in [answer.metadata(), answer.trailers()] {
        assert_eq!(metadata.get("x-a"), Some("1"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_comes_with_its_message() {
    let (channel, _server) = channel();
    let answer: Answer = channel.unary(UNARY, bytes("!fail").into()).await;
    assert_eq!(answer.unwrap_err().to_string(), "NOT_FOUND: no such echo");
    let answer: Answer = channel.unary("/test.Echo/Nothing", bytes("").into()).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test(start_paused = true)]
async fn large_messages_go_both_ways() {
    let (channel, _server) = channel();
    for size in [0, 16_000, 16_379, 16_380, 65_536, 3 << 20] {
        let value: Vec<_> = (0..size).map(|n| n as u8).collect();
        let answer: Response<BytesValue> = channel.unary(UNARY, bytes(value.clone()).into()).await.unwrap();
        assert!(answer.value == value, "{size}");
    }
}

/// M16: a message beyond the limit is not sent.
#[tokio::test(start_paused = true)]
async fn the_limit_for_sending_is_kept() {
    let (channel, _server) = channel();
    let channel = channel.max_send_message_size(100);
    let answer: Answer = channel.unary(UNARY, bytes([0; 100]).into()).await;
    assert_eq!(answer.unwrap_err().code(), Code::ResourceExhausted);
    let (mut sender, mut receiver): (Sender<BytesValue>, Receiver<BytesValue>) =
        channel.bidi_streaming(CHAT, ().into()).await.unwrap();
    assert_eq!(sender.send(&bytes([0; 100])).await.unwrap_err().code(), Code::ResourceExhausted);
    sender.send(&bytes("a")).await.unwrap();
    sender.close();
    assert_eq!(all(&mut receiver).await.unwrap(), [b"a"]);
}

#[tokio::test(start_paused = true)]
async fn the_limit_for_receiving_is_kept() {
    let (channel, _server) = channel();
    let channel = channel.max_recv_message_size(100);
    let answer: Answer = channel.unary(UNARY, bytes([0; 100]).into()).await;
    assert_eq!(answer.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_answers_comes_with_headers_and_trailers() {
    let (channel, _server) = channel();
    let mut answers: Receiver<BytesValue> = channel.server_streaming(EXPAND, bytes("abc").into()).await.unwrap();
    assert_eq!(answers.headers().await.unwrap().get("x-count"), Some("3"));
    assert_eq!(all(&mut answers).await.unwrap(), [b"a", b"b", b"c"]);
    assert_eq!((answers.trailers().get("x-end"), answers.metadata().get("x-count")), (Some("1"), Some("3")));
    assert!(answers.recv().await.unwrap().is_none(), "the end stays the end");
}

#[tokio::test(start_paused = true)]
async fn answers_before_an_error_are_delivered_and_the_error_stays() {
    let (channel, _server) = channel();
    let mut answers: Receiver<BytesValue> = channel.server_streaming(EXPAND, bytes("a!b").into()).await.unwrap();
    assert_eq!(&answers.recv().await.unwrap().unwrap().value[..], b"a");
    assert_eq!(&answers.recv().await.unwrap().unwrap().value[..], b"!");
    for _ in 0..2 {
        assert_eq!(answers.recv().await.unwrap_err().code(), Code::Aborted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_request_of_a_stream_is_sent_while_answers_come() {
    let (channel, _server) = channel();
    let request = bytes(vec![7; 200_000]);
    let mut answers: Receiver<BytesValue> = channel.server_streaming(EXPAND, request.into()).await.unwrap();
    assert_eq!(all(&mut answers).await.unwrap().len(), 200_000);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_requests_gets_one_answer() {
    let (channel, _server) = channel();
    let mut call: ClientStreaming<BytesValue, BytesValue> = channel.client_streaming(COLLECT, ().into()).await.unwrap();
    let parts: Vec<_> = (0..2000).map(|n: u32| vec![n as u8; (n * 7 % 300) as usize]).collect();
    for part in &parts {
        call.send(&bytes(part.clone())).await.unwrap();
    }
    call.send(&bytes(vec![1; 100_000])).await.unwrap();
    let expected = [parts.concat(), vec![1; 100_000]].concat();
    assert!(call.finish().await.unwrap().value == expected);
}

#[tokio::test(start_paused = true)]
async fn both_ways_at_once_message_by_message() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver) = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await.unwrap();
    for size in [0, 1, 100, 16_384, 40_000] {
        sender.send(&bytes(vec![7; size])).await.unwrap();
        assert_eq!(receiver.recv().await.unwrap().unwrap().value.len(), size);
    }
    sender.close();
    assert!(receiver.recv().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_halves_are_independent() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver) = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await.unwrap();
    let sending = tokio::spawn(async move {
        for _ in 0..3000 {
            sender.send(&bytes([7; 1000])).await?;
        }
        sender.close();
        Ok::<_, Status>(())
    });
    assert_eq!(all(&mut receiver).await.unwrap().len(), 3000);
    sending.await.unwrap().unwrap();
}

/// C11: the deadline goes with the call, and ends it without the server's help.
#[tokio::test(start_paused = true)]
async fn a_deadline_ends_every_kind_of_call() {
    let (channel, _server) = channel();
    let soon = Duration::from_millis(100);
    let answer: Answer = channel.unary(UNARY, Request::new(bytes("!deadline")).with_timeout(soon)).await;
    assert_eq!(&answer.unwrap().value[..], b"true");
    let answer: Answer = channel.unary(UNARY, Request::new(bytes("!hang")).with_timeout(soon)).await;
    assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
    let (_sender, mut receiver) =
        channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, Request::new(()).with_timeout(soon)).await.unwrap();
    assert_eq!(receiver.recv().await.unwrap_err().code(), Code::DeadlineExceeded);
    let answer: Answer = channel.unary(UNARY, Request::new(bytes("")).with_timeout(Duration::ZERO)).await;
    assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn the_time_left_of_a_stream_is_told() {
    let (channel, _server) = channel();
    let request = Request::new(()).with_timeout(Duration::from_secs(5));
    let (_sender, receiver) = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, request).await.unwrap();
    assert_eq!(receiver.time_left(), Some(Duration::from_secs(5)));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(receiver.time_left(), Some(Duration::from_secs(3)));
    let (_sender, receiver) = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await.unwrap();
    assert_eq!(receiver.time_left(), None);
}

#[test]
fn futures_are_small_and_may_move_between_threads() {
    fn send<T: Send>(value: &T) -> usize {
        size_of_val(value)
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let (channel, _server) = channel();
    let unary = channel.unary::<BytesValue, BytesValue>(UNARY, bytes("").into());
    assert!(send(&unary) <= 1024, "{}", send(&unary));
    let expand = channel.server_streaming::<BytesValue, BytesValue>(EXPAND, bytes("").into());
    assert!(send(&expand) <= 1024, "{}", send(&expand));
    let chat = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into());
    assert!(send(&chat) <= 1024, "{}", send(&chat));
}

/// Metadata may come from anywhere; the user agent is this channel's.
#[tokio::test(start_paused = true)]
async fn the_user_agent_is_the_channels_own() {
    let (channel, _server) = channel();
    let request = Request::new(bytes("!agent")).with_metadata("user-agent", "another/1").unwrap();
    let answer: Response<BytesValue> = channel.unary(UNARY, request).await.unwrap();
    assert!(answer.value.starts_with(b"grpc-rust-puregrpc/"));
    let channel = channel.user_agent("mine/2").unwrap();
    let answer: Response<BytesValue> = channel.unary(UNARY, bytes("!agent").into()).await.unwrap();
    assert!(answer.value.starts_with(b"mine/2 grpc-rust-puregrpc/"));
}
