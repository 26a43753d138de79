//! What a server gives to one client and to all (R7, R8).

use puregrpc::Server;
use puregrpc_support::{BIDI, END, Frame, MORE, RawPeer, Running, Script, UNARY, error, note};

/// Opens a call whose handler waits for ever.
async fn hold(peer: &mut RawPeer, stream: u32) {
    peer.request(stream, BIDI, &[]).await;
    peer.data(stream, note("x"), MORE).await;
    peer.note(stream).await;
}

/// R7: what one connection may run is bounded apart from its streams; beyond, the client may try again.
#[tokio::test(start_paused = true)]
async fn handlers_beyond_those_of_a_connection_are_refused() {
    let server = Server::new().max_handlers_per_connection(2).add(Script::echo());
    let running = Running::start(server);
    let mut peer = running.peer().await;
    hold(&mut peer, 1).await;
    hold(&mut peer, 3).await;
    peer.request(5, BIDI, &[]).await;
    assert_eq!(peer.reset_of(5).await, error::REFUSED_STREAM);

    hold(&mut running.peer().await, 1).await;
    peer.data(1, [], END).await;
    assert_eq!(peer.over(1).await.status(), 0);
    hold(&mut peer, 7).await;
    peer.assert_alive().await;
}

/// R7: a call in the place of one that was just cancelled is within what the client may have, although the other's
/// handler has not heard of its end yet.
#[tokio::test(start_paused = true)]
async fn a_call_in_the_place_of_a_cancelled_one_is_not_refused() {
    let running = Running::start(Server::new().max_concurrent_streams(2).add(Script::echo()));
    let mut peer = running.peer().await;
    hold(&mut peer, 1).await;
    hold(&mut peer, 3).await;
    peer.queue(&Frame::reset(3, error::CANCEL));
    hold(&mut peer, 5).await;
    peer.assert_alive().await;
}

/// R8: what all connections may run is bounded, too.
#[tokio::test(start_paused = true)]
async fn handlers_beyond_those_of_the_server_are_resource_exhausted() {
    let running = Running::start(Server::new().max_handlers(2).add(Script::echo()));
    let (mut first, mut second) = (running.peer().await, running.peer().await);
    hold(&mut first, 1).await;
    hold(&mut second, 1).await;
    let refused = second.call(3, UNARY, &[], &note("x")).await;
    assert_eq!(refused.status(), 8);

    first.reset(1, error::CANCEL).await;
    first.settle().await;
    let answered = second.call(5, UNARY, &[], &note("x")).await;
    assert_eq!(answered.status(), 0);
    second.assert_alive().await;
}
