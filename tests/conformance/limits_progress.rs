//! What has begun must go on.

use puregrpc::Server;
use puregrpc_support::{BIDI, END, MORE, Running, Script, UNARY, note};
use std::time::Duration;
use tokio::time::{Instant, advance};

fn patient(seconds: u64) -> Running {
    Running::start(Server::new().stall_timeout(Duration::from_secs(seconds)).add(Script::echo()))
}

/// S14: a message that has begun and does not go on ends its call, wherever it stops.
#[tokio::test(start_paused = true)]
async fn half_a_message_has_its_time() {
    let running = patient(30);
    let mut peer = running.peer().await;
    let whole = note(vec![7; 20_000]);
    for (n, sent) in [1, 4, 5, 6, 10_000, whole.len() - 1].into_iter().enumerate() {
        for (stream, path) in [(4 * n as u32 + 1, UNARY), (4 * n as u32 + 3, BIDI)] {
            let begin = Instant::now();
            peer.request(stream, path, &[]).await;
            peer.send_data(stream, &whole[..sent], MORE).await;
            assert_eq!(peer.over(stream).await.status(), 4, "{sent} {path}");
            assert_eq!(begin.elapsed().as_secs(), 30, "{sent} {path}");
        }
    }
    peer.assert_alive().await;
}

/// A message that comes slowly is taken, if it comes at all; who sends a byte now and then does not get on.
#[tokio::test(start_paused = true)]
async fn a_slow_message_is_taken_and_a_dribble_is_not() {
    let running = patient(30);
    let mut peer = running.peer().await;
    for (stream, piece, status) in [(1, 1024, 0), (3, 100, 4)] {
        let whole = note(vec![7; 20_000]);
        peer.request(stream, UNARY, &[]).await;
        for piece in whole.chunks(piece) {
            if peer.stream(stream).is_over() {
                break;
            }
            peer.send_data(stream, piece, MORE).await;
            peer.settle().await;
            advance(Duration::from_secs(29)).await;
        }
        if status == 0 {
            peer.data(stream, [], END).await;
        }
        assert_eq!(peer.over(stream).await.status(), status);
    }
}

/// Between messages a stream may be idle as long as it likes.
#[tokio::test(start_paused = true)]
async fn an_idle_stream_is_left_alone() {
    let running = patient(30);
    let mut peer = running.peer().await;
    peer.request(1, BIDI, &[]).await;
    for len in [0, 10, 20_000, 100] {
        let note = note(vec![7; len]);
        peer.send_data(1, &note[..2], MORE).await;
        peer.settle().await;
        advance(Duration::from_secs(29)).await;
        peer.send_data(1, &note[2..], MORE).await;
        assert_eq!(peer.note(1).await.len(), len);
        advance(Duration::from_secs(100_000)).await;
    }
    peer.data(1, [], END).await;
    assert_eq!(peer.over(1).await.status(), 0);
}

/// Who wants no limit sets the longest time there is.
#[tokio::test(start_paused = true)]
async fn the_longest_patience_is_no_fault() {
    let running = Running::start(Server::new().stall_timeout(Duration::MAX).add(Script::echo()));
    let mut peer = running.peer().await;
    let whole = note(vec![7; 20_000]);
    peer.request(1, UNARY, &[]).await;
    peer.send_data(1, &whole[..10_000], MORE).await;
    peer.settle().await;
    peer.send_data(1, &whole[10_000..], END).await;
    assert_eq!(peer.over(1).await.status(), 0);
}
