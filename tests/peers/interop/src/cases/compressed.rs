//! Messages with and without compression, in both directions.

use puregrpc::{Code, Encoding, Request};

use super::plain::{ANSWER, REQUEST};
use super::{Outcome, Peer, equal, input, output, refused, simple};
use crate::interop::grpc::testing::{BoolValue, SimpleRequest, StreamingInputCallRequest};

/// The server notices what was compressed: it refuses what says otherwise, and takes both.
pub(super) async fn client_unary(peer: &Peer) -> Outcome {
    let expecting = |compressed| SimpleRequest { expect_compressed: flag(compressed), ..simple(REQUEST, ANSWER) };
    refused(Code::InvalidArgument, peer.tests.unary_call(expecting(true)).await)?;
    let compressed = Request::new(expecting(true)).with_compression(Encoding::Gzip);
    for request in [compressed, Request::new(expecting(false))] {
        equal(&peer.tests.unary_call(request).await?.payload.body.len(), &usize::try_from(ANSWER)?)?;
    }
    Ok(())
}

pub(super) async fn server_unary(peer: &Peer) -> Outcome {
    for compressed in [true, false] {
        let request = SimpleRequest { response_compressed: flag(compressed), ..simple(REQUEST, ANSWER) };
        let reply = peer.tests.unary_call(request).await?;
        equal(&reply.was_compressed(), &compressed)?;
        equal(&reply.payload.body.len(), &usize::try_from(ANSWER)?)?;
    }
    Ok(())
}

/// As in a unary call; one stream holds a message of each kind.
pub(super) async fn client_streaming(peer: &Peer) -> Outcome {
    let expecting = |compressed, size| StreamingInputCallRequest { expect_compressed: flag(compressed), ..input(size) };
    let mut probe = peer.tests.streaming_input_call(()).await?;
    // The server may have refused it by then.
    drop(probe.send(&expecting(true, 27_182)).await);
    refused(Code::InvalidArgument, probe.finish().await)?;
    let mut call = peer.tests.streaming_input_call(Request::new(()).with_compression(Encoding::Gzip)).await?;
    call.send(&expecting(true, 27_182)).await?;
    call.send_uncompressed(&expecting(false, 45_904)).await?;
    equal(&call.finish().await?.aggregated_payload_size, &73_086)
}

pub(super) async fn server_streaming(peer: &Peer) -> Outcome {
    let mut request = output(0, &[31_415, 92_653]);
    request.response_parameters[0].compressed = flag(true);
    request.response_parameters[1].compressed = flag(false);
    let mut replies = peer.tests.streaming_output_call(request).await?;
    for (compressed, size) in [(true, 31_415), (false, 92_653)] {
        let reply = replies.recv().await?.ok_or("the stream has ended early")?;
        equal(&replies.was_compressed(), &compressed)?;
        equal(&reply.payload.body.len(), &size)?;
    }
    equal(&replies.recv().await?, &None)
}

fn flag(value: bool) -> puregrpc::protobuf::MessageField<BoolValue> {
    Some(BoolValue { value, ..Default::default() }).into()
}
