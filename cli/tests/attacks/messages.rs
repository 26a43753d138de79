//! Messages that are not what they say, or become more than they were.

use puregrpc_support::{END, Frame, MORE, RawPeer, message};

use crate::attacker::{GREET, RECORD};
use crate::stage::Stage;

#[tokio::test]
async fn message_beyond_the_limit_is_refused_by_its_length() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    for (stream, length) in [(1, 4_194_305_u32), (3, u32::MAX)] {
        let prefix = [&[0][..], &length.to_be_bytes()].concat();
        peer.request(stream, GREET, &[]).await;
        peer.data(stream, [&prefix[..], &[0; 10_000]].concat(), MORE).await;
        assert_eq!(peer.answer(stream).await.status(), RESOURCE_EXHAUSTED);
    }
    peer.assert_alive().await;
    stage.report("huge message", "announced: 4 MiB + 1, 4 GiB", "RESOURCE_EXHAUSTED", None);
}

/// What is announced is not allocated.
#[tokio::test]
async fn length_that_lies_costs_nothing() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let lie = [&[0][..], &4_000_000_u32.to_be_bytes(), &[0; 10]].concat();
    for stream in (0..900).map(|number| 2 * number + 1) {
        attacker.send_frames(&[Frame::request(stream, GREET), Frame::data(stream, &lie, 0)]).await;
    }
    attacker.send_frames(&[Frame::ping([7; 8])]).await;
    assert!(attacker.until(|seen| seen.acks > 1).await, "{attacker:?}");
    let held = stage.measure().growth;
    for stream in (0..900).map(|number| 2 * number + 1) {
        attacker.send_frames(&[Frame::data(stream, [], 1)]).await;
    }
    assert!(attacker.until(|seen| seen.ends == 900).await, "{attacker:?}");
    stage.report("length lie", "900 times 4 MB announced, 10 bytes sent", "INTERNAL", None);
    assert!(held < 32 << 20, "{held} bytes");
}

/// Sends one message on each of some calls at a time; gives their statuses.
async fn decode(peer: &mut RawPeer, streams: std::ops::Range<u32>, payload: &[u8]) -> Vec<u32> {
    let body = message(payload);
    let streams: Vec<u32> = streams.map(|number| 2 * number + 1).collect();
    for stream in &streams {
        peer.request(*stream, GREET, &[]).await;
    }
    for stream in &streams {
        peer.send_data(*stream, &body, END).await;
    }
    let mut statuses = Vec::new();
    for stream in &streams {
        statuses.push(peer.answer(*stream).await.status());
    }
    statuses
}

/// A message of 4 MiB made of fields that nobody knows, each empty: twelve times that as objects.
#[tokio::test]
async fn message_that_grows_when_it_is_decoded_is_refused() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    let statuses = decode(&mut peer, 0..8, &[0x7a, 0].repeat((4 << 20) / 2)).await;
    peer.assert_alive().await;
    stage.report("amplification: empty fields", "8 calls of 4 MiB", "RESOURCE_EXHAUSTED", None);
    assert_eq!(statuses, [RESOURCE_EXHAUSTED; 8]);
}

/// Fields of a quarter of a million different numbers, of which each would become an entry of a map.
#[tokio::test]
async fn map_of_unknown_fields_is_refused() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    let field =
        |number: u32| [(number << 3) as u8 & 0xf8 | 0x80, (number >> 4) as u8 | 0x80, (number >> 11) as u8 & 0x7f, 1];
    let fields: Vec<u8> = (2048..2048 + 250_000).flat_map(field).collect();
    let statuses = decode(&mut peer, 0..4, &fields).await;
    peer.assert_alive().await;
    stage.report("unknown fields", "4 calls of 250,000 fields", "RESOURCE_EXHAUSTED", None);
    assert_eq!(statuses, [RESOURCE_EXHAUSTED; 4]);
}

/// Groups in groups in groups.
#[tokio::test]
async fn nesting_without_end_is_refused() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    let statuses = decode(&mut peer, 0..2, &[0x7b; 1_000_000]).await;
    peer.assert_alive().await;
    stage.report("nested groups", "1,000,000 deep", &format!("statuses {statuses:?}"), None);
    assert_eq!(statuses, [INTERNAL, INTERNAL]);
}

#[tokio::test]
async fn message_cut_short_is_refused_and_the_connection_lives() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    for (stream, path) in [(1, GREET), (3, RECORD)] {
        let answer = peer.call(stream, path, &[], &message([0; 9])[..7]).await;
        assert_eq!(answer.status(), INTERNAL);
    }
    peer.assert_alive().await;
    stage.report("message cut short", "7 of 14 bytes", "INTERNAL", None);
}

const RESOURCE_EXHAUSTED: u32 = 8;
const INTERNAL: u32 = 13;
