//! What was handed to a connection and has not been written yet.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

/// Counts the bytes that the calls of a connection hand to h2 between two
/// moments in which all of them were written.
///
/// Without it a peer that opens its windows wide and then reads nothing would
/// have each of its calls buffer as much as h2 takes for one.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    handed: AtomicUsize,
    /// Who waits until there is room, by the number of the ticket.
    waiting: Mutex<HashMap<u64, Waker>>,
    tickets: AtomicU64,
}

/// The place of one call among those that wait, given up when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    gauge: Arc<Gauge>,
    number: u64,
}

impl Gauge {
    /// Whether who has something to hand over has to wait.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.handed.load(Ordering::Relaxed) >= FULL
    }

    /// So many bytes were handed over.
    #[inline]
    pub(crate) fn add(&self, bytes: usize) {
        self.handed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many bytes there are.
    pub(crate) fn handed(&self) -> usize {
        self.handed.load(Ordering::Relaxed)
    }

    /// Everything was written: all who wait may go on.
    #[inline]
    pub(crate) fn empty(&self) {
        if self.handed.load(Ordering::Relaxed) > 0 && self.handed.swap(0, Ordering::SeqCst) >= FULL {
            let waiting = std::mem::take(&mut *self.lock());
            waiting.into_values().for_each(Waker::wake);
        }
    }

    /// A place among those that wait.
    pub(crate) fn ticket(self: &Arc<Self>) -> Ticket {
        Ticket { gauge: Arc::clone(self), number: self.tickets.fetch_add(1, Ordering::Relaxed) }
    }

    /// A panic leaves the map whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Sees to it that the task is woken when there is room, which may be now.
    pub(crate) fn wait(&self, cx: &Context<'_>) {
        self.gauge.lock().insert(self.number, cx.waker().clone());
        if self.gauge.handed.load(Ordering::SeqCst) < FULL {
            cx.waker().wake_by_ref();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.gauge.lock().remove(&self.number);
    }
}

/// More than a connection writes at once, and little enough for each of many.
const FULL: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::Wakes;

    #[test]
    fn who_waits_is_woken_when_all_is_written() {
        let (wakes, gauge) = (Wakes::default(), Arc::<Gauge>::default());
        let waker = wakes.waker();
        let cx = Context::from_waker(&waker);
        gauge.add(FULL);
        let (stays, leaves) = (gauge.ticket(), gauge.ticket());
        stays.wait(&cx);
        stays.wait(&cx);
        leaves.wait(&cx);
        drop(leaves);
        assert_eq!((gauge.is_full(), gauge.lock().len(), wakes.count()), (true, 1, 0));
        gauge.empty();
        assert_eq!((gauge.is_full(), gauge.lock().len(), wakes.count()), (false, 0, 1));
    }

    /// Room may come between the look and the wait.
    #[test]
    fn who_comes_late_is_woken_at_once() {
        let (wakes, gauge) = (Wakes::default(), Arc::<Gauge>::default());
        let waker = wakes.waker();
        gauge.add(FULL - 1);
        gauge.ticket().wait(&Context::from_waker(&waker));
        assert_eq!(wakes.count(), 1);
    }
}
