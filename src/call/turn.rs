//! How much a task receives before it lets others run.

use std::task::{Context, Poll};

use tokio::task::coop;

use crate::transport::wake_after_others;

/// Counts what is received in one go.
///
/// Messages may be at hand for long: a window of small ones, or compressed ones
/// that take a hundred times as long to unpack as to send. Whoever takes them in
/// a loop would never wait, and would keep its thread from all other tasks.
#[derive(Debug, Default)]
pub(crate) struct Turn(usize);

impl Turn {
    /// Pending, once, when enough was taken since the last wait; the task is
    /// woken once the runtime has looked what else there is to do.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_over() { self.end(cx) } else { Poll::Ready(()) }
    }

    /// Whether enough was taken since the last wait.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.0 >= ENOUGH
    }

    /// Counts a message of so many bytes.
    #[inline]
    pub(crate) fn take(&mut self, bytes: usize) {
        self.0 += bytes.max(LEAST);
    }

    /// Begins anew, since the task has to wait.
    #[inline]
    pub(crate) fn rest(&mut self) {
        self.0 = 0;
    }

    #[cold]
    fn end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.rest();
        wake_after_others(cx);
        Poll::Pending
    }
}

/// For what is ready without having waited, such as a failure that is known: takes
/// its part of what tokio lets a task do before others run. Pending, with the task
/// woken, once that is used up.
#[cold]
pub(crate) fn poll_budget(cx: &mut Context<'_>) -> Poll<()> {
    coop::poll_proceed(cx).map(|budget| budget.made_progress())
}

/// As much as takes about a millisecond.
const ENOUGH: usize = 1024 * 1024;

/// What a message costs, however small it is.
const LEAST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::{Wakes, turns_until_a_socket_is_seen};
    use std::task::Waker;

    #[test]
    fn a_turn_ends_after_enough_bytes_or_messages_and_wakes_its_task() {
        for (bytes, messages) in [(0, 4096), (256, 4096), (64 * 1024, 16), (4 * 1024 * 1024, 1)] {
            let wakes = Wakes::default();
            let waker = wakes.waker();
            let mut cx = Context::from_waker(&waker);
            let mut turn = Turn::default();
            for _ in 0..messages {
                assert!(turn.poll(&mut cx).is_ready());
                turn.take(bytes);
            }
            assert!(turn.poll(&mut cx).is_pending());
            assert_eq!(wakes.count(), 1);
            assert!(turn.poll(&mut cx).is_ready());
        }
    }

    #[tokio::test]
    async fn the_runtime_looks_at_its_sockets_between_turns() {
        let mut turn = Turn::default();
        let turns = turns_until_a_socket_is_seen(move |cx| {
            turn.take(ENOUGH);
            assert!(turn.poll(cx).is_pending());
        });
        assert!(turns.await < 10);
    }

    #[test]
    fn who_waits_begins_anew() {
        let mut turn = Turn::default();
        turn.take(ENOUGH);
        turn.rest();
        assert!(turn.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
}
