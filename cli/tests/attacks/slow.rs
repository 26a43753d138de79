//! Peers that begin something and do not go on.

use std::time::Instant;

use puregrpc_support::{Frame, PREFACE, error, message, setting};

use crate::attacker::{Attacker, CHAT, GREET, LIST, RECORD};
use crate::stage::Stage;

/// Says `greeting` and then nothing; gives what the server did.
async fn silent(attack: &str, greeting: &[u8]) -> Attacker {
    let stage = Stage::open_with(&["--handshake-timeout", "300ms"]).await;
    let mut attacker = stage.stranger().await;
    attacker.send(greeting).await;
    attacker.closed().await;
    stage.close(attack, &attacker);
    attacker
}

#[tokio::test]
async fn silent_connection_is_closed() {
    assert!(silent("slow loris: silent", b"").await.seen.closed);
}

#[tokio::test]
async fn half_a_preface_is_closed() {
    assert!(silent("slow loris: half a preface", &PREFACE[..12]).await.seen.closed);
}

#[tokio::test]
async fn preface_without_settings_is_closed() {
    assert!(silent("slow loris: no SETTINGS", PREFACE).await.is_cut());
}

/// Half a message on each of a hundred calls, of all kinds.
#[tokio::test]
async fn half_a_message_is_given_up() {
    let stage = Stage::open_with(&["--stall-timeout", "300ms"]).await;
    let mut attacker = stage.attacker().await;
    let half = &message([0; 9])[..7];
    for stream in (0..100).map(|number| 2 * number + 1) {
        let path = [GREET, RECORD, CHAT][stream as usize % 3];
        attacker.send_frames(&[Frame::request(stream, path), Frame::data(stream, half, 0)]).await;
    }
    assert!(attacker.until(|seen| seen.ends == 100).await, "{attacker:?}");
    stage.close("slow loris: half a message", &attacker);
    assert!(!attacker.is_cut());
}

/// Nine hundred answers of some KiB, none of which is given any window.
#[tokio::test]
async fn answers_without_window_are_given_up() {
    let stage = Stage::open_with(&["--stall-timeout", "300ms"]).await;
    let mut attacker = stage.stranger().await;
    attacker.greet_with(&[(setting::INITIAL_WINDOW_SIZE, 0)]).await;
    attacker.send_frames(&lists()).await;
    assert!(attacker.until(|seen| seen.resets.len() == 900).await, "{attacker:?}");
    stage.close("zero window", &attacker);
    assert!(attacker.seen.resets.iter().all(|code| *code == error::ENHANCE_YOUR_CALM));
}

/// The same with windows without end, on a socket that nobody reads.
#[tokio::test]
async fn answers_that_nobody_reads_end_the_connection() {
    let stage = Stage::open_with(&["--stall-timeout", "300ms"]).await;
    let before = stage.server.descriptors();
    let mut attacker = stage.stranger().await;
    attacker.greet_with(&[(setting::INITIAL_WINDOW_SIZE, i32::MAX as u32)]).await;
    attacker.send_frames(&[Frame::window_update(0, i32::MAX as u32 - 65_535)]).await;
    attacker.deafen();
    let begun = Instant::now();
    for number in 0..MANY {
        let stream = 2 * number + 1;
        if !attacker.send_frames(&[Frame::request(stream, LIST), Frame::data(stream, message(WORLD), 1)]).await {
            break;
        }
    }
    stage.settle(before);
    stage.report("answers that nobody reads", &format!("{} frames", attacker.frames), "cut", Some(begun.elapsed()));
}

/// Calls for all places of the world, as many as may be open.
fn lists() -> Vec<Frame> {
    let calls = (0..900).map(|number| 2 * number + 1);
    calls.flat_map(|stream| [Frame::request(stream, LIST), Frame::data(stream, message(WORLD), 1)]).collect()
}

/// A `Rectangle` from one end of both axes to the other.
const WORLD: [u8; 38] = [
    0x0a, 0x16, 0x08, 0x80, 0xae, 0xec, 0xd2, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x01, 0x10, 0x80, 0xdc, 0xd8, 0xa5, 0xf9,
    0xff, 0xff, 0xff, 0xff, 0x01, 0x12, 0x0c, 0x08, 0x80, 0xd2, 0x93, 0xad, 0x03, 0x10, 0x80, 0xa4, 0xa7, 0xda, 0x06,
];

/// More calls than sockets and memory of any size take answers of.
const MANY: u32 = 4_000;
