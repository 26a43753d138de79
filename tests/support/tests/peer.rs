//! The raw peer against itself.

use puregrpc_support::{Frame, MORE, RawPeer, error, note};
use tokio::io::duplex;

#[tokio::test(start_paused = true)]
async fn a_call_goes_both_ways() {
    let (near, far) = duplex(1024);
    let (mut client, mut server) = tokio::join!(RawPeer::client(near), RawPeer::server(far));
    let serving = tokio::spawn(async move {
        let stream = server.accept().await;
        let value = server.note(stream).await;
        server.reply(stream, &value).await;
        server.closed().await;
        server
    });
    let value = vec![7; 10_000];
    let answer = client.call(1, "/a.B/C", &[("x-id", "7")], &note(&value)).await;
    assert_eq!((answer.http_status(), answer.status(), answer.notes()), (200, 0, vec![value.into()]));
    drop(client);
    let server = serving.await.unwrap();
    assert_eq!(server.stream(1).head().get(":path"), Some("/a.B/C"));
    assert_eq!(server.stream(1).head().get("x-id"), Some("7"));
}

#[tokio::test(start_paused = true)]
#[should_panic = "an empty DATA frame that does not end"]
async fn an_empty_data_frame_is_seen() {
    let (near, far) = duplex(1024);
    let (mut client, mut server) = tokio::join!(RawPeer::client(near), RawPeer::server(far));
    client.request(1, "/a.B/C", &[]).await;
    client.data(1, [], MORE).await;
    let stream = server.accept().await;
    server.over(stream).await;
}

#[tokio::test(start_paused = true)]
#[should_panic = "RST_STREAM on stream 1 did not come"]
async fn a_wait_is_bounded() {
    let (near, far) = duplex(1024);
    let (mut client, mut server) = tokio::join!(RawPeer::client(near), RawPeer::server(far));
    client.request(1, "/a.B/C", &[]).await;
    client.send(&Frame::reset(3, error::CANCEL)).await;
    let stream = server.accept().await;
    server.reset_of(stream).await;
}
