//! What a server may ask of a client, and what its answers may become (R8).

use puregrpc::{Code, Status};
use puregrpc_support::{Frame, RawPeer, RawServer, WireClient, noted};

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
