//! What comes before TLS is spoken, and instead of it.

use puregrpc_support::{Frame, PREFACE, error};

use crate::attacker::{Attacker, GREET, PATIENCE};
use crate::stage::{Stage, is_full};

/// Says this without any TLS; gives what the server did.
async fn bare(attack: &str, bytes: &[u8]) -> Attacker {
    let stage = Stage::open_secure(&["--handshake-timeout", "300ms"]).await;
    let mut attacker = stage.stranger_over(stage.socket(1).await);
    attacker.send(bytes).await;
    attacker.closed().await;
    stage.close(attack, &attacker);
    attacker
}

#[tokio::test]
async fn silence_instead_of_a_handshake_is_closed() {
    assert!(bare("TLS: silent", b"").await.seen.closed);
}

#[tokio::test]
async fn half_a_handshake_is_closed() {
    assert!(bare("TLS: half a ClientHello", &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await.seen.closed);
}

#[tokio::test]
async fn http2_without_tls_is_closed() {
    assert!(bare("TLS: plain HTTP/2", PREFACE).await.seen.closed);
}

#[tokio::test]
async fn what_is_no_tls_is_closed() {
    assert!(bare("TLS: noise", &[0xff; 10_000]).await.seen.closed);
}

/// Handshakes, each of which costs the server a signature, and nothing behind them.
#[tokio::test]
async fn handshakes_without_calls_leave_time_for_others() {
    let stage = Stage::open_secure(&[]).await;
    let before = stage.server.descriptors();
    let handshakes = if is_full() { 500 } else { 40 };
    for _ in 0..handshakes {
        drop(stage.connect().await);
    }
    let cost = stage.measure();
    stage.settle(before);
    cost.print("TLS: handshakes alone", &format!("{handshakes} connections"), "served", None);
}

/// One of the attacks inside of TLS; PUREGRPC_ATTACKS=tls makes all of them so.
#[tokio::test]
async fn rapid_reset_inside_of_tls_ends_the_connection() {
    let stage = Stage::open_secure(&[]).await;
    let mut attacker = stage.attacker().await;
    let pair = |number: u32| vec![Frame::request(2 * number + 1, GREET), Frame::reset(2 * number + 1, error::CANCEL)];
    attacker.flood(100_000, PATIENCE, pair).await;
    attacker.closed().await;
    stage.close("TLS: rapid reset, burst", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

/// The same for a flood that the frame meter ends.
#[tokio::test]
async fn ping_flood_inside_of_tls_ends_the_connection() {
    let stage = Stage::open_secure(&[]).await;
    let mut attacker = stage.attacker().await;
    attacker.repeat(&Frame::ping([0; 8]), 1_000_000, PATIENCE).await;
    attacker.closed().await;
    stage.close("TLS: PING flood", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.1), Some("too_many_pings".to_owned()));
}
