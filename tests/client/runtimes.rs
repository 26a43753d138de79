//! Channels whose connections are on other runtimes than their calls.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, Code, Request, Response, Status};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::service::{Running, UNARY, bytes, channel};

/// A channel whose connection is on a runtime of its own, its server on another.
fn connected() -> (Channel, Runtime, (Runtime, Running)) {
    let serving = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = serving.enter();
    let (channel, server) = channel();
    drop(entered);
    let connecting = Builder::new_current_thread().enable_all().build().unwrap();
    connecting.block_on(echo(&channel, "first")).unwrap();
    (channel, connecting, (serving, server))
}

async fn echo(channel: &Channel, text: &str) -> Result<Response<BytesValue>, Status> {
    channel.unary(UNARY, bytes(text).into()).await
}

/// C13: nothing was sent, so that nothing is lost.
#[test]
fn a_call_that_its_connection_never_took_goes_to_a_new_one() {
    let (channel, connecting, _serving) = connected();
    let mut call = Box::pin(echo(&channel, "x"));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // The connection's runtime does not run, and so does not take the call.
        assert!(call.as_mut().now_or_never().is_none());
        connecting.shutdown_background();
        assert_eq!(&call.await.unwrap().value[..], b"x");
    });
}

/// C15: a call whose connection ends with its runtime fails at once, with the reason.
#[test]
fn a_call_whose_connection_has_lost_its_runtime_is_unavailable() {
    let (channel, connecting, _serving) = connected();
    // With a timer, which its connection's runtime takes away as well.
    let request = Request::new(bytes("!hang")).with_timeout(Duration::from_secs(60));
    let mut call = Box::pin(channel.unary::<_, BytesValue>(UNARY, request));
    connecting.block_on(async {
        assert!(call.as_mut().now_or_never().is_none());
        echo(&channel, "x").await.unwrap();
    });
    drop(connecting);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let status = runtime.block_on(call).unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(status.message().contains("without a GOAWAY"), "{status}");
}

/// C11: a call keeps its time, also where nobody runs its connection.
#[test]
fn the_deadline_is_kept_by_whoever_calls() {
    let (channel, _connecting, _serving) = connected();
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let request = Request::new(bytes("x")).with_timeout(Duration::from_secs(1));
        let call = channel.unary::<_, BytesValue>(UNARY, request);
        let status = timeout(Duration::from_secs(2), call).await.expect("it ends in time").unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    });
}

/// However many calls there are at once, all are sent.
#[tokio::test(start_paused = true)]
async fn many_calls_at_once_are_made() {
    let (channel, _server) = channel();
    let calls = (0..1000).map(|number| {
        let channel = channel.clone();
        async move { echo(&channel, &number.to_string()).await.map(|answer| answer.into_inner().value) }
    });
    for (number, answer) in join_all(calls).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap(), number.to_string().as_bytes());
    }
}
