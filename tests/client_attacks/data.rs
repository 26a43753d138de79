//! DATA to a reader that stalls.

use crate::answers::head;
use crate::hostile::{Deed, Pace, bytes};
use crate::stage::{Reader, attack};
use puregrpc::Code;
use puregrpc_support::Frame;

/// Frames of one byte, each of which h2 keeps some 80 bytes for: the window of a call holds a million of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiny_frames_to_a_client_that_stalls_are_bounded() {
    let again = bytes(&vec![Frame::data(1, [0], 0); 1_000]);
    let deed = Deed::Attack { first: bytes(&[head(1)]), again, times: 1_000, pace: Pace::AtOnce };
    let outcome = attack("DATA of one byte, unread", Reader::Stalls, deed).await;
    assert_ne!(outcome.code(), Code::Ok, "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_messages_to_a_client_that_stalls_are_bounded() {
    let again = bytes(&vec![Frame::data(1, [0; 5], 0); 1_000]);
    let deed = Deed::Attack { first: bytes(&[head(1)]), again, times: 200, pace: Pace::AtOnce };
    let outcome = attack("empty messages, unread", Reader::Stalls, deed).await;
    assert_ne!(outcome.code(), Code::Ok, "{outcome:?}");
}

/// The call ends when its window overflows; what still comes for it is thrown away as it comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_beyond_the_windows_of_a_client_ends_its_call_alone() {
    let again = bytes(&vec![Frame::data(1, [0; 16_384], 0); 10]);
    let deed = Deed::Attack { first: bytes(&[head(1)]), again, times: 1_000, pace: Pace::AtOnce };
    let outcome = attack("a flood of DATA", Reader::Stalls, deed).await;
    assert_ne!(outcome.code(), Code::Ok, "{outcome:?}");
}
