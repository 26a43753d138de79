//! What a server gives to one client and to all (R7, R8).

use puregrpc::Server;
use puregrpc_support::{BIDI, END, Frame, MORE, RawPeer, Running, Script, UNARY, error, note};
use std::sync::{Arc, Mutex};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::block_in_place,
};

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

/// R7: a handler counts until it is dropped, which is after those calls were begun that came with the cancellation.
#[tokio::test(start_paused = true)]
async fn a_handler_whose_call_was_cancelled_counts_until_it_is_dropped() {
    let running = Running::start(Server::new().max_handlers_per_connection(1).add(Script::echo()));
    let mut peer = running.peer().await;
    hold(&mut peer, 1).await;
    peer.queue(&Frame::reset(1, error::CANCEL));
    peer.request(3, BIDI, &[]).await;
    assert_eq!(peer.reset_of(3).await, error::REFUSED_STREAM);
    hold(&mut peer, 5).await;
    peer.assert_alive().await;
}

/// A service whose handlers block their thread from the second note on, until the other end is dropped; they say so.
fn blocking() -> (Script, UnboundedReceiver<()>, std::sync::mpsc::Sender<()>) {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (tell, blocked) = unbounded_channel();
    let released = Arc::new(Mutex::new(released));
    let script = Script::echo().bidi(move |notes, replies| {
        let (tell, released) = (tell.clone(), Arc::clone(&released));
        Box::pin(async move {
            replies.send(&notes.recv().await?.expect("a note")).await?;
            notes.recv().await?;
            tell.send(()).expect("the test listens");
            let _ = block_in_place(|| released.lock().unwrap().recv());
            Ok(())
        })
    });
    (script, blocked, release)
}

/// R7, R8: handlers that compute or block cannot be dropped, and count although their calls were cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handlers_that_go_on_behind_their_calls_count() {
    let (script, mut blocked, release) = blocking();
    let running = Running::start(Server::new().max_handlers_per_connection(2).max_handlers(2).add(script));
    let (mut first, mut second) = (running.peer().await, running.peer().await);
    for stream in [1, 3] {
        hold(&mut first, stream).await;
        first.data(stream, note("y"), MORE).await;
        blocked.recv().await.unwrap();
        first.reset(stream, error::CANCEL).await;
    }
    first.settle().await;
    first.request(5, UNARY, &[]).await;
    assert_eq!(first.reset_of(5).await, error::REFUSED_STREAM);
    assert_eq!(second.call(1, UNARY, &[], &note("x")).await.status(), 8);

    drop(release);
    // They end in their own time.
    for stream in (7..).step_by(2) {
        let answer = first.call(stream, UNARY, &[], &note("x")).await;
        if answer.reset.is_none() && answer.status() == 0 {
            break;
        }
    }
    first.assert_alive().await;
}
