//! The state of a channel, as gRPC's connectivity semantics have it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use puregrpc::ConnectivityState::{self, Connecting, Idle, Ready, TransientFailure};
use puregrpc::{Code, StateWatch};
use puregrpc_support::{Frame, RawPeer, RawServer, WireClient, error, noted};
use tokio::task::JoinHandle;
use tokio::time::{advance, timeout};

fn call(client: &WireClient) -> JoinHandle<Code> {
    let client = client.clone();
    tokio::spawn(async move { client.unary(noted("x")).await.map_or_else(|status| status.code(), |_| Code::Ok) })
}

/// The next change, which must come without anybody asking for the state.
async fn next(watch: &mut StateWatch) -> Option<ConnectivityState> {
    timeout(Duration::from_millis(1), watch.changed()).await.expect("a change")
}

/// K63, K66: IDLE until a call needs a connection; IDLE again when the server says that it goes, while its calls go on.
#[tokio::test(start_paused = true)]
async fn a_channel_is_idle_until_it_is_needed_and_when_its_server_goes() {
    let mut server = RawServer::new();
    let client = server.client();
    let mut watch = client.channel.watch_state();
    assert_eq!(client.channel.state(), Idle);
    assert!(timeout(Duration::from_secs(1), server.accept_pipe()).await.is_err(), "nobody has called");
    let held = call(&client);
    let pipe = server.accept_pipe().await;
    assert_eq!((client.channel.state(), next(&mut watch).await), (Connecting, Some(Connecting)));
    let mut peer = RawPeer::server_with(pipe, &[]).await;
    let stream = peer.accept().await;
    assert_eq!((client.channel.state(), next(&mut watch).await), (Ready, Some(Ready)));
    peer.send(&Frame::goaway(stream, error::NO_ERROR, "max_age")).await;
    peer.settle().await;
    assert_eq!((next(&mut watch).await, client.channel.state()), (Some(Idle), Idle));
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(held.await.unwrap(), Code::Ok);
    drop(client);
    assert_eq!(next(&mut watch).await, None);
}

/// K63: a lost connection leaves the channel IDLE, whether or not somebody watches.
#[tokio::test(start_paused = true)]
async fn a_channel_whose_connection_is_lost_is_idle() {
    let mut server = RawServer::new();
    let client = server.client();
    let held = call(&client);
    let mut peer = server.accept().await;
    peer.accept().await;
    assert_eq!(client.channel.state(), Ready);
    drop(peer);
    assert_eq!(held.await.unwrap(), Code::Unavailable);
    assert_eq!(client.channel.state(), Idle);
}

/// K63, K65: TRANSIENT_FAILURE lasts until the next attempt, which a call begins; every change is seen in its order.
#[tokio::test(start_paused = true)]
async fn a_failure_is_transient_and_no_change_is_missed() {
    let mut server = RawServer::new();
    let client = server.client();
    let mut watch = client.channel.watch_state();
    let mut failed = pin!(client.channel.wait_for_state(TransientFailure));
    assert!(poll_fn(|cx| Poll::Ready(failed.as_mut().poll(cx).is_pending())).await);
    let refused = call(&client);
    drop(server.accept_pipe().await);
    assert_eq!(refused.await.unwrap(), Code::Unavailable);
    assert_eq!(call(&client).await.unwrap(), Code::Unavailable);
    advance(Duration::from_millis(1300)).await;
    assert_eq!(client.channel.state(), TransientFailure);
    let answered = call(&client);
    let mut peer = server.accept().await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(answered.await.unwrap(), Code::Ok);
    client.channel.wait_for_state(Ready).await;
    for state in [Connecting, TransientFailure, Connecting, Ready] {
        assert_eq!(next(&mut watch).await, Some(state));
    }
    // It has been since, though it is no more.
    failed.await;
}
