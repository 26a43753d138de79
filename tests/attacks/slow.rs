//! Peers that begin something and do not go on.

use puregrpc_support::{Frame, PREFACE, message};

use crate::attacker::{Attacker, CHAT, GREET, RECORD};
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
