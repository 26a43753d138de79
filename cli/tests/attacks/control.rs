//! Floods of frames that carry nothing for a call.

use puregrpc_support::{Frame, error, kind};

use crate::attacker::PATIENCE;
use crate::stage::Stage;

/// Sends one frame over and over again; gives how it ended.
async fn flood(attack: &str, frame: Frame) -> Option<(u32, String)> {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    attacker.repeat(&frame, MANY, PATIENCE).await;
    attacker.closed().await;
    stage.close(attack, &attacker);
    attacker.seen.goaway
}

#[tokio::test]
async fn ping_flood_ends_the_connection() {
    let goaway = flood("PING flood", Frame::ping([0; 8])).await;
    assert_eq!(goaway, Some((error::ENHANCE_YOUR_CALM, "too_many_pings".to_owned())));
}

#[tokio::test]
async fn settings_flood_ends_the_connection() {
    let goaway = flood("SETTINGS flood", Frame::settings(&[])).await;
    assert_eq!(goaway, Some((error::ENHANCE_YOUR_CALM, "too_many_settings".to_owned())));
}

#[tokio::test]
async fn priority_flood_ends_the_connection() {
    let goaway = flood("PRIORITY flood", Frame::priority(1, 0)).await;
    assert_eq!(goaway, Some((error::ENHANCE_YOUR_CALM, "too_many_control_frames".to_owned())));
}

#[tokio::test]
async fn window_update_flood_ends_the_connection() {
    let goaway = flood("WINDOW_UPDATE(1) flood", Frame::window_update(0, 1)).await;
    assert_eq!(goaway, Some((error::ENHANCE_YOUR_CALM, "too_many_control_frames".to_owned())));
}

#[tokio::test]
async fn flood_of_unknown_frames_ends_the_connection() {
    let goaway = flood("unknown frames flood", Frame::new(0xba, 0xff, 7, [1, 2, 3])).await;
    assert_eq!(goaway, Some((error::ENHANCE_YOUR_CALM, "too_many_control_frames".to_owned())));
}

#[tokio::test]
async fn flood_of_acknowledgements_nobody_asked_for_ends_the_connection() {
    let goaway = flood("PING ACK flood", Frame::new(kind::PING, 1, 0, [0; 8])).await;
    assert_eq!(goaway, Some((error::ENHANCE_YOUR_CALM, "too_many_control_frames".to_owned())));
}

/// More than any limit lets through in the time.
const MANY: usize = 5_000_000;
