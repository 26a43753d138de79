//! Answers of a connection that wait until its peer takes them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use crate::transport::line::{Line, Place};

/// Counts the bytes of answers that wait, and holds handlers back while there are many.
///
/// A handler that nobody polls makes no answer. The backlog holds handlers back only as
/// long as the peer takes answers: what the peer leaves delays no handler for more than
/// [`PAUSE`].
#[derive(Debug)]
pub(crate) struct Backlog {
    waiting: AtomicUsize,
    /// Up to so many bytes handlers go on.
    mark: AtomicUsize,
    /// How far the mark lies above the answers that the peer leaves.
    step: usize,
    /// How many bytes were taken in all.
    taken: AtomicU64,
    line: Arc<Line>,
}

/// The part of one call in a backlog, given up when dropped.
#[derive(Debug, Default)]
pub(crate) struct Share {
    backlog: Option<Arc<Backlog>>,
    bytes: usize,
}

/// A call whose handler is held back.
#[derive(Debug)]
pub(crate) struct Held {
    place: Place,
    timer: Pin<Box<Sleep>>,
    /// How many bytes had been taken when the timer was set.
    taken: u64,
}

impl Backlog {
    /// For a connection whose messages may take so much memory.
    pub(crate) fn new(memory: usize) -> Arc<Self> {
        let step = (memory / 4).max(SMALLEST);
        Arc::new(Self {
            waiting: AtomicUsize::new(0),
            mark: AtomicUsize::new(step),
            step,
            taken: AtomicU64::new(0),
            line: Arc::default(),
        })
    }

    /// Ready when a handler may go on.
    #[inline]
    pub(crate) fn poll_room(&self, held: &mut Option<Box<Held>>, cx: &mut Context<'_>) -> Poll<()> {
        if held.is_none() && self.has_room() {
            return Poll::Ready(());
        }
        self.poll_held(held, cx)
    }

    #[cold]
    fn poll_held(&self, held: &mut Option<Box<Held>>, cx: &mut Context<'_>) -> Poll<()> {
        let call = held.get_or_insert_with(|| {
            let (place, timer) = (self.line.join(cx), Box::pin(sleep(PAUSE)));
            Box::new(Held { place, timer, taken: self.taken.load(Ordering::SeqCst) })
        });
        let is_first = call.place.is_first(cx);
        let mut may_go_on = self.has_room();
        while !may_go_on && call.timer.as_mut().poll(cx).is_ready() {
            let taken = self.taken.load(Ordering::SeqCst);
            if is_first && taken - call.taken < PACE {
                // The peer leaves what waits now, so that counts no longer.
                self.mark.store(self.waiting.load(Ordering::SeqCst).saturating_add(self.step), Ordering::SeqCst);
                may_go_on = true;
            }
            call.taken = taken;
            call.timer.as_mut().reset(Instant::now() + PAUSE);
        }
        if !may_go_on {
            return Poll::Pending;
        }
        // This wakes the next call.
        *held = None;
        Poll::Ready(())
    }

    #[inline]
    fn has_room(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) <= self.mark.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) {
        let waiting = self.waiting.fetch_sub(bytes, Ordering::SeqCst) - bytes;
        self.taken.fetch_add(bytes as u64, Ordering::SeqCst);
        if waiting <= self.step / 2 {
            self.mark.store(self.step, Ordering::SeqCst);
        }
        if self.has_room() {
            self.line.wake_first();
        }
    }
}

impl Share {
    /// So many bytes of the call wait now.
    pub(crate) fn set(&mut self, backlog: &Arc<Backlog>, bytes: usize) {
        let backlog = self.backlog.get_or_insert_with(|| Arc::clone(backlog));
        match bytes.checked_sub(self.bytes) {
            Some(more) => drop(backlog.waiting.fetch_add(more, Ordering::SeqCst)),
            None => backlog.take(self.bytes - bytes),
        }
        self.bytes = bytes;
    }

    /// Nothing of the call waits any more.
    pub(crate) fn clear(&mut self) {
        if let Some(backlog) = &self.backlog {
            backlog.take(std::mem::take(&mut self.bytes));
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Answers of this size delay no handler, whatever the memory.
const SMALLEST: usize = 1024 * 1024;

/// How long answers that the peer leaves delay a handler.
const PAUSE: Duration = Duration::from_secs(1);

/// A peer that takes fewer bytes in that time leaves its answers.
const PACE: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::Wakes;
    use std::future::poll_fn;

    const MIB: usize = 1024 * 1024;

    async fn poll(backlog: &Backlog, held: &mut Option<Box<Held>>) -> bool {
        poll_fn(|cx| Poll::Ready(backlog.poll_room(held, cx).is_ready())).await
    }

    #[tokio::test(start_paused = true)]
    async fn handlers_go_on_in_turn_as_answers_are_taken() {
        let backlog = Backlog::new(8 * MIB);
        let (mut share, mut one, mut two) = (Share::default(), None, None);
        share.set(&backlog, 2 * MIB);
        assert!(poll(&backlog, &mut one).await);
        share.set(&backlog, 2 * MIB + 1);
        let (wakes, mut seconds) = (Wakes::default(), Wakes::default());
        let (waker, second) = (wakes.waker(), seconds.waker());
        assert!(backlog.poll_room(&mut one, &mut Context::from_waker(&waker)).is_pending());
        assert!(backlog.poll_room(&mut two, &mut Context::from_waker(&second)).is_pending());
        drop(share);
        assert_eq!((wakes.count(), seconds.count()), (1, 0));
        assert!(backlog.poll_room(&mut one, &mut Context::from_waker(&waker)).is_ready());
        assert_eq!(std::mem::take(&mut seconds).count(), 1);
        assert!(poll(&backlog, &mut two).await);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_nobody_takes_hold_nobody_up_for_long() {
        let backlog = Backlog::new(0);
        let (mut share, mut held) = (Share::default(), None);
        share.set(&backlog, 5 * MIB);
        let begun = Instant::now();
        poll_fn(|cx| backlog.poll_room(&mut held, cx)).await;
        assert_eq!(begun.elapsed(), PAUSE);
        assert!(poll(&backlog, &mut held).await, "they hold nobody up any more");
        share.set(&backlog, 6 * MIB + 1);
        assert!(!poll(&backlog, &mut held).await, "and others do");
    }

    #[tokio::test(start_paused = true)]
    async fn handlers_are_held_back_as_long_as_answers_are_taken() {
        let backlog = Backlog::new(0);
        let (mut share, mut held) = (Share::default(), None);
        for left in (2..20).rev() {
            share.set(&backlog, left * MIB);
            assert!(!poll(&backlog, &mut held).await);
            tokio::time::advance(PAUSE).await;
        }
        share.set(&backlog, MIB);
        assert!(poll(&backlog, &mut held).await);
    }
}
