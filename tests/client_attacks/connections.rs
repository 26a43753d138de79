//! Connections and calls that end as soon as they have begun.

use crate::hostile::{Deed, Pace, bytes};
use crate::stage::{Reader, attack};
use puregrpc::Code;
use puregrpc_support::{Frame, error};

fn once(frames: &[Frame]) -> Deed {
    Deed::Attack { first: bytes(frames), again: Vec::new(), times: 0, pace: Pace::AtOnce }
}

/// The backoff of gRPC holds, whatever the caller does: one attempt, and the next one some second later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_accepts_and_closes_is_not_called_without_pause() {
    let outcome = attack("accepts and closes", Reader::Reads, Deed::Close).await;
    outcome.assert_code(&[Code::Unavailable]);
    assert!(outcome.connections <= 2, "{outcome:?}");
}

/// A call that was not begun is made once more, and no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_refused_again_and_again_are_given_up() {
    let outcome = attack("REFUSED_STREAM to each call", Reader::Reads, Deed::Refuse).await;
    outcome.assert_code(&[Code::Unavailable]);
    assert_eq!(outcome.calls, 2, "{outcome:?}");
}

/// Resets of streams that were never opened are no refusals.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_of_streams_that_nobody_opened_end_the_connection_of_a_client() {
    let resets: Vec<_> = (0..500).map(|number| Frame::reset(2 * number + 1, error::CANCEL)).collect();
    let outcome = attack("RST_STREAM storm", Reader::Reads, once(&resets)).await;
    outcome.assert_code(&[Code::Unavailable, Code::Cancelled]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goaway_to_every_call_makes_no_storm_of_connections() {
    let goaway = Frame::goaway(0, error::NO_ERROR, "");
    let outcome = attack("GOAWAY to each call", Reader::Reads, once(std::slice::from_ref(&goaway))).await;
    outcome.assert_code(&[Code::Unavailable]);
    assert!(outcome.connections <= 3 && outcome.calls <= 3, "{outcome:?}");
    let outcome = attack("GOAWAY storm", Reader::Reads, once(&vec![goaway; 10_000])).await;
    outcome.assert_code(&[Code::Unavailable]);
    assert!(outcome.connections <= 3, "{outcome:?}");
}
