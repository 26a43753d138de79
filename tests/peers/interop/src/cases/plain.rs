//! All kinds of call, and metadata.

use puregrpc::{Metadata, Request};

use super::{Outcome, Peer, equal, input, output, simple};
use crate::interop::grpc::testing::Empty;

pub(super) async fn empty_unary(peer: &Peer) -> Outcome {
    equal(&peer.tests.empty_call(Empty::default()).await?.into_inner(), &Empty::default())
}

pub(super) async fn large_unary(peer: &Peer) -> Outcome {
    let reply = peer.tests.unary_call(simple(REQUEST, ANSWER)).await?;
    equal(&reply.payload.body.len(), &usize::try_from(ANSWER)?)
}

pub(super) async fn client_streaming(peer: &Peer) -> Outcome {
    let mut call = peer.tests.streaming_input_call(()).await?;
    for size in REQUESTS {
        call.send(&input(size)).await?;
    }
    equal(&call.finish().await?.aggregated_payload_size, &74_922)
}

pub(super) async fn server_streaming(peer: &Peer) -> Outcome {
    let mut replies = peer.tests.streaming_output_call(output(0, &ANSWERS)).await?;
    for size in ANSWERS {
        let reply = replies.recv().await?.ok_or("the stream has ended early")?;
        equal(&reply.payload.body.len(), &usize::try_from(size)?)?;
    }
    equal(&replies.recv().await?, &None)
}

pub(super) async fn ping_pong(peer: &Peer) -> Outcome {
    let (mut requests, mut replies) = peer.tests.full_duplex_call(()).await?;
    for (request, answer) in REQUESTS.into_iter().zip(ANSWERS) {
        requests.send(&output(request, &[answer])).await?;
        let reply = replies.recv().await?.ok_or("the stream has ended early")?;
        equal(&reply.payload.body.len(), &usize::try_from(answer)?)?;
    }
    requests.close();
    equal(&replies.recv().await?, &None)
}

pub(super) async fn empty_stream(peer: &Peer) -> Outcome {
    let (requests, mut replies) = peer.tests.full_duplex_call(()).await?;
    requests.close();
    equal(&replies.recv().await?, &None)
}

pub(super) async fn half_duplex(peer: &Peer) -> Outcome {
    let (mut requests, mut replies) = peer.tests.half_duplex_call(()).await?;
    for (request, answer) in REQUESTS.into_iter().zip(ANSWERS) {
        requests.send(&output(request, &[answer])).await?;
    }
    requests.close();
    for size in ANSWERS {
        let reply = replies.recv().await?.ok_or("the stream has ended early")?;
        equal(&reply.payload.body.len(), &usize::try_from(size)?)?;
    }
    equal(&replies.recv().await?, &None)
}

pub(super) async fn custom_metadata(peer: &Peer) -> Outcome {
    let reply = peer.tests.unary_call(with_metadata(simple(REQUEST, ANSWER))?).await?;
    check_metadata(reply.metadata(), reply.trailers())?;
    let (mut requests, mut replies) = peer.tests.full_duplex_call(with_metadata(())?).await?;
    requests.send(&output(REQUEST, &[ANSWER])).await?;
    requests.close();
    let headers = replies.headers().await?.clone();
    let reply = replies.recv().await?.ok_or("the stream has ended early")?;
    equal(&reply.payload.body.len(), &usize::try_from(ANSWER)?)?;
    equal(&replies.recv().await?, &None)?;
    check_metadata(&headers, replies.trailers())
}

fn with_metadata<T>(message: T) -> Result<Request<T>, puregrpc::Error> {
    Request::new(message).with_metadata(INITIAL, TEXT)?.with_metadata(TRAILING, BYTES)
}

fn check_metadata(headers: &Metadata, trailers: &Metadata) -> Outcome {
    equal(&headers.all(INITIAL).collect::<Vec<_>>(), &vec![TEXT])?;
    equal(&trailers.all_bin(TRAILING).collect::<Vec<_>>(), &vec![BYTES.to_vec().into()])
}

/// The sizes of the suite: of large calls, and of the messages of streams.
pub(super) const REQUEST: usize = 271_828;
pub(super) const ANSWER: i32 = 314_159;
const REQUESTS: [usize; 4] = [27_182, 8, 1_828, 45_904];
const ANSWERS: [i32; 4] = [31_415, 9, 2_653, 58_979];

const INITIAL: &str = "x-grpc-test-echo-initial";
const TRAILING: &str = "x-grpc-test-echo-trailing-bin";
const TEXT: &str = "test_initial_metadata_value";
const BYTES: [u8; 3] = [0xab; 3];
