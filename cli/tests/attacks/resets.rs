//! Calls that are begun and cancelled, by the attacker or by faults that it makes.

use std::time::Instant;

use puregrpc_support::{Frame, error};

use crate::attacker::{Attacker, GREET, PATIENCE, Seen, WATCH};
use crate::stage::Stage;

#[tokio::test]
async fn rapid_reset_in_a_burst_ends_the_connection() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let pair = |number: u32| vec![Frame::request(2 * number + 1, GREET), Frame::reset(2 * number + 1, error::CANCEL)];
    attacker.flood(100_000, PATIENCE, pair).await;
    attacker.closed().await;
    stage.close("rapid reset, burst", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn rapid_reset_of_calls_that_were_taken_ends_the_connection() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    paced(&mut attacker).await;
    attacker.closed().await;
    stage.close("rapid reset, paced", &attacker);
    assert_eq!(attacker.seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

/// Begins calls, waits until their handlers have answered, and cancels them.
async fn paced(attacker: &mut Attacker) {
    let (begun, mut number) = (Instant::now(), 1);
    while !attacker.is_cut() && begun.elapsed() < PATIENCE {
        let streams: Vec<u32> = (0..100).map(|index| number + 2 * index).collect();
        number += 200;
        let begin = |stream: &u32| [Frame::request(*stream, WATCH), Frame::data(*stream, [0; 5], 1)];
        attacker.send_frames(&streams.iter().flat_map(begin).collect::<Vec<_>>()).await;
        let heads = attacker.seen.heads;
        attacker.until(|seen| seen.heads >= heads + 100 || seen.cut.is_some()).await;
        let cancel = |stream: &u32| Frame::reset(*stream, error::CANCEL);
        attacker.send_frames(&streams.iter().map(cancel).collect::<Vec<_>>()).await;
    }
}

/// Begins calls and makes faults that the server itself has to reset them for.
async fn made_to_reset(attack: &str, fault: impl Fn(u32) -> Vec<Frame>) -> Seen {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    attacker.flood(MOST_CALLS, PATIENCE, |number| fault(2 * number + 1)).await;
    attacker.closed().await;
    stage.close(attack, &attacker);
    attacker.seen
}

#[tokio::test]
async fn made_you_reset_by_a_window_that_overflows_ends_the_connection() {
    let overflow = |stream| vec![Frame::request(stream, WATCH), Frame::window_update(stream, i32::MAX as u32)];
    let seen = made_to_reset("MadeYouReset, window overflow", overflow).await;
    assert_eq!(seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn made_you_reset_by_priority_on_itself_ends_the_connection() {
    let circle = |stream| vec![Frame::request(stream, WATCH), Frame::priority(stream, stream)];
    let seen = made_to_reset("MadeYouReset, PRIORITY on itself", circle).await;
    assert_eq!(seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn made_you_reset_by_second_headers_ends_the_connection() {
    let twice = |stream| vec![Frame::request(stream, WATCH), Frame::request(stream, WATCH)];
    let seen = made_to_reset("MadeYouReset, second HEADERS", twice).await;
    // On a stream that was refused they are a fault of the whole connection.
    assert!(seen.goaway.is_some_and(|(code, _)| [error::PROTOCOL_ERROR, error::ENHANCE_YOUR_CALM].contains(&code)));
}

#[tokio::test]
async fn made_you_reset_by_a_wrong_content_length_ends_the_connection() {
    let lie = |stream| vec![Frame::call(stream, WATCH, &[("content-length", "1")]), Frame::data(stream, [0; 5], 1)];
    let seen = made_to_reset("MadeYouReset, content-length", lie).await;
    assert_eq!(seen.goaway.map(|goaway| goaway.0), Some(error::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn made_you_reset_by_an_empty_window_update_ends_the_connection_at_once() {
    let empty = |stream| vec![Frame::request(stream, WATCH), Frame::window_update(stream, 0)];
    let seen = made_to_reset("MadeYouReset, WINDOW_UPDATE 0", empty).await;
    assert_eq!(seen.goaway.map(|goaway| goaway.0), Some(error::PROTOCOL_ERROR));
}

#[tokio::test]
async fn made_you_reset_by_data_behind_the_end_ends_the_connection_at_once() {
    let late =
        |stream| vec![Frame::request(stream, WATCH), Frame::data(stream, [0; 5], 1), Frame::data(stream, [0; 5], 1)];
    let seen = made_to_reset("MadeYouReset, DATA after END_STREAM", late).await;
    assert_eq!(seen.goaway.map(|goaway| goaway.0), Some(error::PROTOCOL_ERROR));
}

/// More calls than the faults that any connection is forgiven.
const MOST_CALLS: usize = 300_000;
