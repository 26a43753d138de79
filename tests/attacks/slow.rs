//! Peers that begin something and do not go on.

use puregrpc_support::PREFACE;

use crate::attacker::Attacker;
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
