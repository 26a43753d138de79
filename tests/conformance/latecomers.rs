//! Calls that come as their connection is about to end (R17).

use puregrpc::Server;
use puregrpc_support::{BIDI, END, Frame, MORE, RawPeer, Running, Script, UNARY, error, flag, kind, note, request};
use std::time::Duration;

/// What h2 puts into the PING behind its first GOAWAY.
const SHUTDOWN: [u8; 8] = [0x0b, 0x7b, 0xa2, 0xf0, 0x8b, 0x9b, 0xfe, 0x54];

/// The frames of a call, each of which a client may just have sent when it hears of the GOAWAY.
fn call(stream: u32) -> Vec<Frame> {
    let block = puregrpc_support::encode(&request(UNARY, &[]));
    let (head, tail) = block.split_at(20);
    vec![
        Frame::new(kind::HEADERS, 0, stream, head),
        Frame::new(kind::CONTINUATION, flag::END_HEADERS, stream, tail),
        Frame::priority(stream, 0),
        Frame::window_update(stream, 1_000),
        Frame::new(0xba, 0xff, stream, b"grease"),
        Frame::data(stream, [], 0),
        Frame::padded_data(stream, &note("late")[..3], 7, 0),
        Frame::window_update(stream, 1_000),
        Frame::data(stream, &note("late")[3..], flag::END_STREAM),
    ]
}

/// Calls that end otherwise.
fn others(stream: u32) -> Vec<Vec<Frame>> {
    let headers = Frame::request(stream, UNARY);
    let trailers = Frame::headers(stream, flag::END_HEADERS | flag::END_STREAM, &[("x", "y")]);
    vec![
        vec![headers.clone(), Frame::window_update(stream, 9), Frame::reset(stream, error::CANCEL)],
        vec![headers, Frame::data(stream, note("late"), 0), trailers, Frame::window_update(stream, 9)],
    ]
}

/// A server that is about to end, with a call on stream 1 of a peer that has not answered the PING.
async fn leaving() -> (Running, RawPeer) {
    let mut server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, BIDI, &[]).await;
    peer.data(1, note("x"), MORE).await;
    assert_eq!(peer.note(1).await, "x");
    peer.hold_pongs();
    server.stop();
    assert_eq!(peer.goaway().await.last_stream, 0x7fff_ffff);
    (server, peer)
}

/// The call that was there before comes to its end, and the report says so.
async fn assert_unharmed(server: Running, mut peer: RawPeer) {
    peer.data(1, note("y"), END).await;
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into(), "y".into()]), "{peer:?}");
    peer.closed().await;
    let report = server.report().await;
    assert_eq!(report.cut_calls, 0);
    assert!(report.finished_calls >= 1, "{report:?}");
}

/// R17: a call that comes with the answer to the PING, or before it, is served.
#[tokio::test(start_paused = true)]
async fn a_call_that_comes_with_the_answer_to_the_ping_is_served() {
    for position in 0..=2 {
        let (server, mut peer) = leaving().await;
        let mut frames = call(3);
        // Not within a block of headers, which nothing may interrupt.
        frames.insert([0, 2, 9][position], Frame::pong(SHUTDOWN));
        peer.open(3);
        frames.iter().for_each(|frame| peer.queue(frame));
        peer.flush().await;
        let answer = peer.answer(3).await;
        assert_eq!((answer.status(), answer.notes()), (0, vec!["late".into()]), "{position}");
        assert_eq!(peer.goaway().await.last_stream, 3);
        assert_unharmed(server, peer).await;
    }
}

/// R17: of a call that comes later the server says that it was not begun, whatever its frames are, each for itself or
/// all at once.
#[tokio::test(start_paused = true)]
async fn no_frame_of_a_call_that_comes_too_late_harms_others() {
    for frames in others(3).into_iter().chain([call(3)]) {
        for at_once in [true, false] {
            let (server, mut peer) = leaving().await;
            peer.send(&Frame::pong(SHUTDOWN)).await;
            assert_eq!(peer.goaway().await.last_stream, 1);
            for frame in &frames {
                peer.queue(frame);
                let block_open = frame.kind == kind::HEADERS && !frame.has(flag::END_HEADERS);
                if !at_once && !block_open {
                    peer.settle().await;
                }
            }
            peer.settle().await;
            assert_unharmed(server, peer).await;
        }
    }
}

/// R17: the same for frames that come before the server's last GOAWAY is on its way.
#[tokio::test(start_paused = true)]
async fn frames_that_cross_the_last_goaway_harm_no_other_call() {
    for frames in others(3).into_iter().chain([call(3)]) {
        let (server, mut peer) = leaving().await;
        peer.open(3);
        peer.queue(&Frame::pong(SHUTDOWN));
        frames.iter().for_each(|frame| peer.queue(frame));
        peer.settle().await;
        assert_unharmed(server, peer).await;
    }
}

/// R17: the same where the connection has become too old.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_too_old_serves_what_comes_with_the_answer_to_the_ping() {
    let age = Duration::from_secs(20);
    let running = Running::start(Server::new().max_connection_age(age).add(Script::echo()));
    let mut peer = running.peer().await;
    peer.hold_pongs();
    peer.request(1, BIDI, &[]).await;
    peer.data(1, note("x"), MORE).await;
    assert_eq!(peer.goaway().await.last_stream, 0x7fff_ffff);
    peer.open(3);
    peer.queue(&Frame::pong(SHUTDOWN));
    call(3).iter().for_each(|frame| peer.queue(frame));
    assert_eq!(peer.answer(3).await.status(), 0);
    assert_eq!(peer.goaway().await.last_stream, 3);
    call(5).iter().for_each(|frame| peer.queue(frame));
    peer.data(1, note("y"), END).await;
    assert_eq!(peer.answer(1).await.notes(), ["x", "y"]);
    peer.closed().await;
}
