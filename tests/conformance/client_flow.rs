//! Flow control as the client keeps it.

use puregrpc_support::{MORE, RawServer, note, noted, setting};

/// The windows of the server are kept, and used to the last byte.
#[tokio::test(start_paused = true)]
async fn the_clients_sender_keeps_to_small_windows() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept_with(&[(setting::INITIAL_WINDOW_SIZE, 777)]), client.bidi(()));
    let (mut notes, mut replies) = halves.unwrap();
    let sending = tokio::spawn(async move {
        for number in 0..200_u8 {
            notes.send(&noted([number; 100])).await.unwrap();
        }
        notes.close();
    });
    let stream = peer.accept().await;
    for number in 0..200_u8 {
        assert_eq!(peer.note(stream).await, [number; 100][..]);
    }
    peer.over(stream).await;
    sending.await.unwrap();
    peer.trailers_only(stream, "0", &[]).await;
    assert!(replies.recv().await.unwrap().is_none());
}

/// A client that reads late gets a burst of 60,000 messages, each its own DATA frame, in order.
#[tokio::test(start_paused = true)]
async fn a_burst_survives_a_late_client() {
    const COUNT: u32 = 60_000;
    let mut server = RawServer::new();
    let client = server.client_built(|channel| channel.stream_window(1 << 20));
    let (mut peer, replies) = tokio::join!(server.accept(), client.server_stream(noted("x")));
    let stream = peer.accept().await;
    peer.respond(stream, &[]).await;
    for number in 0..COUNT {
        let message = note(&number.to_be_bytes()[1..]);
        assert_eq!(message.len(), 10);
        peer.queue_data(stream, message, MORE);
    }
    peer.settle().await;
    peer.trailers(stream, "0", &[]).await;
    peer.assert_alive().await;
    let mut replies = replies.unwrap();
    for number in 0..COUNT {
        assert_eq!(replies.recv().await.unwrap().unwrap().value, number.to_be_bytes()[1..]);
    }
    assert!(replies.recv().await.unwrap().is_none());
}
