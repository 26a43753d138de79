//! How a server ends: it tells its peers, lets calls finish, and cuts the rest.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::watch;

use crate::call::Link;

/// How far a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    /// No new calls; those that run may finish.
    Draining,
    /// Whatever still runs is cut.
    Cut,
}

/// What happened to the calls and connections that a server had when it was
/// told to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// Calls that were running and came to their end.
    pub finished_calls: usize,
    /// Calls that were still running at the hard deadline.
    pub cut_calls: usize,
    /// Connections that closed by themselves.
    pub finished_connections: usize,
    /// Connections that were still open at the hard deadline.
    pub cut_connections: usize,
}

#[derive(Debug)]
pub(crate) struct Drain {
    phase: watch::Sender<Phase>,
    live: AtomicUsize,
    ended: AtomicUsize,
}

impl Drain {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            phase: watch::Sender::new(Phase::Serving),
            live: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        })
    }

    /// Goes on to a later phase; never back.
    pub(crate) fn advance(&self, phase: Phase) {
        self.phase.send_if_modified(|current| {
            let later = phase > *current;
            *current = phase.max(*current);
            later
        });
    }

    /// Waits until the phase is another than `seen`, and gives it.
    pub(crate) fn changed_from(&self, seen: Phase) -> PhaseChange {
        let mut phases = self.phase.subscribe();
        PhaseChange(Box::pin(async move {
            // The sender lives as long as the server, but a server that is gone
            // has nothing more to serve.
            phases.wait_for(|phase| *phase != seen).await.map_or(Phase::Cut, |phase| *phase)
        }))
    }

    /// Counts a call as running, here and on its connection, until the guard is dropped.
    pub(crate) fn live(self: &Arc<Self>, link: &Arc<Link>) -> Live {
        self.live.fetch_add(1, Ordering::Relaxed);
        link.enter();
        Live { drain: Arc::clone(self), link: Arc::clone(link) }
    }

    pub(crate) fn live_calls(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    pub(crate) fn ended_calls(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
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
        *self.0.phase.borrow() > Phase::Serving
    }

    /// Waits until the server, or one of its clones, is told to stop. Cancel safe.
    pub async fn wait(&self) {
        self.0.changed_from(Phase::Serving).await;
    }
}

/// The future of [`Drain::changed_from`].
pub(crate) struct PhaseChange(Pin<Box<dyn Future<Output = Phase> + Send>>);

impl PhaseChange {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Phase> {
        self.0.as_mut().poll(cx)
    }
}

impl Future for PhaseChange {
    type Output = Phase;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Phase> {
        self.0.as_mut().poll(cx)
    }
}

/// A running call.
#[derive(Debug)]
pub(crate) struct Live {
    drain: Arc<Drain>,
    link: Arc<Link>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.link.leave();
        self.drain.live.fetch_sub(1, Ordering::Relaxed);
        self.drain.ended.fetch_add(1, Ordering::Relaxed);
    }
}
