//! Counts how often a task is woken, and how long others wait for it, for tests.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A waker that wakes nobody and counts.
#[derive(Debug, Default)]
pub(crate) struct Wakes(Arc<Count>);

#[derive(Debug, Default)]
struct Count(AtomicUsize);

impl Wakes {
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.0))
    }

    /// How often its wakers were used until now.
    pub(crate) fn count(&self) -> usize {
        self.0.0.load(Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many turns a task has that never waits for long, until another one on its thread hears of its
/// socket. `end_turn` ends one of them, so that the task is woken; one that merely wakes itself has 61.
pub(crate) async fn turns_until_a_socket_is_seen(mut end_turn: impl FnMut(&mut Context<'_>) + Send + 'static) -> usize {
    let (mut near, mut far) = tokio::io::duplex(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = tokio::spawn(async move {
        near.write_u8(1).await.unwrap();
        listener.accept().await.unwrap();
    });
    // By now the listener waits, and the runtime has to be told by the system.
    far.read_u8().await.unwrap();
    let turns = tokio::spawn(async move {
        let (_connected, mut turns) = (std::net::TcpStream::connect(address).unwrap(), 0);
        while !accepted.is_finished() {
            let mut ended = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut ended, true) {
                    return Poll::Ready(());
                }
                end_turn(cx);
                Poll::Pending
            })
            .await;
            turns += 1;
        }
        turns
    });
    turns.await.unwrap()
}
