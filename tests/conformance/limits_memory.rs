//! How much memory messages may take on a server (R8).

use bytes::Bytes;
use puregrpc::Server;
use puregrpc_support::{
    BIDI, CLIENT_STREAM, END, MORE, RawPeer, Running, Script, UNARY, error, message, note, noted, request,
};
use std::future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A note that has more than it says, so that what follows it is half a message.
fn half(len: usize) -> Bytes {
    let whole = note(vec![7; len]);
    whole.slice(..whole.len() - 1)
}

/// A whole call with a note of so many bytes; gives its status.
async fn call(peer: &mut RawPeer, stream: u32, len: usize) -> u32 {
    peer.request(stream, UNARY, &[]).await;
    peer.send_data(stream, &note(vec![7; len]), END).await;
    peer.over(stream).await.status()
}

/// R8: what a message would become decides, and the call's end says what to raise.
#[tokio::test(start_paused = true)]
async fn a_message_that_would_take_too_much_is_refused() {
    let running = Running::start(Server::new().max_decoded_message_size(10_000).add(Script::echo()));
    let mut peer = running.peer().await;
    assert_eq!(peer.call(1, UNARY, &[], &note(vec![7; 9_900])).await.status(), 0);
    let refused = peer.call(3, UNARY, &[], &note(vec![7; 10_000])).await;
    assert_eq!(refused.status(), 8);
    assert!(refused.grpc_message().ends_with("this server's limit for requests"), "{}", refused.grpc_message());
    peer.assert_alive().await;
}

/// R8: numbers of fields that the type does not have are taken by the thousand and no more; each may come often.
#[tokio::test(start_paused = true)]
async fn a_message_with_too_many_unknown_fields_is_refused() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    for (stream, count, numbers, status) in [(1, 1000, 1000, 0), (3, 1001, 1001, 8), (5, 3000, 1000, 0)] {
        let unknown = (0..count).flat_map(|index: u32| {
            let tag = (1000 + index % numbers) << 3;
            [tag as u8 | 0x80, (tag >> 7) as u8, 0x81, 0x80, 1]
        });
        let payload: Vec<u8> = unknown.collect();
        assert_eq!(peer.call(stream, UNARY, &[], &message(payload)).await.status(), status, "{count}");
    }
}

/// R8: half a message counts, and what does not fit ends its own call alone; who leaves makes room.
#[tokio::test(start_paused = true)]
async fn half_received_messages_share_the_memory() {
    let server = Server::new().memory_limit(330_000).memory_limit_per_connection(330_000);
    let running = Running::start(server.add(Script::echo()));
    let (mut first, mut second) = (running.peer().await, running.peer().await);
    for (peer, stream, path) in [(&mut first, 1, UNARY), (&mut second, 1, CLIENT_STREAM)] {
        peer.request(stream, path, &[]).await;
        peer.send_data(stream, &half(120_000), MORE).await;
        peer.settle().await;
    }
    second.request(3, BIDI, &[]).await;
    second.send_data(3, &half(120_000), MORE).await;
    assert_eq!(second.over(3).await.status(), 8);
    assert!(!first.stream(1).is_over() && !second.stream(1).is_over());

    first.reset(1, error::CANCEL).await;
    first.settle().await;
    assert_eq!(call(&mut second, 5, 120_000).await, 0);
    second.data(1, [7], END).await;
    assert_eq!(second.over(1).await.status(), 0);
    first.assert_alive().await;
}

/// R8: one connection gets its part and leaves the rest to the others.
#[tokio::test(start_paused = true)]
async fn one_connection_cannot_take_all_the_memory() {
    let brief = Script::echo().unary(|_| Box::pin(future::ready(Ok(noted("x").into()))));
    let running = Running::start(Server::new().memory_limit(400_000).add(brief));
    let (mut first, mut second) = (running.peer().await, running.peer().await);
    assert_eq!(call(&mut first, 1, 150_000).await, 0);
    first.request(3, UNARY, &[]).await;
    first.send_data(3, &half(120_000), MORE).await;
    assert_eq!(call(&mut first, 5, 150_000).await, 8);
    assert_eq!(call(&mut second, 1, 150_000).await, 0);
}

/// A server whose unary handlers never end, which may hold one note of 100,000 bytes.
async fn holding() -> (Running, RawPeer) {
    let waiting = Script::echo().unary(|request| {
        Box::pin(async move {
            let _request = request;
            future::pending().await
        })
    });
    let running = Running::start(Server::new().memory_limit_per_connection(190_000).add(waiting));
    let peer = running.peer().await;
    (running, peer)
}

/// R8: what a handler was given counts as long as its call runs.
#[tokio::test(start_paused = true)]
async fn messages_count_while_their_handlers_run() {
    let (_running, mut peer) = holding().await;
    peer.request(1, UNARY, &[]).await;
    peer.send_data(1, &note(vec![7; 100_000]), END).await;
    peer.settle().await;
    assert_eq!(call(&mut peer, 3, 100_000).await, 8);
    peer.reset(1, error::CANCEL).await;
    peer.settle().await;
    peer.request(5, UNARY, &[]).await;
    peer.send_data(5, &note(vec![7; 100_000]), END).await;
    peer.assert_alive().await;
    assert!(!peer.stream(5).is_over());
}

/// R8: in a stream the last message counts, and those before it do not.
#[tokio::test(start_paused = true)]
async fn messages_of_a_stream_count_until_the_next() {
    let (_running, mut peer) = holding().await;
    peer.request(1, BIDI, &[]).await;
    for _ in 0..10 {
        peer.send_data(1, &note(vec![7; 50_000]), MORE).await;
        peer.note(1).await;
    }
    peer.data(1, [], END).await;
    assert_eq!(peer.over(1).await.status(), 0);
}

/// R8: what comes while the handler does something else counts, and none of it is lost: the windows bound it.
#[tokio::test(start_paused = true)]
async fn gathered_messages_count_and_are_kept() {
    let go = Arc::new(Semaphore::new(0));
    let script = Script::echo().client_stream({
        let go = Arc::clone(&go);
        move |requests| {
            let go = Arc::clone(&go);
            Box::pin(async move {
                go.acquire().await.unwrap().forget();
                while requests.recv().await?.is_some() {}
                Ok(noted("x").into())
            })
        }
    });
    let running = Running::start(Server::new().memory_limit(300_000).memory_limit_per_connection(300_000).add(script));
    let mut peer = running.peer().await;
    peer.request(1, CLIENT_STREAM, &[]).await;
    peer.send_data(1, &note(vec![7; 10_000]).repeat(25), END).await;
    peer.settle().await;
    assert_eq!(call(&mut peer, 3, 100_000).await, 8);
    go.add_permits(1);
    assert_eq!(peer.over(1).await.status(), 0);
    assert_eq!(call(&mut peer, 5, 100_000).await, 0);
}

/// R8: what a stream's last message took is free once the handler knows that it was the last.
#[tokio::test(start_paused = true)]
async fn the_last_message_of_a_stream_is_let_go_with_its_end() {
    let server = Server::new().memory_limit(300_000).memory_limit_per_connection(300_000);
    let script = Script::echo().bidi(|notes, replies| {
        Box::pin(async move {
            while let Some(note) = notes.recv().await? {
                drop(note);
            }
            replies.send(&noted("all")).await?;
            future::pending().await
        })
    });
    let running = Running::start(server.add(script));
    let mut peer = running.peer().await;
    for stream in [1, 3, 5, 7] {
        peer.request(stream, BIDI, &[]).await;
        peer.send_data(stream, &note(vec![7; 100_000]), END).await;
        assert_eq!(peer.note(stream).await, "all", "{stream}");
    }
    peer.assert_alive().await;
}

/// R8: a message counts what it becomes, also if it is small on the wire.
#[tokio::test(start_paused = true)]
async fn small_messages_count_what_they_become() {
    let (_running, mut peer) = holding().await;
    let unknown: Vec<u8> =
        (100..700u32).flat_map(|number| [(number << 3 | 2) as u8 | 0x80, (number >> 4) as u8, 0]).collect();
    assert!(unknown.len() < 2_000);
    for stream in [1, 3] {
        peer.request(stream, UNARY, &[]).await;
        peer.data(stream, message(&unknown), END).await;
        peer.settle().await;
    }
    assert!(!peer.stream(1).is_over());
    let refused = peer.over(3).await;
    assert_eq!(refused.status(), 8);
    assert!(refused.grpc_message().starts_with("the server's memory for calls"), "{}", refused.grpc_message());
    peer.reset(1, error::CANCEL).await;
    peer.settle().await;
    peer.request(5, UNARY, &[]).await;
    peer.data(5, message(&unknown), END).await;
    peer.assert_alive().await;
    assert!(!peer.stream(5).is_over());
}

/// R8: the headers of a call count while its handler runs: what they take, which is more than their bytes.
#[tokio::test(start_paused = true)]
async fn headers_count_while_their_handlers_run() {
    let (_running, mut peer) = holding().await;
    let mut fields = request(UNARY, &[]);
    fields.extend((0..440).map(|_| ("x".to_owned(), "y".to_owned())));
    for stream in [1, 3, 5, 7] {
        peer.headers(stream, &fields, MORE).await;
        peer.settle().await;
    }
    let refused = peer.over(7).await;
    assert!([1, 3, 5].iter().all(|stream| !peer.stream(*stream).is_over()));
    assert_eq!(refused.status(), 8);
    assert!(refused.grpc_message().starts_with("the server's memory for calls"), "{}", refused.grpc_message());
    peer.reset(1, error::CANCEL).await;
    peer.settle().await;
    peer.headers(9, &fields, MORE).await;
    peer.assert_alive().await;
    assert!(!peer.stream(9).is_over());
}

/// R8: a call that is answered at once needs no memory of its own.
#[tokio::test(start_paused = true)]
async fn calls_that_are_answered_at_once_do_not_count() {
    let running =
        Running::start(Server::new().memory_limit(6_000).memory_limit_per_connection(6_000).add(Script::echo()));
    let mut peer = running.peer().await;
    // The first call of a method has a task of its own, since nobody knows yet how fast it is.
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
    for stream in (3..2_000).step_by(2) {
        peer.queue_headers(stream, &request(UNARY, &[]), MORE);
        peer.queue_data(stream, note("x"), END);
    }
    peer.flush().await;
    for stream in (3..2_000).step_by(2) {
        assert_eq!(peer.over(stream).await.status(), 0);
    }
}

/// R13: where memory is short, who sends has to wait until a connection gives some back, and nothing fails.
#[tokio::test(start_paused = true)]
async fn a_sender_waits_for_the_memory_of_another_connection() {
    let stuck = Script::echo().client_stream(|_| Box::pin(future::pending()));
    let running = Running::start(Server::new().memory_limit(300_000).memory_limit_per_connection(300_000).add(stuck));
    let (mut first, mut second) = (running.peer().await, running.peer().await);
    second.request(1, CLIENT_STREAM, &[]).await;
    second.request(3, UNARY, &[]).await;
    second.settle().await;
    first.request(1, UNARY, &[]).await;
    first.send_data(1, &half(180_000), MORE).await;
    first.settle().await;
    let unread = note(vec![7; 250_000]);
    assert!(timeout(WHILE, second.send_data(1, &unread, MORE)).await.is_err());
    assert!(timeout(WHILE, second.send_data(3, &note("x"), END)).await.is_err());
    first.reset(1, error::CANCEL).await;
    second.send_data(3, &note("x"), END).await;
    assert_eq!(second.over(3).await.status(), 0);
}

/// Less than a call may wait, in a clock that is paused.
const WHILE: Duration = Duration::from_secs(2);
