//! DATA frames: too many, too small, beyond the window.

use bytes::Bytes;
use puregrpc_support::{END, Frame, MORE, error, message, setting};

use crate::attacker::{CHAT, GREET, PATIENCE, RECORD};
use crate::stage::Stage;

#[tokio::test]
async fn flood_of_empty_data_frames_ends_the_connection() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    attacker.send_frames(&[Frame::request(1, CHAT)]).await;
    attacker.repeat(&Frame::data(1, [], 0), 1_000_000, PATIENCE).await;
    attacker.closed().await;
    stage.close("empty DATA flood", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

/// No attack at all: a burst of small messages, which stacks with the defaults of h2 take for one.
#[tokio::test]
async fn burst_of_small_messages_is_served() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    peer.request(1, RECORD, &[]).await;
    let point = [0, 0, 0, 0, 4, 8, 1, 16, 1];
    (0..BURST).for_each(|_| peer.queue_data(1, point, MORE));
    peer.queue_data(1, [], END);
    let answer = peer.answer(1).await;
    assert_eq!(answer.status(), 0);
    peer.assert_alive().await;
    stage.report("small DATA frames, legal", &format!("{BURST} messages of 9 bytes"), "served", None);
}

/// The same, a byte a frame, on a hundred calls.
#[tokio::test]
async fn messages_in_frames_of_a_byte_are_served() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let streams: Vec<u32> = (0..100).map(|number| 2 * number + 1).collect();
    attacker.send_frames(&streams.iter().map(|stream| Frame::request(*stream, GREET)).collect::<Vec<_>>()).await;
    let name = message([&[10, 100][..], &[b'n'; 100]].concat());
    for (index, byte) in name.iter().enumerate() {
        let end = u8::from(index + 1 == name.len());
        attacker
            .send_frames(&streams.iter().map(|stream| Frame::data(*stream, [*byte], end)).collect::<Vec<_>>())
            .await;
    }
    assert!(attacker.until(|seen| seen.ends == 100).await, "{attacker:?}");
    stage.close("small DATA frames, of a byte", &attacker);
    assert!(!attacker.is_cut());
}

/// More than the server has said that it takes: a handler that cannot send takes no more messages. A call has a
/// window of 256 KiB and the connection one of 4 MiB, which grows here by 16 MiB.
#[tokio::test]
async fn data_beyond_the_window_ends_the_call_and_then_the_connection() {
    let stage = Stage::open_with(&["--memory-limit", "67108864"]).await;
    let mut attacker = stage.stranger().await;
    attacker.greet_with(&[(setting::INITIAL_WINDOW_SIZE, 0)]).await;
    let two_notes = [note("here"), note("here")].concat();
    for stream in (1..STUCK).step_by(2) {
        attacker.send_frames(&[Frame::request(stream, CHAT), Frame::data(stream, &two_notes, 0)]).await;
    }
    attacker.repeat(&Frame::data(1, [0; 16_384], 0), 1_000, PATIENCE).await;
    assert!(attacker.until(|seen| seen.resets == [error::FLOW_CONTROL_ERROR]).await, "{attacker:?}");
    for stream in (3..STUCK).step_by(2) {
        attacker.send_frames(&vec![Frame::data(stream, [0; 16_384], 0); FULL]).await;
    }
    attacker.closed().await;
    stage.close("DATA beyond the window", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.0), Some(error::FLOW_CONTROL_ERROR));
}

/// Windows full of data that nobody takes hold up their own calls alone, however many they are.
#[tokio::test]
async fn calls_that_are_stuck_hold_up_no_other() {
    let stage = Stage::open().await;
    let mut attacker = stage.stranger().await;
    attacker.greet_with(&[(setting::INITIAL_WINDOW_SIZE, 0)]).await;
    let two_notes = [note("here"), note("here")].concat();
    for stream in (1..STUCK).step_by(2) {
        attacker.send_frames(&[Frame::request(stream, CHAT), Frame::data(stream, &two_notes, 0)]).await;
        attacker.send_frames(&vec![Frame::data(stream, [0; 16_384], 0); FULL]).await;
    }
    let greet = [Frame::request(STUCK, GREET), Frame::data(STUCK, [0; 5], 1), Frame::window_update(STUCK, 100)];
    attacker.send_frames(&greet).await;
    assert!(attacker.until(|seen| seen.ends == 1).await, "{attacker:?}");
    stage.close("stuck calls", &attacker);
    assert!(!attacker.is_cut());
}

/// A `RouteNote` without a place.
fn note(text: &str) -> Bytes {
    message([&[18, text.len() as u8], text.as_bytes()].concat())
}

const BURST: usize = 20_000;

/// The stream behind 100 calls that are stuck.
const STUCK: u32 = 201;

/// How many full frames a call may send unread.
const FULL: usize = 15;
