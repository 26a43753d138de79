//! Blocks of headers that do not end, or are not what they seem.

use puregrpc_support::{Frame, error, flag, kind, request};

use crate::attacker::{CHAT, GREET, PATIENCE, Seen};
use crate::stage::Stage;

/// Begins a block of headers that `next` goes on with for ever.
async fn endless(attack: &str, next: Frame) -> Seen {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    attacker.send_frames(&[Frame::headers(1, 0, &request(GREET, &[]))]).await;
    attacker.repeat(&next, 1_000_000, PATIENCE).await;
    attacker.closed().await;
    stage.close(attack, &attacker);
    attacker.seen
}

#[tokio::test]
async fn continuation_flood_ends_the_connection() {
    let field = [&[0, 1, b'x', 127, 0][..], &[b'y'; 127]].concat();
    let seen = endless("CONTINUATION flood", Frame::new(kind::CONTINUATION, 0, 1, field.repeat(10))).await;
    assert_eq!(seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn flood_of_empty_continuations_ends_the_connection() {
    let seen = endless("CONTINUATION flood, empty", Frame::new(kind::CONTINUATION, 0, 1, [])).await;
    assert_eq!(seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

/// One entry of the table, and then 16,000 times a byte that stands for it.
#[tokio::test]
async fn hpack_bomb_ends_the_connection() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let entry = [&[0x40, 1, b'x', 127, 0xa1, 0x1e][..], &[b'y'; 4000]].concat();
    let fields = Frame::request(1, GREET).payload;
    let block = [&fields[..], &entry, &[0xbe; 16_000]].concat();
    let (begin, end) = block.split_at(16_384);
    let begin = Frame::new(kind::HEADERS, 0, 1, begin);
    attacker.send_frames(&[begin, Frame::new(kind::CONTINUATION, flag::END_HEADERS, 1, end)]).await;
    attacker.closed().await;
    stage.close("HPACK bomb", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn large_metadata_is_refused_and_the_connection_lives() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    for (stream, size, status) in [(1, 20_000, 200), (3, 300_000, 200), (5, 340_000, 431)] {
        let value = "v".repeat(size);
        let refused = peer.call(stream, GREET, &[("large", &value)], &[0; 5]).await;
        assert_eq!(refused.http_status(), status);
    }
    peer.assert_alive().await;
    stage.report("large metadata", "20 kB, 300 kB, 340 kB", "RESOURCE_EXHAUSTED, HTTP 431", None);
}

/// Fields that HTTP/2 or gRPC forbids: the call is refused, nothing else.
#[tokio::test]
async fn forbidden_fields_are_refused_and_the_connection_lives() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let bad: [&[(&str, &str)]; 4] = [
        &[("te", "frobnicate")],
        &[("connection", "close")],
        &[("transfer-encoding", "chunked")],
        &[(":scheme", "http")],
    ];
    for (index, extra) in bad.into_iter().enumerate() {
        let fields = [&request(GREET, &[])[..], &owned(extra)].concat();
        attacker.send_frames(&[Frame::headers(2 * index as u32 + 1, flag::END_HEADERS, &fields)]).await;
        let told = index + 1;
        assert!(attacker.until(|seen| seen.resets.len() == told).await, "{extra:?}: {attacker:?}");
    }
    attacker.send_frames(&[Frame::request(101, GREET), Frame::data(101, [0; 5], 1)]).await;
    assert!(attacker.until(|seen| seen.ends == 1).await, "{attacker:?}");
    stage.close("forbidden fields", &attacker);
}

/// Names and values that are none: h2 ends the connection for most of them.
#[tokio::test]
async fn malformed_fields_reach_no_handler() {
    let stage = Stage::open().await;
    let bad = [("Upper", "case"), (":unknown", "x"), ("bad name", "x"), ("x", "new\r\nline"), ("", "x"), ("x", "\0")];
    let mut outcomes = Vec::new();
    for extra in bad {
        let mut attacker = stage.attacker().await;
        let fields = [&request(GREET, &[])[..], &owned(&[extra])].concat();
        attacker.send_frames(&[Frame::headers(1, flag::END_HEADERS, &fields), Frame::data(1, [0; 5], 1)]).await;
        attacker.until(|seen| seen.cut.is_some() || !seen.resets.is_empty()).await;
        assert!(attacker.is_cut() || attacker.seen.resets == [error::PROTOCOL_ERROR], "{extra:?}: {attacker:?}");
        assert_eq!(attacker.seen.heads, 0, "{extra:?}: {attacker:?}");
        outcomes.push(attacker.seen.to_string());
    }
    outcomes.dedup();
    stage.report("malformed fields", "6 requests", &outcomes.join("; "), None);
}

/// Hundreds of fields of a byte each, all that the limit allows, held by as many calls as may be open.
#[tokio::test]
async fn metadata_of_calls_that_are_held_is_bounded() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let entry = [0x40, 1, b'x', 0];
    for number in 0..900 {
        let fields = Frame::request(2 * number + 1, CHAT).payload;
        let block = [&fields[..], if number == 0 { &entry[..] } else { &[] }, &[0xbe; 470]].concat();
        attacker.send_frames(&[Frame::new(kind::HEADERS, flag::END_HEADERS, 2 * number + 1, block)]).await;
    }
    attacker.send_frames(&[Frame::ping([7; 8])]).await;
    assert!(attacker.until(|seen| seen.acks > 1).await, "{attacker:?}");
    stage.close("metadata of held calls", &attacker);
    assert!(!attacker.is_cut());
}

fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What comes of half a block: the server waits for the rest no longer than for a greeting.
#[tokio::test]
async fn half_a_block_of_headers_ends_the_connection() {
    let stage = Stage::open_with(&["--header-block-timeout", "300ms"]).await;
    let mut attacker = stage.attacker().await;
    attacker.send_frames(&[Frame::headers(1, 0, &request(GREET, &[]))]).await;
    attacker.closed().await;
    stage.close("slow loris: half a header block", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.1), Some("header_block_timeout".to_owned()));
}
