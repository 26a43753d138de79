//! Peers that keep a connection busy with frames that carry nothing, or that leave frames unfinished.

use puregrpc::Server;
use puregrpc_support::{
    BIDI, END, Frame, MORE, PREFACE, RawPeer, Running, Script, UNARY, error, flag, kind, note, setting,
};
use std::time::Duration;
use tokio::time::{Instant, advance};

/// The peer is told why it loses its connection; the others are served.
async fn is_cut(running: &Running, peer: &mut RawPeer, why: &str) {
    let goaway = peer.goaway().await;
    assert_eq!((goaway.code, &*goaway.debug), (error::ENHANCE_YOUR_CALM, why.as_bytes()));
    peer.closed().await;
    assert_eq!(running.peer().await.call(1, UNARY, &[], &note("x")).await.status(), 0);
}

async fn flood(peer: &mut RawPeer, frame: &Frame, count: usize) {
    (0..count).for_each(|_| peer.queue(frame));
    peer.flush().await;
}

#[tokio::test(start_paused = true)]
async fn settings_are_taken_ten_a_second() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    flood(&mut peer, &Frame::settings(&[]), 19).await;
    peer.assert_alive().await;
    advance(Duration::from_secs(1)).await;
    flood(&mut peer, &Frame::settings(&[(setting::MAX_FRAME_SIZE, 1 << 20)]), 10).await;
    peer.assert_alive().await;
    flood(&mut peer, &Frame::settings(&[]), 1).await;
    is_cut(&running, &mut peer, "too_many_settings").await;
}

#[tokio::test(start_paused = true)]
async fn frames_that_carry_nothing_are_taken_a_thousand_a_second() {
    let frames = [
        Frame::priority(1, 3),
        Frame::window_update(0, 1),
        Frame::new(0xba, 0, 0, b"grease"),
        Frame::pong([7; 8]),
        Frame::ping([7; 8]),
    ];
    for frame in frames {
        let running = Running::start(Server::new().max_control_frames(50).add(Script::echo()));
        let mut peer = running.peer().await;
        // The greeting has cost two: the ACK of the settings, and a PING.
        let (left, settle) = (48, 1);
        flood(&mut peer, &frame, left - settle).await;
        peer.assert_alive().await;
        advance(Duration::from_millis(20)).await;
        flood(&mut peer, &frame, 20 - settle).await;
        peer.assert_alive().await;
        flood(&mut peer, &frame, 1).await;
        is_cut(&running, &mut peer, "too_many_control_frames").await;
    }
}

/// Ten thousand come at once by default.
#[tokio::test(start_paused = true)]
async fn the_default_takes_ten_thousand_at_once() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    flood(&mut peer, &Frame::window_update(0, 1), 9_990).await;
    peer.assert_alive().await;
    flood(&mut peer, &Frame::window_update(0, 1), 20).await;
    is_cut(&running, &mut peer, "too_many_control_frames").await;
}

/// Whoever receives a stream and gives back the window of each frame twice is no attacker.
#[tokio::test(start_paused = true)]
async fn window_updates_of_a_receiver_are_no_flood() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            for _ in 0..500 {
                replies.send(&puregrpc_support::noted([7; 100])).await?;
                tokio::task::yield_now().await;
            }
            Ok(())
        })
    });
    let running = Running::start(Server::new().max_control_frames(50).add(script));
    let mut peer = running.peer().await;
    peer.request(1, puregrpc_support::SERVER_STREAM, &[]).await;
    peer.data(1, note("x"), END).await;
    for _ in 0..500 {
        peer.message(1).await;
        peer.queue(&Frame::window_update(0, 100));
        peer.queue(&Frame::window_update(1, 100));
    }
    assert_eq!(peer.over(1).await.status(), 0);
    peer.assert_alive().await;
}

/// Opens a call and waits until its handler has answered something.
async fn begin(peer: &mut RawPeer, stream: u32) {
    peer.request(stream, BIDI, &[]).await;
    peer.data(stream, note("x"), MORE).await;
    peer.note(stream).await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_cancelled_at_once_use_up_a_budget() {
    let running = Running::start(Server::new().max_quick_cancels(5).add(Script::echo()));
    let mut peer = running.peer().await;
    for stream in [1, 3, 5, 7, 9] {
        begin(&mut peer, stream).await;
        peer.reset(stream, error::CANCEL).await;
    }
    peer.assert_alive().await;
    begin(&mut peer, 11).await;
    peer.reset(11, error::CANCEL).await;
    is_cut(&running, &mut peer, "too_many_resets").await;
}

/// However few calls may be open: a busy client may cancel more, and begin others, before the server has taken them.
#[tokio::test(start_paused = true)]
async fn calls_that_are_cancelled_before_they_are_taken_count_as_others() {
    let running = Running::start(Server::new().max_concurrent_streams(10).add(Script::echo()));
    let mut peer = running.peer().await;
    let cancelled = |peer: &mut RawPeer, stream| {
        peer.queue_headers(stream, &puregrpc_support::request(UNARY, &[]), false);
        peer.queue(&Frame::reset(stream, error::CANCEL));
    };
    (1..2_000).step_by(2).for_each(|stream| cancelled(&mut peer, stream));
    peer.assert_alive().await;
    cancelled(&mut peer, 2_001);
    is_cut(&running, &mut peer, "too_many_resets").await;
}

/// As many calls may be cancelled as end well, and whatever has lasted for a second.
#[tokio::test(start_paused = true)]
async fn calls_that_lasted_or_ended_well_are_no_rapid_resets() {
    let running = Running::start(Server::new().max_quick_cancels(2).add(Script::echo()));
    let mut peer = running.peer().await;
    for stream in (1..100).step_by(4) {
        assert_eq!(peer.call(stream, UNARY, &[], &note("x")).await.status(), 0);
        begin(&mut peer, stream + 2).await;
        peer.reset(stream + 2, error::CANCEL).await;
    }
    for stream in (101..200).step_by(2) {
        begin(&mut peer, stream).await;
    }
    advance(Duration::from_secs(1)).await;
    for stream in (101..200).step_by(2) {
        peer.reset(stream, error::CANCEL).await;
    }
    peer.assert_alive().await;
}

/// A call of a connection that is cut is cancelled.
#[tokio::test(start_paused = true)]
async fn the_handlers_of_a_connection_that_is_cut_are_dropped() {
    let (tell, mut told) = tokio::sync::mpsc::channel::<()>(1);
    let script = Script::echo().bidi(move |_, _| {
        let tell = tell.clone();
        Box::pin(async move {
            tell.send(()).await.unwrap();
            let _held = tell;
            std::future::pending().await
        })
    });
    let running = Running::start(Server::new().max_control_frames(50).add(script));
    let mut peer = running.peer().await;
    peer.request(1, BIDI, &[]).await;
    told.recv().await.unwrap();
    flood(&mut peer, &Frame::priority(1, 3), 100).await;
    peer.goaway().await;
    running.report().await;
    assert_eq!(told.recv().await, None);
}

/// The head, the fields and the end of the headers must come within 10 s; so must any frame but DATA.
#[tokio::test(start_paused = true)]
async fn what_is_left_half_sent_ends_the_connection() {
    let mut half_control = bytes::BytesMut::new();
    Frame::window_update(0, 1).encode(&mut half_control);
    half_control.truncate(10);
    let mut no_end = bytes::BytesMut::new();
    Frame::new(kind::HEADERS, flag::END_STREAM, 1, [0x83]).encode(&mut no_end);
    for half in [&no_end[..], &no_end[..no_end.len() - 1], &no_end[..4], &half_control] {
        let running = Script::echo().serve();
        let mut peer = running.peer().await;
        let begin = Instant::now();
        peer.send_bytes(half).await;
        is_cut(&running, &mut peer, "header_block_timeout").await;
        assert_eq!(begin.elapsed().as_secs(), 10);
    }
}

/// The preface may take its time, and so may the SETTINGS.
#[tokio::test(start_paused = true)]
async fn a_slow_greeting_is_taken() {
    let mut greeting = bytes::BytesMut::from(PREFACE);
    Frame::settings(&[]).encode(&mut greeting);
    let running = Running::start(Server::new().handshake_timeout(Duration::from_secs(5)).add(Script::echo()));
    let mut io = running.connect().await;
    for piece in greeting.chunks(4) {
        tokio::io::AsyncWriteExt::write_all(&mut io, piece).await.unwrap();
        advance(Duration::from_millis(900)).await;
    }
    let mut said = Vec::new();
    let closed = tokio::io::AsyncReadExt::read_to_end(&mut io, &mut said);
    tokio::time::timeout(Duration::from_secs(60), closed).await.expect_err("it lives on");
}

/// Headers that come to their end within the time are taken.
#[tokio::test(start_paused = true)]
async fn slow_headers_are_taken() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    let block = [0x83, 0x86, 0x04, 1, b'/', 0x01, 1, b'h'];
    peer.open(1);
    peer.send(&Frame::new(kind::HEADERS, flag::END_STREAM, 1, &block[..3])).await;
    advance(Duration::from_millis(9_900)).await;
    peer.send(&Frame::new(kind::CONTINUATION, flag::END_HEADERS, 1, &block[3..])).await;
    assert_eq!(peer.over(1).await.head().get(":status"), Some("415"));
    advance(Duration::from_secs(10)).await;
    peer.assert_alive().await;
}

/// To let the rest come byte by byte gains no time.
#[tokio::test(start_paused = true)]
async fn headers_that_drip_end_the_connection() {
    let server = Server::new().header_block_timeout(Duration::from_secs(3)).add(Script::echo());
    let running = Running::start(server);
    let mut peer = running.peer().await;
    let mut drip = bytes::BytesMut::new();
    let field = [0, 1, b'x', 1, b'y'];
    Frame::new(kind::HEADERS, 0, 1, field).encode(&mut drip);
    (0..5).for_each(|_| Frame::new(kind::CONTINUATION, 0, 1, field).encode(&mut drip));
    let begin = Instant::now();
    for piece in drip.chunks(10) {
        peer.send_bytes(piece).await;
        advance(Duration::from_secs(1)).await;
    }
    is_cut(&running, &mut peer, "header_block_timeout").await;
    assert!(begin.elapsed().as_secs() < 12);
}

/// DATA may take its time.
#[tokio::test(start_paused = true)]
async fn half_a_data_frame_is_no_fault() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    peer.request(1, UNARY, &[]).await;
    let mut body = bytes::BytesMut::new();
    Frame::data(1, note("x"), flag::END_STREAM).encode(&mut body);
    peer.send_bytes(&body[..12]).await;
    tokio::time::timeout(Duration::from_secs(30), peer.closed()).await.expect_err("it lives on");
    peer.send_bytes(&body[12..]).await;
    assert_eq!(peer.over(1).await.status(), 0);
}

/// A preface is not enough: the SETTINGS must come, too.
#[tokio::test(start_paused = true)]
async fn a_client_without_settings_is_cut() {
    let running = Running::start(Server::new().handshake_timeout(Duration::from_secs(3)).add(Script::echo()));
    let mut io = running.connect().await;
    let begin = Instant::now();
    tokio::io::AsyncWriteExt::write_all(&mut io, PREFACE).await.unwrap();
    let mut said = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut io, &mut said).await.unwrap();
    assert!(said.ends_with(b"\0\0\0\x0bsettings_timeout"), "{said:?}");
    assert_eq!(begin.elapsed().as_secs(), 3);
}
