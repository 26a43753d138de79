//! How a connection takes its leave of the peer when the server drains.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::time::{Sleep, sleep, timeout};

use crate::server::drain::{Drain, DrainPhase, Reached};
use crate::transport::{Io, IoHandle};

/// What a connection is to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Tell the peer to go away, and let its calls come to their end.
    Gracefully,
    /// Go, whatever runs.
    AtOnce,
}

/// When a connection has to leave.
pub(crate) struct GoAway {
    drain: Arc<Drain>,
    next: Reached,
    told: Told,
}

enum Told {
    Nothing,
    /// To go away, and how long it may take to say that it has heard.
    GoAway(Pin<Box<Sleep>>),
    /// The same, and it has had its time.
    Overdue,
    Everything,
}

impl GoAway {
    pub(crate) fn new(drain: &Arc<Drain>) -> Self {
        Self { drain: Arc::clone(drain), next: drain.reached(DrainPhase::Draining), told: Told::Nothing }
    }

    /// Ready when something is to be done.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Leave> {
        if Pin::new(&mut self.next).poll(cx).is_ready() {
            let Told::Nothing = self.told else {
                return Poll::Ready(Leave::AtOnce);
            };
            self.next = self.drain.reached(DrainPhase::Cut);
            self.told = Told::GoAway(Box::pin(sleep(PING_ANSWER)));
            return Poll::Ready(Leave::Gracefully);
        }
        if let Told::GoAway(patience) = &mut self.told
            && patience.as_mut().poll(cx).is_ready()
        {
            self.told = Told::Overdue;
        }
        Poll::Pending
    }

    /// Whether the peer was told to go away and has had time to answer.
    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self.told, Told::Overdue)
    }

    /// The peer is told for the last time.
    pub(crate) fn close(&mut self) {
        self.told = Told::Everything;
    }
}

/// Waits until the server has no more time for a peer that has not said that it
/// speaks HTTP/2. It was sent our settings, so that a call of it may be on its
/// way: it is heard out for a moment, to be told that the call was not begun.
pub(crate) async fn to_stranger(drain: &Drain) {
    drain.reached(DrainPhase::Draining).await;
    // An error means that the time is over, as is the wait.
    let _ = timeout(GREETING, drain.reached(DrainPhase::Cut)).await;
}

/// Waits, once all is said, until the peer has closed its end, too. To close a
/// socket on what the peer has just sent would reset it, and could cost the peer
/// the last answers on their way to it.
pub(crate) async fn linger(drain: &Drain, io: &IoHandle) {
    tokio::select! {
        biased;
        _ = timeout(LINGER, poll_fn(|cx| io.poll_discard(cx))) => {}
        () = drain.reached(DrainPhase::Cut) => {}
    }
}

/// Says no more on a connection that came to nothing, and reads what still
/// comes, so that what was said last gets to the peer.
pub(crate) async fn part(drain: &Drain, mut io: impl Io) {
    let parted = async {
        if io.shutdown().await.is_ok() {
            // An error means that the peer is gone already.
            let _ = copy(&mut io, &mut sink()).await;
        }
    };
    tokio::select! {
        _ = timeout(LINGER, parted) => {}
        () = drain.reached(DrainPhase::Cut) => {}
    }
}

/// How long a peer without calls may take to answer the PING behind the first
/// GOAWAY. Nothing is lost by a second that comes too early: what the peer has
/// sent in between it is told was not begun.
const PING_ANSWER: Duration = Duration::from_secs(1);

const GREETING: Duration = Duration::from_millis(500);

const LINGER: Duration = Duration::from_millis(500);
