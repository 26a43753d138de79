//! Floods of frames that carry nothing for a call.

use crate::hostile::{Deed, Pace, bytes};
use crate::stage::{Outcome, Reader, attack};
use puregrpc::Code;
use puregrpc_support::{Frame, kind};

/// Says one frame a million times, in writes of a thousand; the client closes the connection before the end.
async fn flood(name: &str, frame: Frame) {
    let again = bytes(&vec![frame; 1_000]);
    let size = again.len() as u64;
    let deed = Deed::Attack { first: Vec::new(), again, times: 1_000, pace: Pace::AtOnce };
    let outcome: Outcome = attack(name, Reader::Reads, deed).await;
    outcome.assert_code(&[Code::Unavailable]);
    assert!(outcome.written < size * 900, "{name}: the connection goes on: {outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_is_flooded_with_settings() {
    flood("SETTINGS flood", Frame::settings(&[])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_is_flooded_with_pings() {
    flood("PING flood", Frame::ping([0; 8])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_is_flooded_with_acknowledgements() {
    flood("PING ACK flood", Frame::pong([0; 8])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_is_flooded_with_priorities() {
    flood("PRIORITY flood", Frame::priority(1, 0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_is_flooded_with_window_updates() {
    flood("WINDOW_UPDATE(1) flood", Frame::window_update(0, 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_is_flooded_with_unknown_frames() {
    flood("unknown frames flood", Frame::new(0xba, 0xff, 0, [1, 2, 3])).await;
}

/// RFC 9113, 8.4: a client that has said no to pushes ends the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_pushes() {
    let promise = Frame::new(kind::PUSH_PROMISE, 4, 1, [0, 0, 0, 2, 0x88]);
    flood("pushed streams", promise).await;
}

/// RFC 9113, 5.1: frames of streams that nobody has opened end the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_ends_a_connection_that_answers_what_nobody_has_asked() {
    flood("answers on idle streams", Frame::new(kind::HEADERS, 5, 1_001, [0x88])).await;
    flood("answers on streams of the server", Frame::new(kind::HEADERS, 5, 2, [0x88])).await;
}
