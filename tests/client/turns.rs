//! That calls which wait for nothing leave others their turns.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, Receiver, Request, Response, Sender, Status, in_process};
use tokio::task::yield_now;

use crate::service::{CHAT, COLLECT, EXPAND, UNARY, bytes, channel};

/// How often `work` was done when a neighbour on its thread got its turn, which it must long before this many.
const MANY: usize = 100_000;

type Work = Box<dyn FnMut() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// As a task that never waits of itself.
async fn leaves_others_their_turns(name: &str, mut work: Work) {
    let done = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&done);
    let task = tokio::spawn(async move {
        while counter.fetch_add(1, Ordering::Relaxed) < MANY {
            work().await;
        }
    });
    for _ in 0..5 {
        yield_now().await;
    }
    task.abort();
    let done = done.load(Ordering::Relaxed);
    assert!((1..MANY / 10).contains(&done), "{name}: {done} before others had their turn");
}

/// A channel whose calls fail at once, since its last attempt to connect has failed.
async fn nowhere() -> Channel {
    let (listener, connector) = in_process();
    drop(listener);
    let channel = Channel::in_process(connector);
    channel.ready().await.unwrap_err();
    channel
}

fn calls(channel: &Channel) -> Vec<(&'static str, Work)> {
    let [unary, expand, collect, chat, ready, large] = [(); 6].map(|()| channel.clone());
    let large = large.max_send_message_size(1);
    let late = || Request::new(()).with_timeout(Duration::ZERO);
    let late_channel = channel.clone();
    vec![
        (
            "unary",
            Box::new(move || {
                let channel = unary.clone();
                Box::pin(async move {
                    let result: Result<Response<BytesValue>, Status> = channel.unary(UNARY, bytes("a").into()).await;
                    result.unwrap_err();
                })
            }),
        ),
        (
            "server stream",
            Box::new(move || {
                let channel = expand.clone();
                Box::pin(async move {
                    let result: Result<Receiver<BytesValue>, Status> =
                        channel.server_streaming(EXPAND, bytes("a").into()).await;
                    result.unwrap_err();
                })
            }),
        ),
        (
            "client stream",
            Box::new(move || {
                let channel = collect.clone();
                Box::pin(async move {
                    channel.client_streaming::<BytesValue, BytesValue>(COLLECT, ().into()).await.unwrap_err();
                })
            }),
        ),
        (
            "bidi",
            Box::new(move || {
                let channel = chat.clone();
                Box::pin(async move {
                    channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await.unwrap_err();
                })
            }),
        ),
        (
            "ready",
            Box::new(move || {
                let channel = ready.clone();
                Box::pin(async move { channel.ready().await.unwrap_err() }.map_drop())
            }),
        ),
        ("connect", Box::new(|| Box::pin(async { Channel::connect("nowhere").await.unwrap_err() }.map_drop()))),
        (
            "too large",
            Box::new(move || {
                let channel = large.clone();
                Box::pin(async move {
                    let result: Result<Response<BytesValue>, Status> = channel.unary(UNARY, bytes("abc").into()).await;
                    result.unwrap_err();
                })
            }),
        ),
        (
            "too late",
            Box::new(move || {
                let (channel, request) = (late_channel.clone(), late());
                Box::pin(async move {
                    channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, request).await.unwrap_err();
                })
            }),
        ),
    ]
}

trait MapDrop: Future + Sized {
    async fn map_drop(self) {
        drop(self.await);
    }
}

impl<F: Future> MapDrop for F {}

/// C28: calls that fail at once, of all kinds, and all that makes calls ready.
#[tokio::test(start_paused = true)]
async fn calls_that_fail_at_once_leave_others_their_turns() {
    let channel = nowhere().await;
    for (name, work) in calls(&channel) {
        leaves_others_their_turns(name, work).await;
    }
}

/// C28: the halves of a call that is over.
#[tokio::test(start_paused = true)]
async fn the_halves_of_an_ended_call_leave_others_their_turns() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver): (Sender<BytesValue>, Receiver<BytesValue>) =
        channel.bidi_streaming(CHAT, ().into()).await.unwrap();
    sender.send(&bytes("!fail")).await.unwrap();
    receiver.recv().await.unwrap_err();
    let sender = Arc::new(tokio::sync::Mutex::new(sender));
    let sends = Box::new(move || -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let sender = Arc::clone(&sender);
        Box::pin(async move {
            sender.try_lock().unwrap().send(&bytes("x")).await.unwrap_err();
        })
    });
    leaves_others_their_turns("send", sends).await;
    let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
    let receives = Box::new(move || -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let receiver = Arc::clone(&receiver);
        Box::pin(async move {
            receiver.try_lock().unwrap().recv().await.unwrap_err();
        })
    });
    leaves_others_their_turns("recv", receives).await;
}

/// C28: calls that are made and dropped without waiting.
#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_at_once_leave_others_their_turns() {
    let (channel, _server) = channel();
    channel.ready().await.unwrap();
    let ready = channel.clone();
    let opens = Box::new(move || -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let channel = channel.clone();
        Box::pin(async move { drop(channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await) })
    });
    leaves_others_their_turns("open", opens).await;
    let readies = Box::new(move || -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let channel = ready.clone();
        Box::pin(async move { channel.ready().await.unwrap() })
    });
    leaves_others_their_turns("ready", readies).await;
}
