//! The state of a channel, and the order in which it changes.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Whether a channel has a connection, or will have one soon.
///
/// The states and their order are those of gRPC's connectivity semantics:
///
/// ```text
/// IDLE ---> CONNECTING ---> READY ---> IDLE
///             |     ^
///             v     |
///       TRANSIENT_FAILURE
/// ```
///
/// A channel whose last connection is lost while it makes another one goes from
/// `READY` to `CONNECTING`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectivityState {
    /// There is no connection, and the channel does not make one: the next call does.
    Idle,
    /// The channel makes its first connection.
    Connecting,
    /// There is a connection that takes calls.
    Ready,
    /// The newest attempt to connect has failed. Calls fail at once until the pause
    /// after it is over; then the next call makes the next attempt.
    TransientFailure,
}

impl ConnectivityState {
    /// The name that gRPC's documents use, such as `TRANSIENT_FAILURE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Connecting => "CONNECTING",
            Self::Ready => "READY",
            Self::TransientFailure => "TRANSIENT_FAILURE",
        }
    }
}

impl fmt::Display for ConnectivityState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The changes of a channel's state, each once and in their order
/// ([`Channel::watch_state`](crate::Channel::watch_state)).
///
/// It does not keep the channel alive.
#[derive(Debug)]
pub struct StateWatch {
    states: Arc<States>,
    /// How many changes there were before the next one that this watch returns.
    seen: u64,
}

impl StateWatch {
    /// Waits for the next change and returns the new state; `None` once the last
    /// handle of the channel is dropped. Cancel safe.
    ///
    /// A watch that is more than 64 changes behind skips the oldest ones.
    pub async fn changed(&mut self) -> Option<ConnectivityState> {
        loop {
            let notified = self.states.changed.notified();
            if let Some(state) = self.states.lock().after(&mut self.seen) {
                return Some(state);
            }
            if self.states.lock().closed {
                return None;
            }
            notified.await;
        }
    }
}

impl Drop for StateWatch {
    fn drop(&mut self) {
        self.states.watches.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The state of a channel, and its newest changes.
#[derive(Debug)]
pub(crate) struct States {
    log: Mutex<Log>,
    /// Wakes watches in the order in which they came, so that a run can be repeated;
    /// the order of tokio's `watch` is random.
    changed: Notify,
    watches: AtomicUsize,
}

#[derive(Debug)]
struct Log {
    state: ConnectivityState,
    /// How many changes there were.
    count: u64,
    /// The newest of them, the oldest first.
    recent: VecDeque<ConnectivityState>,
    closed: bool,
}

impl States {
    /// The state that was noted last.
    pub(crate) fn current(&self) -> ConnectivityState {
        self.lock().state
    }

    /// Notes a state; whether it is another one. The caller holds the lock under which the
    /// state changes, so that changes are noted in their order; after a change it calls
    /// [`announce`](Self::announce) without that lock.
    pub(crate) fn note(&self, state: ConnectivityState) -> bool {
        let mut log = self.lock();
        if log.state == state {
            return false;
        }
        log.state = state;
        log.count += 1;
        if log.recent.len() == RECENT {
            log.recent.pop_front();
        }
        log.recent.push_back(state);
        true
    }

    /// Wakes all watches.
    pub(crate) fn announce(&self) {
        self.changed.notify_waiters();
    }

    /// The channel has no handle any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.announce();
    }

    /// Returns the changes from now on.
    pub(crate) fn watch(self: &Arc<Self>) -> StateWatch {
        self.watches.fetch_add(1, Ordering::Relaxed);
        let seen = self.lock().count;
        StateWatch { states: Arc::clone(self), seen }
    }

    /// Whether there is a watch, for which a change has to be found out at once.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.watches.load(Ordering::Relaxed) > 0
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// The change that follows the first `seen` ones, or the oldest that is still known.
    fn after(&self, seen: &mut u64) -> Option<ConnectivityState> {
        let oldest = self.count - self.recent.len() as u64;
        let next = (*seen).max(oldest);
        let state = self.recent.get(usize::try_from(next - oldest).ok()?)?;
        *seen = next + 1;
        Some(*state)
    }
}

impl Default for States {
    fn default() -> Self {
        let log = Log { state: ConnectivityState::Idle, count: 0, recent: VecDeque::new(), closed: false };
        Self { log: Mutex::new(log), changed: Notify::new(), watches: AtomicUsize::new(0) }
    }
}

/// How many changes a watch may be behind without missing one.
const RECENT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll};

    use crate::wakes::Wakes;
    use ConnectivityState::{Connecting, Idle, Ready, TransientFailure};

    fn note(states: &States, all: &[ConnectivityState]) {
        for state in all {
            states.note(*state);
        }
        states.announce();
    }

    /// K65: no change is lost, also where the state has come back to what it was.
    #[tokio::test]
    async fn each_change_is_returned_once_and_in_its_order() {
        let states = Arc::<States>::default();
        let mut watch = states.watch();
        note(&states, &[Connecting, Connecting, Ready, Idle, Connecting]);
        let mut late = states.watch();
        note(&states, &[TransientFailure]);
        for expected in [Connecting, Ready, Idle, Connecting, TransientFailure] {
            assert_eq!(watch.changed().await, Some(expected));
        }
        assert_eq!(late.changed().await, Some(TransientFailure));
        states.close();
        assert_eq!((watch.changed().await, late.changed().await), (None, None));
    }

    /// K65: a change between the look at the state and the wait for the next one wakes the watch.
    #[test]
    fn a_waiting_watch_is_woken_by_a_change_and_by_the_end() {
        let (states, wakes) = (Arc::<States>::default(), Wakes::default());
        let waker = wakes.waker();
        let cx = &mut Context::from_waker(&waker);
        let mut watch = states.watch();
        assert!(states.is_watched());
        {
            let mut changed = pin!(watch.changed());
            assert!(changed.as_mut().poll(cx).is_pending());
            note(&states, &[Connecting]);
            assert_eq!((wakes.count(), changed.poll(cx)), (1, Poll::Ready(Some(Connecting))));
        }
        let mut changed = Box::pin(watch.changed());
        assert!(changed.as_mut().poll(cx).is_pending());
        states.close();
        assert_eq!((wakes.count(), changed.as_mut().poll(cx)), (2, Poll::Ready(None)));
        drop(changed);
        drop(watch);
        assert!(!states.is_watched());
    }

    #[tokio::test]
    async fn a_watch_that_is_far_behind_gets_the_newest_changes() {
        let states = Arc::<States>::default();
        let mut watch = states.watch();
        for _ in 0..RECENT {
            note(&states, &[Connecting, TransientFailure]);
        }
        note(&states, &[Connecting, Ready]);
        let mut got = Vec::new();
        for _ in 0..RECENT {
            got.extend(watch.changed().await);
        }
        assert_eq!(got[RECENT - 3..], [TransientFailure, Connecting, Ready]);
        assert_eq!(states.current(), Ready);
    }
}
