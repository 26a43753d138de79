//! Headers without end, out of place, or of the wrong size.

use crate::answers::{HEAD, fields, head};
use crate::hostile::{Deed, Pace, bytes};
use crate::stage::{Reader, attack};
use puregrpc::Code;
use puregrpc_support::{Frame, kind};

fn repeated(first: Vec<u8>, again: Vec<u8>, times: usize) -> Deed {
    Deed::Attack { first, again, times, pace: Pace::AtOnce }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_without_end_end_the_connection_of_a_client() {
    let first = bytes(&[Frame::new(kind::HEADERS, 0, 1, HEAD)]);
    for (name, block) in [("CONTINUATION without end", &[0_u8, 1, b'x', 1, b'y'][..]), ("empty CONTINUATION", &[])] {
        let again = bytes(&vec![Frame::new(kind::CONTINUATION, 0, 1, block); 1_000]);
        let outcome = attack(name, Reader::Reads, repeated(first.clone(), again, 10_000)).await;
        outcome.assert_code(&[Code::Unavailable, Code::Internal, Code::ResourceExhausted]);
        assert!(outcome.written < 5 << 20, "{outcome:?}");
    }
}

/// One entry of the table, and thousands of references to it in each of many answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hpack_bomb_costs_a_client_little() {
    let mut block = HEAD.to_vec();
    block.extend([0x40, 1, b'x', 0x7f, 0xa1, 0x1e]);
    block.extend([b'y'; 4_000]);
    let first = [Frame::new(kind::HEADERS, 4, 1, &block)];
    let again = bytes(&[Frame::new(kind::HEADERS, 4, 1, [0xbe; 16_000])]);
    let outcome = attack("HPACK bomb", Reader::Reads, repeated(bytes(&first), again, 1_000)).await;
    outcome.assert_code(&[Code::Unavailable, Code::Internal, Code::ResourceExhausted]);
}

/// Interim answers (1xx) are legal, and any number of them would be for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flood_of_interim_answers_ends_the_connection_of_a_client() {
    let interim = fields(&[(":status", "100")]);
    let again = bytes(&vec![Frame::new(kind::HEADERS, 4, 1, interim); 1_000]);
    let size = again.len() as u64;
    let outcome = attack("1xx flood", Reader::Reads, repeated(Vec::new(), again, 1_000)).await;
    outcome.assert_code(&[Code::Unavailable]);
    assert!(outcome.written < size * 900, "the connection goes on: {outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trailers_of_any_size_cost_a_client_little() {
    let mut block = fields(&[("grpc-status", "0")]);
    block.extend(fields(&[("x-filler", &"y".repeat(10_000))]));
    let mut frames = vec![head(1), Frame::new(kind::HEADERS, 1, 1, block)];
    frames.extend(vec![Frame::new(kind::CONTINUATION, 0, 1, fields(&[("x-filler", &"y".repeat(10_000))])); 400]);
    frames.push(Frame::new(kind::CONTINUATION, 4, 1, []));
    let outcome = attack("trailers of 4 MB", Reader::Reads, repeated(bytes(&frames), Vec::new(), 0)).await;
    // What did not come whole is no success.
    outcome.assert_code(&[Code::Unavailable, Code::Internal, Code::ResourceExhausted]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trailers_before_headers_and_headers_after_trailers_are_refused() {
    let trailers = Frame::new(kind::HEADERS, 4, 1, fields(&[("grpc-status", "0")]));
    let outcome = attack("trailers first", Reader::Reads, repeated(bytes(&[trailers]), Vec::new(), 0)).await;
    outcome.assert_code(&[Code::Unavailable, Code::Internal, Code::Unknown]);
    let end = Frame::new(kind::HEADERS, 5, 1, fields(&[("grpc-status", "0")]));
    let frames = bytes(&[head(1), head(1), end]);
    let outcome = attack("headers twice", Reader::Reads, repeated(frames, Vec::new(), 0)).await;
    outcome.assert_code(&[Code::Unavailable, Code::Internal, Code::Unknown]);
}
