//! How a server ends: it tells its peers, lets calls finish, and cuts the rest.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::Notify;

use crate::call::ConnectionContext;

/// How far a server is.
///
/// ```text
/// Serving ---> LameDuck ---> Draining ---> Cut
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DrainPhase {
    Serving,
    /// It says that it is about to go, and serves all who come nevertheless.
    LameDuck,
    /// No new calls; those that run may finish.
    Draining,
    /// Whatever still runs is cut.
    Cut,
}

/// What happened to the calls and connections that a server had when it began
/// to drain: when it was told to stop and its
/// [`lame_duck`](crate::Server::lame_duck) time was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// Calls that were running and came to their end.
    pub finished_calls: usize,
    /// Calls that were still running at the hard deadline, or as their connection
    /// was lost by an error.
    pub cut_calls: usize,
    /// Connections that closed by themselves.
    pub finished_connections: usize,
    /// Connections that were still open at the hard deadline.
    pub cut_connections: usize,
}

#[derive(Debug)]
pub(crate) struct Drain {
    stage: Arc<Stage>,
    live: AtomicUsize,
    ended: AtomicUsize,
    lost: AtomicUsize,
}

/// The phase, and those who wait for the next one.
///
/// It is what tokio's `watch` would be, but for the order in which it wakes:
/// `watch` leaves that to chance, and no run could be made a second time.
#[derive(Debug)]
struct Stage {
    phase: AtomicU8,
    /// Each connection asks in each of its turns, which takes a lock: this way
    /// few of them share one.
    changed: [Notify; 8],
    waiters: AtomicUsize,
}

impl Drain {
    pub(crate) fn new() -> Arc<Self> {
        let stage = Stage {
            phase: AtomicU8::new(DrainPhase::Serving as u8),
            changed: Default::default(),
            waiters: AtomicUsize::new(0),
        };
        Arc::new(Self {
            stage: Arc::new(stage),
            live: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
        })
    }

    /// Goes on to a later phase; never back.
    pub(crate) fn advance(&self, phase: DrainPhase) {
        if self.stage.phase.fetch_max(phase as u8, Ordering::SeqCst) < phase as u8 {
            self.stage.changed.iter().for_each(Notify::notify_waiters);
        }
    }

    /// Waits until the server is in this phase or in a later one.
    pub(crate) fn reached(&self, phase: DrainPhase) -> Reached {
        let stage = Arc::clone(&self.stage);
        let place = stage.waiters.fetch_add(1, Ordering::Relaxed) % stage.changed.len();
        Reached(Box::pin(async move {
            loop {
                let changed = stage.changed[place].notified();
                if stage.is_in(phase) {
                    return;
                }
                changed.await;
            }
        }))
    }

    /// Counts a call as running, here and on its connection, and the memory that it
    /// holds, until the guard is dropped.
    pub(crate) fn live(self: &Arc<Self>, connection: &Arc<ConnectionContext>, bytes: usize) -> Live {
        self.live.fetch_add(1, Ordering::Relaxed);
        connection.enter();
        connection.budget.overdraw(bytes);
        Live { drain: Arc::clone(self), connection: Arc::clone(connection), bytes }
    }

    pub(crate) fn live_calls(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Counts calls whose connection was lost by an error.
    pub(crate) fn lose(&self, calls: usize) {
        self.lost.fetch_add(calls, Ordering::Relaxed);
    }

    pub(crate) fn lost_calls(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    /// Calls that have ended, but for those that were lost.
    pub(crate) fn ended_calls(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }
}

impl Stage {
    fn is_in(&self, phase: DrainPhase) -> bool {
        self.phase.load(Ordering::SeqCst) >= phase as u8
    }
}

/// Tells when a server is told to stop.
///
/// For what must end with it: a service that lists itself elsewhere, or one
/// whose streams would last for ever.
#[derive(Clone, Debug)]
pub struct DrainWatch(pub(crate) Arc<Drain>);

impl DrainWatch {
    /// Whether the server has been told to stop.
    pub fn is_draining(&self) -> bool {
        self.0.stage.is_in(DrainPhase::LameDuck)
    }

    /// Waits until the server, or one of its clones, is told to stop. Cancel safe.
    ///
    /// This is the time to leave lists in which clients find the server: it
    /// still takes calls for its [`lame_duck`](crate::Server::lame_duck) time.
    pub async fn wait(&self) {
        self.0.reached(DrainPhase::LameDuck).await;
    }

    /// Waits until the server has been told to stop and tells its clients to go
    /// away. Cancel safe.
    ///
    /// This is the time to end streams that would last for ever: what is left of
    /// them is cut after [`drain_timeout`](crate::Server::drain_timeout).
    pub async fn wait_for_goaway(&self) {
        self.0.reached(DrainPhase::Draining).await;
    }
}

/// The future of [`Drain::reached`].
pub(crate) struct Reached(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Future for Reached {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

/// A running call.
#[derive(Debug)]
pub(crate) struct Live {
    drain: Arc<Drain>,
    connection: Arc<ConnectionContext>,
    /// The memory that it holds.
    bytes: usize,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.connection.leave();
        self.connection.budget.give_back(self.bytes);
        self.drain.live.fetch_sub(1, Ordering::Relaxed);
        if !self.connection.is_lost() {
            self.drain.ended.fetch_add(1, Ordering::Relaxed);
        }
    }
}
