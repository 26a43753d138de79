//! Streams that nobody reads, beside calls that go on.

use futures_util::future::join_all;
use puregrpc::{ClientStreaming, Receiver, Sender, Server, protobuf::well_known_types::wrappers::BytesValue};
use puregrpc_support::{MORE, RawServer, Running, Script, WireClient, note, noted};
use std::future;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;
use tokio::time::timeout;

const COUNTS: [usize; 4] = [1, 5, 100, 1_000];

/// A server whose handlers send without end and read nothing, but for unary calls, which echo. It counts what is sent.
fn serve() -> (Running, Arc<AtomicUsize>) {
    let sent = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&sent);
    let script = Script::echo()
        .server_stream(move |request, replies| {
            let count = Arc::clone(&count);
            Box::pin(async move {
                loop {
                    replies.send(&request).await?;
                    count.fetch_add(request.value.len(), Ordering::Relaxed);
                }
            })
        })
        .client_stream(|_| Box::pin(future::pending()))
        .bidi(|_, _| Box::pin(future::pending()));
    (Running::start(Server::new().max_concurrent_streams(1_100).add(script)), sent)
}

/// Some calls of 100 kB each way, one after the other.
async fn calls(client: &WireClient) {
    for _ in 0..5 {
        let answer = timeout(Duration::from_secs(5), client.unary(noted([7; 100_000]))).await;
        let answer = answer.expect("nobody holds it up").unwrap();
        assert_eq!(answer.value.len(), 100_000);
    }
}

/// R13: answers that no receiver of a client takes hold up no other call of the connection, however many they are.
#[tokio::test(start_paused = true)]
async fn answers_that_nobody_reads_hold_up_no_other_call() {
    for count in COUNTS {
        let (running, sent) = serve();
        let client = running.client();
        let streams = join_all((0..count).map(|_| client.server_stream(noted([1; 10_000])))).await;
        let mut streams: Vec<Receiver<BytesValue>> = streams.into_iter().collect::<Result<_, _>>().unwrap();
        join_all(streams.iter_mut().map(Receiver::recv)).await.into_iter().for_each(|first| drop(first.unwrap()));
        calls(&client).await;
        assert!(sent.load(Ordering::Relaxed) < 300_000_000, "{count} streams hold {sent:?} bytes");
        // Nothing is lost of what was held back.
        assert_eq!(streams[0].recv().await.unwrap().unwrap().value.len(), 10_000);
    }
}

/// R13: so it is where both sides send: what nobody receives is taken out of h2, and counts once.
#[tokio::test(start_paused = true)]
async fn answers_of_both_way_streams_that_nobody_reads_hold_up_no_other_call() {
    for count in COUNTS {
        let script = Script::echo().bidi(|_, replies| {
            Box::pin(async move {
                loop {
                    replies.send(&noted([1; 10_000])).await?;
                }
            })
        });
        let running = Running::start(Server::new().max_concurrent_streams(1_100).add(script));
        let client = running.client();
        let mut streams: Vec<(Sender<BytesValue>, Receiver<BytesValue>)> = Vec::new();
        for _ in 0..count {
            streams.push(client.bidi(()).await.unwrap());
        }
        // The clock moves on once the windows are full.
        timeout(Duration::from_secs(1), future::pending::<()>()).await.unwrap_err();
        calls(&client).await;
        assert_eq!(streams[0].1.recv().await.unwrap().unwrap().value.len(), 10_000);
    }
}

/// R13: requests that no handler of a server takes hold up no other call of the connection, however many they are.
#[tokio::test(start_paused = true)]
async fn requests_that_nobody_reads_hold_up_no_other_call() {
    for count in COUNTS {
        let (running, _) = serve();
        let client = running.client();
        let mut stuck: Vec<ClientStreaming<BytesValue, BytesValue>> = Vec::new();
        let mut chats: Vec<(Sender<BytesValue>, Receiver<BytesValue>)> = Vec::new();
        for number in 0..count {
            match number % 2 {
                0 => stuck.push(client.client_stream(()).await.unwrap()),
                _ => chats.push(client.bidi(()).await.unwrap()),
            }
        }
        let sending = join_all(stuck.iter_mut().map(fill));
        let chatting = join_all(chats.iter_mut().map(|(sender, _)| chat(sender)));
        tokio::join!(sending, chatting);
        calls(&client).await;
    }
}

/// Sends until nothing goes on for a second.
async fn fill(stream: &mut ClientStreaming<BytesValue, BytesValue>) {
    while let Ok(sent) = timeout(Duration::from_secs(1), stream.send(&noted([1; 10_000]))).await {
        sent.unwrap();
    }
}

async fn chat(sender: &mut Sender<BytesValue>) {
    while let Ok(sent) = timeout(Duration::from_secs(1), sender.send(&noted([1; 10_000]))).await {
        sent.unwrap();
    }
}

/// R13: small messages that no receiver of a client takes end no connection, however many they are.
#[tokio::test(start_paused = true)]
async fn small_answers_that_nobody_reads_end_no_connection() {
    const COUNT: usize = 25_000;
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, first) = tokio::join!(server.accept(), client.server_stream(noted("x")));
    let mut streams = vec![(peer.accept().await, first.unwrap())];
    for _ in 0..4 {
        let replies = client.server_stream(noted("x")).await.unwrap();
        streams.push((peer.accept().await, replies));
    }
    for (stream, _) in &streams {
        peer.respond(*stream, &[]).await;
        for _ in 0..COUNT {
            peer.queue_data(*stream, note([1; 3]), MORE);
        }
        peer.settle().await;
    }
    peer.assert_alive().await;
    for (stream, replies) in &mut streams {
        for _ in 0..COUNT {
            assert_eq!(replies.recv().await.unwrap().unwrap().value, [1; 3]);
        }
        peer.trailers(*stream, "0", &[]).await;
        assert!(replies.recv().await.unwrap().is_none());
    }
}
