//! What is legal and odd, with each of very many calls: it ends no connection.

use puregrpc::Server;
use puregrpc_support::{
    END, Frame, MORE, PREFACE, RawPeer, RawServer, Running, Script, UNARY, WireClient, error, kind, note, noted,
};

/// Frames that carry nothing, of a call that is open.
fn oddities(stream: u32) -> [Frame; 6] {
    [
        Frame::data(stream, [], 0),
        Frame::padded_data(stream, [], 255, 0),
        Frame::padded_data(stream, [], 0, 0),
        Frame::priority(stream, 0),
        Frame::window_update(stream, 1),
        Frame::new(0xba, 0xff, stream, b"grease"),
    ]
}

/// R15: a server answers the calls of a client that sends odd frames with each of them.
#[tokio::test(start_paused = true)]
async fn odd_frames_of_ten_thousand_calls_end_no_connection_of_a_server() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    for batch in 0..100 {
        let streams: Vec<u32> = (0..100).map(|call| 200 * batch + 2 * call + 1).collect();
        for stream in &streams {
            peer.queue_headers(*stream, &puregrpc_support::request(UNARY, &[]), false);
            oddities(*stream).iter().for_each(|frame| peer.queue(frame));
            peer.queue_data(*stream, note("x"), MORE);
            oddities(*stream).iter().for_each(|frame| peer.queue(frame));
            peer.queue_data(*stream, [], END);
        }
        for stream in streams {
            let answer = peer.over(stream).await;
            assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]));
        }
    }
    peer.assert_alive().await;
}

/// R15: a client takes the answers of a server that sends odd frames with each of them.
#[tokio::test(start_paused = true)]
async fn odd_frames_of_ten_thousand_answers_end_no_connection_of_a_client() {
    let mut listening = RawServer::new();
    let client = listening.client();
    let calls = tokio::spawn(async move {
        for _ in 0..10_000 {
            assert_eq!(client.unary(noted("x")).await.unwrap().value, b"x");
        }
    });
    let mut peer = listening.accept().await;
    for _ in 0..10_000 {
        let stream = peer.accept().await;
        // DATA comes behind the headers.
        oddities(stream).iter().filter(|frame| frame.kind != kind::DATA).for_each(|frame| peer.queue(frame));
        peer.respond(stream, &[]).await;
        oddities(stream).iter().for_each(|frame| peer.queue(frame));
        peer.queue_data(stream, note("x"), MORE);
        oddities(stream).iter().for_each(|frame| peer.queue(frame));
        peer.trailers(stream, "0", &[]).await;
    }
    peer.settle().await;
    calls.await.unwrap();
}

/// R15: the window of padding is given back, to the call and to the connection.
#[tokio::test(start_paused = true)]
async fn the_window_of_padding_is_given_back() {
    let running = Running::start(Server::new().max_control_frames(u32::MAX).add(Script::echo()));
    let mut peer = running.peer().await;
    peer.request(1, UNARY, &[]).await;
    let given_back = |peer: &RawPeer, stream| {
        let window = format!("WINDOW_UPDATE {stream} by ");
        peer.log().iter().filter_map(|line| line.strip_prefix(&window)?.parse::<u32>().ok()).sum::<u32>()
    };
    peer.settle().await;
    let before = given_back(&peer, 0);
    // Six times the window of the call, and more than that of the connection.
    for _ in 0..250 {
        (0..100).for_each(|_| peer.queue(&Frame::padded_data(1, [], 255, 0)));
        peer.settle().await;
    }
    // For what is written behind the last answer.
    peer.settle().await;
    assert_eq!((given_back(&peer, 0) - before, given_back(&peer, 1)), (25_000 * 256, 25_000 * 256));
    peer.data(1, note("x"), END).await;
    assert_eq!(peer.answer(1).await.status(), 0);
}

/// R15: what still comes for a call that was given up ends nothing, however much of it there is and whether the client
/// still knows the call.
#[tokio::test(start_paused = true)]
async fn late_frames_of_calls_that_were_given_up_end_no_connection() {
    let mut listening = RawServer::new();
    let client = listening.client();
    let (mut sender, mut receiver) = {
        let calling = client.clone();
        let call = tokio::spawn(async move { calling.bidi(()).await });
        let mut peer = listening.accept().await;
        let lasting = peer.accept().await;
        peer.respond(lasting, &[]).await;
        peer.data(lasting, note("here"), MORE).await;
        let lasting_call = call.await.unwrap().unwrap();
        give_up_calls(&client, &mut peer).await;
        assert!(peer.log().iter().all(|line| !line.starts_with("GOAWAY")));
        peer.data(lasting, note("still here"), MORE).await;
        tokio::spawn(async move { peer.closed().await });
        lasting_call
    };
    assert_eq!(receiver.recv().await.unwrap().unwrap().value, b"here");
    assert_eq!(receiver.recv().await.unwrap().unwrap().value, b"still here");
    sender.send(&noted("x")).await.unwrap();
}

/// 70,000 frames of a byte behind the ends of calls. The client remembers 2,000 calls, for a second: one of two is
/// forgotten, the first of these or the last.
async fn give_up_calls(client: &WireClient, peer: &mut RawPeer) {
    let mut streams = Vec::new();
    for _ in 0..2_001 {
        let calling = client.clone();
        let call = tokio::spawn(async move { calling.server_stream(noted("x")).await });
        let stream = peer.accept().await;
        peer.respond(stream, &[]).await;
        drop(call.await.unwrap().unwrap());
        assert_eq!(peer.reset_of(stream).await, error::CANCEL);
        streams.push(stream);
    }
    for _ in 0..350 {
        for stream in [streams[0], streams[2_000]] {
            (0..100).for_each(|_| peer.queue(&Frame::data(stream, [0], 0)));
        }
        peer.settle().await;
    }
}

/// R15: a client that gives up very many streams keeps the one that lasts beside them.
#[tokio::test(start_paused = true)]
async fn a_client_may_give_up_any_number_of_streams() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            for _ in 0..30 {
                replies.send(&noted("x")).await?;
            }
            Ok(())
        })
    });
    let server = Server::new().max_quick_cancels(u32::MAX).max_control_frames(u32::MAX).add(script);
    let running = Running::start(server);
    let client = running.client();
    let (mut sender, mut receiver) = client.bidi(()).await.unwrap();
    for _ in 0..GIVEN_UP {
        let mut stream = client.server_stream(noted("x")).await.unwrap();
        assert!(stream.recv().await.unwrap().is_some());
    }
    sender.send(&noted("still here")).await.unwrap();
    assert_eq!(receiver.recv().await.unwrap().unwrap().value, b"still here");
}

/// Each leaves up to 29 messages behind; a debug build takes its time.
const GIVEN_UP: usize = if cfg!(debug_assertions) { 1_000 } else { 70_000 };

/// R15: the last number of a stream is as good as any other, and its connection lives on.
#[tokio::test(start_paused = true)]
async fn the_last_stream_of_a_connection_is_served() {
    let mut server = Script::echo().serve();
    let mut peer = server.peer().await;
    for stream in [1, 0x7fff_fffd, 0x7fff_ffff] {
        assert_eq!(peer.call(stream, UNARY, &[], &note("x")).await.status(), 0);
    }
    peer.assert_alive().await;
    server.stop();
    assert_eq!(peer.goaway().await.last_stream, 0x7fff_ffff);
    peer.closed().await;
}

/// R16: a first frame that is not SETTINGS ends the connection at once, on either side.
#[tokio::test(start_paused = true)]
async fn a_first_frame_that_is_not_settings_ends_the_connection_at_once() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for frame in [Frame::request(1, UNARY), Frame::ping([7; 8]), Frame::settings_ack(), Frame::new(0xba, 0, 0, [])] {
        let mut bytes = bytes::BytesMut::new();
        frame.encode(&mut bytes);
        let begin = tokio::time::Instant::now();
        let running = Script::echo().serve();
        let mut pipe = running.connect().await;
        pipe.write_all(&[PREFACE, &bytes].concat()).await.unwrap();
        let mut said = bytes::BytesMut::new();
        while pipe.read_buf(&mut said).await.unwrap() > 0 {}
        let frames: Vec<_> = std::iter::from_fn(|| Frame::parse(&mut said)).collect();
        let last = frames.last().unwrap();
        assert_eq!((last.kind, last.number(4)), (kind::GOAWAY, error::PROTOCOL_ERROR), "{frames:?}");
        assert!(begin.elapsed() < std::time::Duration::from_secs(1), "{:?}", begin.elapsed());

        let mut listening = RawServer::new();
        let client = listening.client();
        let call = tokio::spawn(async move { client.unary(noted("x")).await });
        let mut pipe = listening.accept_pipe().await;
        pipe.write_all(&bytes).await.unwrap();
        let status = call.await.unwrap().unwrap_err();
        assert!(status.message().contains("SETTINGS"), "{status}");
    }
}
