//! Messages that lie, grow or never come.

use crate::hostile::{Deed, Pace, bytes};
use crate::stage::{Reader, attack};
use puregrpc::Code;
use puregrpc_support::{Frame, encode, kind};

/// `:status: 200` and `content-type: application/grpc`.
pub(crate) const HEAD: &[u8] = b"\x88\x0f\x10\x10application/grpc";

/// The headers of an answer.
pub(crate) fn head(stream: u32) -> Frame {
    Frame::new(kind::HEADERS, 4, stream, HEAD)
}

/// A block of headers.
pub(crate) fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    encode(fields).to_vec()
}

fn once(frames: &[Frame]) -> Deed {
    Deed::Attack { first: bytes(frames), again: Vec::new(), times: 0, pace: Pace::AtOnce }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_whose_length_lies_cost_a_client_nothing() {
    let huge = Frame::data(1, [0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3], 0);
    let outcome = attack("a length of 4 GiB", Reader::Reads, once(&[head(1), huge])).await;
    outcome.assert_code(&[Code::ResourceExhausted]);
    // As much as a message may have, of which nothing comes.
    let large = Frame::data(1, [0, 0, 0x3f, 0xff, 0xff, 1, 2, 3], 0);
    let outcome = attack("a length of 4 MiB", Reader::Reads, once(&[head(1), large.clone()])).await;
    outcome.assert_code(&[Code::DeadlineExceeded]);
    let end = Frame::new(kind::HEADERS, 5, 1, fields(&[("grpc-status", "0")]));
    let outcome = attack("a message cut short", Reader::Reads, once(&[head(1), large, end])).await;
    outcome.assert_code(&[Code::Internal]);
}

/// C7: the deadline holds for an answer that comes by the byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_by_the_byte_are_over_with_the_deadline() {
    // A message that as many bytes as there are calls in the meantime do not complete.
    let first = bytes(&[head(1), Frame::data(1, [0, 0, 0x3f, 0xff, 0xff], 0)]);
    let again = bytes(&[Frame::data(1, [0], 0)]);
    let deed = Deed::Attack { first, again, times: usize::MAX, pace: Pace::WithEachCall };
    attack("a byte with each call of others", Reader::Reads, deed).await.assert_code(&[Code::DeadlineExceeded]);
}

#[cfg(feature = "gzip")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_grow_when_they_are_decompressed_are_refused() {
    use std::io::Write;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..256 {
        writer.write_all(&[0; 1 << 20]).unwrap();
    }
    let packed = writer.finish().unwrap();
    let mut message = vec![1];
    message.extend((packed.len() as u32).to_be_bytes());
    message.extend(&packed);
    let mut block = HEAD.to_vec();
    block.extend(fields(&[("grpc-encoding", "gzip")]));
    let mut frames = vec![Frame::new(kind::HEADERS, 4, 1, block)];
    frames.extend(message.chunks(16_384).map(|chunk| Frame::data(1, chunk, 0)));
    attack("256 MiB as gzip", Reader::Reads, once(&frames)).await.assert_code(&[Code::ResourceExhausted]);
}
