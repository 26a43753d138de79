//! What a server may ask of a client, and what its answers may become (R8).

use puregrpc::{Code, Status};
use puregrpc_support::{Frame, MORE, RawPeer, RawServer, WireClient, error, message, note, noted};
use std::time::Duration;
use tokio::time::timeout;

/// Sends so many of a frame.
async fn send(peer: &mut RawPeer, frame: &Frame, count: usize) {
    (0..count).for_each(|_| peer.queue(frame));
    peer.flush().await;
}

/// Makes a call on a new connection, on which the server sends few of a frame, and then many; gives how the call fails
/// once the client has ended the connection.
async fn flood(server: &mut RawServer, client: &WireClient, frame: &Frame, few: usize, many: usize) -> Status {
    let waiting = client.clone();
    let call = tokio::spawn(async move { waiting.unary(noted("x")).await });
    let mut peer = server.accept().await;
    peer.accept().await;
    send(&mut peer, frame, few).await;
    peer.assert_alive().await;
    send(&mut peer, frame, many).await;
    peer.closed().await;
    call.await.unwrap().unwrap_err()
}

/// C15: a server that floods its client loses the connection with the calls on it, and the next call goes over a new one.
#[tokio::test(start_paused = true)]
async fn floods_end_the_connection_and_the_next_call_opens_another() {
    let mut server = RawServer::new();
    let client = server.client();
    let floods = [
        ("too_many_settings", Frame::settings(&[]), 15, 10),
        ("too_many_control_frames", Frame::ping([7; 8]), 9_000, 2_000),
        ("too_many_control_frames", Frame::new(6, 1, 0, [7; 8]), 9_000, 2_000),
        ("too_many_control_frames", Frame::window_update(0, 1), 9_000, 2_000),
        ("too_many_control_frames", Frame::priority(1, 0), 9_000, 2_000),
        ("too_many_control_frames", Frame::new(0xba, 0xff, 7, [1, 2, 3]), 9_000, 2_000),
    ];
    for (why, frame, few, many) in floods {
        let status = flood(&mut server, &client, &frame, few, many).await;
        assert_eq!(status.code(), Code::Unavailable, "{frame:?}");
        assert!(status.message().contains(why), "{frame:?}: {status}");
    }
    let answered = tokio::spawn(async move { client.unary(noted("x")).await });
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(answered.await.unwrap().unwrap().value, b"y"[..]);
}

/// R8: what an answer would become decides, also within a stream; the status says what to raise, and the connection lives.
#[tokio::test(start_paused = true)]
async fn an_answer_that_would_take_too_much_is_refused() {
    let mut server = RawServer::new();
    let client = server.client_with(|channel| channel.max_decoded_message_size(10_000));
    let first = client.clone();
    let first = tokio::spawn(async move { first.unary(noted("x")).await });
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(first.await.unwrap().unwrap().value, b"y"[..]);
    for (streamed, len, fits) in
        [(false, 9_900, true), (false, 10_000, false), (true, 9_900, true), (true, 10_000, false)]
    {
        let (client, answer) = (client.clone(), vec![7; len]);
        let call = tokio::spawn(async move {
            if streamed {
                client.server_stream(noted("x")).await?.recv().await
            } else {
                client.unary(noted("x")).await.map(|answer| Some(answer.into_inner()))
            }
        });
        let stream = peer.accept().await;
        peer.reply(stream, &answer).await;
        peer.settle().await;
        match call.await.unwrap() {
            Ok(note) => assert!(fits && note.unwrap().value == answer, "{len}"),
            Err(status) => {
                assert!(!fits && status.code() == Code::ResourceExhausted, "{len}: {status}");
                assert!(status.message().contains("max_decoded_message_size"), "{status}");
            }
        }
    }
    peer.assert_alive().await;
}

/// Fields that are little on the wire and some 40 KB in memory.
fn many_fields() -> Vec<(&'static str, &'static str)> {
    vec![("x", "y"); 440]
}

/// A connected client with this limit of memory, and the server's side of its connection.
async fn connected(memory_limit: usize) -> (RawServer, WireClient, RawPeer) {
    let mut server = RawServer::new();
    let client = server.client_built(|channel| channel.memory_limit(memory_limit));
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.unary(noted("x")).await }
    });
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    first.await.unwrap().unwrap();
    (server, client, peer)
}

#[track_caller]
fn assert_exhausted(status: &Status) {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("ChannelBuilder::memory_limit"), "{status}");
}

/// R8: headers count as long as there is somebody who could ask for them, and what does not fit ends its call alone.
#[tokio::test(start_paused = true)]
async fn headers_of_streams_count() {
    let (_server, client, mut peer) = connected(140_000).await;
    let mut held = Vec::new();
    for number in 0..4 {
        let mut receiver = client.server_stream(noted("x")).await.unwrap();
        let stream = peer.accept().await;
        peer.respond(stream, &many_fields()).await;
        let headers = receiver.headers().await.map(|headers| headers.all("x").count());
        match headers {
            Ok(count) => assert!(count == 440 && number != 2),
            Err(status) => {
                assert_eq!(number, 2);
                assert_exhausted(&status);
                assert_eq!(peer.reset_of(stream).await, error::CANCEL);
            }
        }
        held.push(receiver);
        // Of those before it the first makes room for the last.
        if number == 2 {
            assert!(held[2].recv().await.is_err());
            held.remove(0);
        }
    }
    peer.assert_alive().await;
}

/// R8: trailers count, too, those of an error as well; a call whose trailers do not fit has not ended well.
#[tokio::test(start_paused = true)]
async fn trailers_of_streams_count() {
    let (_server, client, mut peer) = connected(120_000).await;
    let mut held = Vec::new();
    for (number, code) in [(0, "0"), (1, "5"), (2, "0"), (3, "5")] {
        let mut receiver = client.server_stream(noted("x")).await.unwrap();
        let stream = peer.accept().await;
        peer.respond(stream, &[]).await;
        peer.trailers(stream, code, &many_fields()).await;
        match receiver.recv().await {
            Ok(end) => assert!(end.is_none() && number == 0 && receiver.trailers().all("x").count() == 440),
            Err(status) if number == 1 => assert_eq!(status.code(), Code::NotFound),
            Err(status) => assert_exhausted(&status),
        }
        held.push(receiver);
    }
    drop(held);
    peer.assert_alive().await;
}

/// R8: an answer that has come in part counts, in calls of all kinds.
#[tokio::test(start_paused = true)]
async fn half_answers_share_the_memory() {
    let (_server, client, mut peer) = connected(300_000).await;
    let whole = note(vec![7; 100_000]);
    let (half, rest) = whole.split_at(90_000);
    let mut calls = Vec::new();
    for streamed in [false, true, false, true] {
        let client = client.clone();
        calls.push(tokio::spawn(async move {
            if streamed {
                let mut receiver = client.server_stream(noted("x")).await?;
                receiver.recv().await.map(drop)
            } else {
                client.unary(noted("x")).await.map(drop)
            }
        }));
        let stream = peer.accept().await;
        peer.respond(stream, &[]).await;
        peer.send_data(stream, half, false).await;
        peer.settle().await;
    }
    for stream in [3, 5, 7, 9] {
        if peer.stream(stream).reset.is_none() {
            peer.send_data(stream, rest, false).await;
            peer.trailers(stream, "0", &[]).await;
        }
    }
    let mut failed = 0;
    for call in calls {
        if let Err(status) = call.await.unwrap() {
            assert_exhausted(&status);
            failed += 1;
        }
    }
    assert!((1..=2).contains(&failed), "{failed}");
    peer.assert_alive().await;
}

/// R8: an answer that waits for its trailers counts what it has become.
#[tokio::test(start_paused = true)]
async fn answers_without_trailers_count_what_they_became() {
    let (_server, client, mut peer) = connected(300_000).await;
    let unknown: Vec<u8> =
        (100..700u32).flat_map(|number| [(number << 3 | 2) as u8 | 0x80, (number >> 4) as u8, 0]).collect();
    let mut calls = Vec::new();
    for _ in 0..2 {
        let client = client.clone();
        calls.push(tokio::spawn(async move { client.unary(noted("x")).await.map(drop) }));
        let stream = peer.accept().await;
        peer.respond(stream, &[]).await;
        peer.data(stream, message(&unknown), false).await;
        peer.settle().await;
    }
    assert_exhausted(&calls.pop().unwrap().await.unwrap().unwrap_err());
    peer.trailers(3, "0", &[]).await;
    calls.pop().unwrap().await.unwrap().unwrap();
    peer.assert_alive().await;
}

/// R8: what a server may send to calls that nobody reads is bounded by the channel's memory, and the rest waits.
#[tokio::test(start_paused = true)]
async fn the_window_grows_as_far_as_the_channels_memory_allows() {
    const MIB: usize = 1 << 20;
    let (_server, client, mut peer) = connected(8 * MIB).await;
    let (mut receivers, mut streams, mut sent) = (Vec::new(), Vec::new(), 0);
    for _ in 0..50 {
        receivers.push(client.server_stream(noted("x")).await.unwrap());
        streams.push(peer.accept().await);
    }
    let message = note([7; 10_000]);
    for stream in &streams {
        peer.respond(*stream, &[]).await;
        while timeout(Duration::from_secs(1), peer.send_data(*stream, &message, MORE)).await.is_ok() {
            sent += message.len();
        }
    }
    // Half of the memory, and what a connection has in any case.
    assert!((7 * MIB..=8 * MIB).contains(&sent), "{sent}");
    drop(receivers);
    let answer = tokio::spawn(async move { client.unary(noted("x")).await });
    let stream = peer.accept().await;
    peer.respond(stream, &[]).await;
    peer.send_data(stream, &message, MORE).await;
    peer.trailers(stream, "0", &[]).await;
    assert_eq!(answer.await.unwrap().unwrap().value.len(), 10_000);
}
