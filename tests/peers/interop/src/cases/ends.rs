//! Calls that do not end well.

use std::time::Duration;

use puregrpc::{CancelHandle, Code, Request};

use super::{Failure, Outcome, Peer, equal, output, refused};
use crate::interop::grpc::testing::{EchoStatus, Empty, SimpleRequest, UnimplementedServiceClient};

pub(super) async fn status_code_and_message(peer: &Peer) -> Outcome {
    unary_fails(peer, "test status message").await?;
    let (mut requests, mut replies) = peer.tests.full_duplex_call(()).await?;
    let mut request = output(0, &[]);
    request.response_status = status("test status message");
    requests.send(&request).await?;
    requests.close();
    let status = refused(Code::Unknown, replies.recv().await)?;
    equal(status.message(), "test status message")
}

pub(super) async fn special_status_message(peer: &Peer) -> Outcome {
    unary_fails(peer, "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n").await
}

pub(super) async fn unimplemented_method(peer: &Peer) -> Outcome {
    refused(Code::Unimplemented, peer.tests.unimplemented_call(Empty::default()).await)?;
    Ok(())
}

pub(super) async fn unimplemented_service(peer: &Peer) -> Outcome {
    let client = UnimplementedServiceClient::new(peer.channel.clone());
    refused(Code::Unimplemented, client.unimplemented_call(Empty::default()).await)?;
    Ok(())
}

pub(super) async fn cancel_after_begin(peer: &Peer) -> Outcome {
    let handle = CancelHandle::new();
    let call = peer.tests.streaming_input_call(Request::new(()).with_cancel_handle(&handle)).await?;
    handle.cancel();
    refused(Code::Cancelled, call.finish().await)?;
    alive(peer).await
}

pub(super) async fn cancel_after_first_response(peer: &Peer) -> Outcome {
    let handle = CancelHandle::new();
    let (mut requests, mut replies) = peer.tests.full_duplex_call(Request::new(()).with_cancel_handle(&handle)).await?;
    requests.send(&output(27_182, &[31_415])).await?;
    let reply = replies.recv().await?.ok_or("the stream has ended early")?;
    equal(&reply.payload.body.len(), &31_415)?;
    handle.cancel();
    refused(Code::Cancelled, replies.recv().await)?;
    alive(peer).await
}

pub(super) async fn timeout_on_sleeping_server(peer: &Peer) -> Outcome {
    let short = Request::new(()).with_timeout(Duration::from_millis(1));
    let call = async {
        let (mut requests, mut replies) = peer.tests.full_duplex_call(short).await?;
        // The time may be over by then.
        drop(requests.send(&output(27_182, &[])).await);
        replies.recv().await
    };
    refused(Code::DeadlineExceeded, call.await)?;
    alive(peer).await
}

/// What has happened to one call has not harmed the channel.
async fn alive(peer: &Peer) -> Outcome {
    peer.tests.empty_call(Empty::default()).await?;
    Ok(())
}

async fn unary_fails(peer: &Peer, message: &str) -> Result<(), Failure> {
    let request = SimpleRequest { response_status: status(message), ..Default::default() };
    let status = refused(Code::Unknown, peer.tests.unary_call(request).await)?;
    equal(status.message(), message)
}

fn status(message: &str) -> puregrpc::protobuf::MessageField<EchoStatus> {
    Some(EchoStatus { code: Code::Unknown.into(), message: message.to_owned(), ..Default::default() }).into()
}
