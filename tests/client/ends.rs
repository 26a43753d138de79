//! How streams end, whoever ends them.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, ClientStreaming, Code, Receiver, Sender, Status};
use tokio::time::timeout;

use crate::service::{CHAT, COLLECT, EXPAND, bytes, channel};

async fn collect(channel: &Channel) -> ClientStreaming<BytesValue, BytesValue> {
    channel.client_streaming(COLLECT, ().into()).await.unwrap()
}

async fn chat(channel: &Channel) -> (Sender<BytesValue>, Receiver<BytesValue>) {
    channel.bidi_streaming(CHAT, ().into()).await.unwrap()
}

/// Sends until that fails; more than fits anywhere, so that it cannot go on for ever.
async fn send_on(sender: &mut Sender<BytesValue>) -> Result<(), Status> {
    for _ in 0..1000 {
        sender.send(&bytes([7; 16_000])).await?;
    }
    Ok(())
}

/// After OK, `send` fails, and the answer is what the server gave.
#[tokio::test(start_paused = true)]
async fn an_early_answer_ends_the_sending() {
    let (channel, _server) = channel();
    let mut call = collect(&channel).await;
    for part in ["a", "b", "!", "c"] {
        call.send(&bytes(part)).await.unwrap();
    }
    let mut sent = 0;
    while call.send(&bytes([7; 16_000])).await.is_ok() {
        sent += 1;
        assert!(sent < 1000);
    }
    assert!(call.is_closed());
    assert_eq!(&call.finish().await.unwrap().value[..], b"ab");
}

/// After an error, `send` gives it, and so does `finish`.
#[tokio::test(start_paused = true)]
async fn an_early_error_ends_the_sending() {
    let (channel, _server) = channel();
    let mut call = collect(&channel).await;
    call.send(&bytes("!fail")).await.unwrap();
    let mut status = None;
    for _ in 0..1000 {
        status = call.send(&bytes([7; 16_000])).await.err();
        if status.is_some() {
            break;
        }
    }
    assert_eq!(status.unwrap().to_string(), "ABORTED: enough");
    assert_eq!(call.finish().await.unwrap_err().to_string(), "ABORTED: enough");
}

/// Nobody has to receive for that.
#[tokio::test(start_paused = true)]
async fn a_sender_hears_of_the_end_while_nobody_receives() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver) = chat(&channel).await;
    sender.send(&bytes("a")).await.unwrap();
    sender.send(&bytes("!fail")).await.unwrap();
    assert_eq!(send_on(&mut sender).await.unwrap_err().code(), Code::Aborted);
    assert_eq!(&receiver.recv().await.unwrap().unwrap().value[..], b"a");
    assert_eq!(receiver.recv().await.unwrap_err().code(), Code::Aborted);
}

/// Nor does it matter that somebody was receiving before.
#[tokio::test(start_paused = true)]
async fn a_sender_hears_of_the_end_after_somebody_received() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver) = chat(&channel).await;
    assert!(timeout(Duration::from_millis(1), receiver.recv()).await.is_err());
    sender.send(&bytes("!fail")).await.unwrap();
    assert_eq!(send_on(&mut sender).await.unwrap_err().code(), Code::Aborted);
    assert_eq!(receiver.recv().await.unwrap_err().code(), Code::Aborted);
}

/// The tasks of a call end with the runtime that made it: its halves do not wait for ever.
#[test]
fn a_call_ends_with_its_runtime() {
    let build = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (build(), build());
    let ((mut sender, mut receiver), _server) = first.block_on(async {
        let (channel, server) = channel();
        (chat(&channel).await, server)
    });
    drop(first);
    second.block_on(async {
        assert_eq!(send_on(&mut sender).await.unwrap_err().code(), Code::Cancelled);
        assert_eq!(receiver.recv().await.unwrap_err().code(), Code::Cancelled);
    });
}

/// C12: an unclosed sender that is dropped cancels the call.
#[tokio::test(start_paused = true)]
async fn a_dropped_sender_is_no_end() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver) = chat(&channel).await;
    sender.send(&bytes("a")).await.unwrap();
    assert_eq!(&receiver.recv().await.unwrap().unwrap().value[..], b"a");
    drop(sender);
    assert_eq!(receiver.recv().await.unwrap_err().code(), Code::Cancelled);
}

/// C12: a receiver that is dropped early cancels the call.
#[tokio::test(start_paused = true)]
async fn a_dropped_receiver_ends_the_sending() {
    let (channel, _server) = channel();
    let (mut sender, receiver) = chat(&channel).await;
    sender.send(&bytes("a")).await.unwrap();
    drop(receiver);
    assert_eq!(send_on(&mut sender).await.unwrap_err().code(), Code::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_blocked_sender_goes_on_once_messages_are_received() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver) = chat(&channel).await;
    let sending = tokio::spawn(async move {
        send_on(&mut sender).await?;
        sender.close();
        Ok::<_, Status>(())
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!sending.is_finished(), "all windows are full");
    while receiver.recv().await.unwrap().is_some() {}
    sending.await.unwrap().unwrap();
}

/// As a stream, a receiver ends with its error.
#[tokio::test(start_paused = true)]
async fn nothing_follows_an_error_in_a_stream() {
    let (channel, _server) = channel();
    let mut answers: Receiver<BytesValue> = channel.server_streaming(EXPAND, bytes("!").into()).await.unwrap();
    let mut next = async || poll_fn(|cx| Pin::new(&mut answers).poll_next(cx)).await;
    assert!(next().await.unwrap().is_ok());
    assert_eq!(next().await.unwrap().unwrap_err().code(), Code::Aborted);
    assert!(next().await.is_none());
}
