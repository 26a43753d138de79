//! Answers that nobody takes: how long they wait, and how much memory they take (R8).

use puregrpc::Server;
use puregrpc_support::{END, RawPeer, Running, SERVER_STREAM, Script, UNARY, error, note, noted, setting};
use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::yield_now,
    time::{Instant, advance, timeout},
};

const NO_WINDOW: &[(u16, u32)] = &[(setting::INITIAL_WINDOW_SIZE, 0)];
const WIDE: &[(u16, u32)] = &[(setting::INITIAL_WINDOW_SIZE, i32::MAX as u32)];

/// Tells when it is dropped, and with it its handler.
struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A service whose streams never end, of messages that each go for themselves; what it has sent in bytes, and when a
/// handler is dropped.
fn endless(size: usize) -> (Script, Arc<AtomicUsize>, Arc<Notify>) {
    let (sent, dropped) = (Arc::<AtomicUsize>::default(), Arc::<Notify>::default());
    let (count, notify) = (Arc::clone(&sent), Arc::clone(&dropped));
    let script = Script::echo().server_stream(move |_, replies| {
        let (count, _dropped) = (Arc::clone(&count), Dropped(Arc::clone(&notify)));
        Box::pin(async move {
            let _dropped = _dropped;
            loop {
                replies.send(&noted(vec![7; size])).await?;
                count.fetch_add(size, Ordering::Relaxed);
                yield_now().await;
            }
        })
    });
    (script, sent, dropped)
}

fn patient(server: Server) -> Server {
    server.stall_timeout(Duration::from_secs(30))
}

/// R8: a stream without window is reset, its handler dropped, and the connection lives.
#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_reset() {
    let (script, _, dropped) = endless(8000);
    let running = Running::start(patient(Server::new()).add(script));
    let mut peer = running.peer_with(NO_WINDOW).await;
    let begin = Instant::now();
    for (stream, path) in [(1, SERVER_STREAM), (3, UNARY)] {
        peer.request(stream, path, &[]).await;
        peer.data(stream, note([7; 2000]), END).await;
    }
    assert_eq!(peer.reset_of(1).await, error::ENHANCE_YOUR_CALM);
    assert_eq!(peer.reset_of(3).await, error::ENHANCE_YOUR_CALM);
    assert_eq!(begin.elapsed().as_secs(), 30);
    dropped.notified().await;
    peer.assert_alive().await;
}

/// Who takes a little now and then is served, who takes next to nothing is not.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_taken_slowly_goes_on() {
    let running = Running::start(patient(Server::new()).add(endless(8000).0));
    let mut peer = running.peer_with(NO_WINDOW).await;
    for (stream, window, lives) in [(1, 1024, true), (3, 10, false)] {
        peer.request(stream, SERVER_STREAM, &[]).await;
        peer.data(stream, note("x"), END).await;
        for _ in 0..10 {
            peer.give_window(stream, window).await;
            peer.settle().await;
            advance(Duration::from_secs(29)).await;
        }
        peer.settle().await;
        assert_eq!(peer.stream(stream).reset.is_none(), lives, "{window}");
    }
}

/// R8: a connection that takes nothing at all is cut, though its windows are open.
#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_reads_is_cut() {
    let (script, _, dropped) = endless(8000);
    let running = Running::start(patient(Server::new()).add(script));
    let mut peer = running.peer_with(WIDE).await;
    peer.give_window(0, 1 << 30).await;
    peer.request(1, SERVER_STREAM, &[]).await;
    peer.data(1, note("x"), END).await;
    let begin = Instant::now();
    timeout(Duration::from_secs(40), dropped.notified()).await.expect("the connection is cut");
    assert_eq!(begin.elapsed().as_secs(), 30);
}

/// R8: open windows do not make a connection buffer without bound: 1 MiB, and a little for each call, in messages of any
/// size.
#[tokio::test(start_paused = true)]
async fn a_connection_buffers_so_much_and_no_more() {
    for size in [100, 1000, 8000] {
        let (script, sent, _) = endless(size);
        let running = Running::start(patient(Server::new()).add(script));
        let mut peer = running.peer_with(WIDE).await;
        peer.give_window(0, 1 << 24).await;
        for call in 0..50 {
            peer.request(2 * call + 1, SERVER_STREAM, &[]).await;
            peer.data(2 * call + 1, note("x"), END).await;
        }
        let _ = timeout(Duration::from_secs(20), future::pending::<()>()).await;
        let sent = sent.load(Ordering::Relaxed);
        println!("{sent} bytes are buffered, the pipe's 256 KiB among them");
        assert!((1 << 20..(1 << 20) + (512 << 10) + 50 * (32 << 10)).contains(&sent), "{size}: {sent}");
    }
}

async fn large(peer: &mut RawPeer, stream: u32) {
    peer.request(stream, UNARY, &[]).await;
    peer.send_data(stream, &note(vec![7; 100_000]), END).await;
    peer.settle().await;
}

/// R8: answers that wait count, and what does not fit is reset; who takes his makes room.
#[tokio::test(start_paused = true)]
async fn answers_that_wait_share_the_memory() {
    let running = Running::start(Server::new().memory_limit_per_connection(450_000).add(Script::echo()));
    let mut peer = running.peer_with(NO_WINDOW).await;
    large(&mut peer, 1).await;
    large(&mut peer, 3).await;
    assert!(peer.stream(1).reset.is_none() && peer.stream(3).reset.is_none());
    large(&mut peer, 5).await;
    assert_eq!(peer.over(5).await.status(), 8);

    peer.give_window(1, 200_000).await;
    peer.give_window(0, 200_000).await;
    assert_eq!(peer.over(1).await.status(), 0);
    large(&mut peer, 7).await;
    peer.give_window(7, 200_000).await;
    assert_eq!(peer.over(7).await.status(), 0);
    peer.assert_alive().await;
}

/// Asks for an answer of 100,000 bytes; gives whether it waits, or is reset for there being no memory.
async fn waits(peer: &mut RawPeer, stream: u32, path: &str) -> bool {
    peer.request(stream, path, &[]).await;
    peer.data(stream, note("x"), END).await;
    // The PING may be answered before what came of the call is said.
    peer.settle().await;
    peer.settle().await;
    let reset = peer.stream(stream).reset;
    assert!(reset.is_none_or(|code| code == error::ENHANCE_YOUR_CALM), "{reset:?}");
    reset.is_none()
}

/// R8: what waits on all connections is bounded in all, though each is within its share; who takes his makes room.
#[tokio::test(start_paused = true)]
async fn answers_that_wait_on_many_connections_share_the_memory_of_the_server() {
    let script = Script::echo().unary(|_| Box::pin(future::ready(Ok(noted(vec![7; 100_000]).into()))));
    let script = script.server_stream(|_, replies| {
        Box::pin(async move {
            replies.send(&noted(vec![7; 100_000])).await?;
            Ok(())
        })
    });
    let server = Server::new().memory_limit(350_000).memory_limit_per_connection(250_000);
    let running = Running::start(server.add(script));
    let mut peers = Vec::new();
    for _ in 0..3 {
        peers.push(running.peer_with(NO_WINDOW).await);
    }
    let [first, second, third] = &mut peers[..] else { unreachable!("there are three") };
    assert!(waits(first, 1, UNARY).await && waits(first, 3, SERVER_STREAM).await && waits(second, 1, UNARY).await);
    for (stream, path) in [(3, UNARY), (5, SERVER_STREAM)] {
        assert!(!waits(second, stream, path).await && !waits(third, stream, path).await, "{path}");
    }
    assert!(!first.stream(1).is_over() && !first.stream(3).is_over() && !second.stream(1).is_over());

    first.give_window(0, 200_000).await;
    first.give_window(3, 200_000).await;
    assert_eq!(first.over(3).await.status(), 0);
    assert!(waits(third, 7, SERVER_STREAM).await);
    assert!(!waits(second, 7, UNARY).await);
    third.reset(7, error::CANCEL).await;
    third.settle().await;
    assert!(waits(second, 9, UNARY).await);
    for mut peer in peers {
        peer.assert_alive().await;
    }
}
