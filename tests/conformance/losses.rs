//! What is told of a connection that ends by an error (R18).

use puregrpc::Code;
use puregrpc_support::{BIDI, Frame, Level, Log, MORE, RawServer, Script, error, note, noted};

/// R18: on the server, with the report of its drain.
#[tokio::test(start_paused = true)]
async fn a_server_tells_of_a_connection_that_it_lost() {
    let log = Log::up_to(Level::INFO);
    let mut server = Script::echo().serve();
    let (mut peer, mut other) = (server.peer().await, server.peer().await);
    for (peer, streams) in [(&mut peer, &[1, 3][..]), (&mut other, &[1])] {
        for stream in streams {
            peer.request(*stream, BIDI, &[]).await;
            peer.data(*stream, note("x"), MORE).await;
            assert_eq!(peer.note(*stream).await, "x");
        }
    }
    server.stop();
    other.goaway().await;
    peer.goaway().await;
    log.take();
    // DATA on the connection itself.
    peer.send(&Frame::data(0, [], 0)).await;
    while peer.goaway().await.code != error::PROTOCOL_ERROR {}
    peer.closed().await;
    let lines = log.take();
    let line = lines.iter().find(|line| line.contains("connection lost")).unwrap_or_else(|| panic!("{lines:?}"));
    for part in ["INFO", "peer=in-process", "protocol error", "calls=2"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    other.data(1, note("y"), puregrpc_support::END).await;
    assert_eq!(other.answer(1).await.status(), 0);
    other.closed().await;
    let report = server.report().await;
    assert_eq!((report.finished_calls, report.cut_calls), (1, 2), "{report:?}");
}

/// R18: on the client.
#[tokio::test(start_paused = true)]
async fn a_client_tells_of_a_connection_that_it_lost() {
    let log = Log::up_to(Level::INFO);
    let mut listening = RawServer::new();
    let client = listening.client();
    let call = tokio::spawn(async move { client.unary(noted("x")).await });
    let mut peer = listening.accept().await;
    peer.accept().await;
    peer.send(&Frame::data(0, [], 0)).await;
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Unavailable);
    let lines = log.take();
    let line = lines.iter().find(|line| line.contains("connection lost")).unwrap_or_else(|| panic!("{lines:?}"));
    assert!(line.contains("INFO") && line.contains("calls=1"), "{line}");
}
