//! Something that has begun and does not go on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Watches whether a transfer goes on while somebody waits for it.
///
/// It is nothing until the first wait, and costs a look at the clock only in a
/// wait that follows on progress.
#[derive(Debug, Default)]
pub(crate) struct Stall(Option<Box<Transfer>>);

#[derive(Debug)]
struct Transfer {
    /// How far the transfer had come at `since`; `None` while none is waited for.
    mark: Option<u64>,
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Stall {
    /// Ready when a transfer has not got on by [`QUANTUM`] for as long as
    /// `patience`; `progress` is how many bytes of it have gone. To be called in
    /// each wait.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, progress: u64, patience: Duration) -> Poll<()> {
        let transfer = self.0.get_or_insert_with(|| Box::new(Transfer::new(progress, patience)));
        if transfer.mark.is_none_or(|mark| progress.wrapping_sub(mark) >= QUANTUM) {
            transfer.mark = Some(progress);
            transfer.since = Instant::now();
            if transfer.timer.is_elapsed() {
                let end = transfer.since + patience;
                transfer.timer.as_mut().reset(end);
            }
        }
        loop {
            ready!(transfer.timer.as_mut().poll(cx));
            // It was set for an earlier wait.
            let end = transfer.since + patience;
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            transfer.timer.as_mut().reset(end);
        }
    }

    /// The transfer has come to its end: what is waited for next is another one.
    #[inline]
    pub(crate) fn rest(&mut self) {
        if let Some(transfer) = &mut self.0 {
            transfer.mark = None;
        }
    }
}

impl Transfer {
    fn new(progress: u64, patience: Duration) -> Self {
        let since = Instant::now();
        Self { mark: Some(progress), since, timer: Box::pin(sleep_until(since + patience)) }
    }
}

/// What counts as progress: who sends a byte now and then does not get on.
const QUANTUM: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn is_stalled(stall: &mut Stall, progress: u64) -> bool {
        poll_fn(|cx| Poll::Ready(stall.poll(cx, progress, PATIENCE).is_ready())).await
    }

    async fn seconds(count: u64) {
        tokio::time::advance(Duration::from_secs(count)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_get_on_stalls() {
        let mut stall = Stall::default();
        assert!(!is_stalled(&mut stall, 0).await);
        seconds(59).await;
        assert!(!is_stalled(&mut stall, QUANTUM - 1).await);
        seconds(1).await;
        assert!(is_stalled(&mut stall, QUANTUM - 1).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_gets_on_has_its_time_anew() {
        let mut stall = Stall::default();
        for round in 0..10 {
            assert!(!is_stalled(&mut stall, round * QUANTUM).await);
            seconds(59).await;
        }
        seconds(1).await;
        assert!(is_stalled(&mut stall, 9 * QUANTUM).await);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_transfer_is_another_one() {
        let mut stall = Stall::default();
        assert!(!is_stalled(&mut stall, 5).await);
        stall.rest();
        seconds(1000).await;
        assert!(!is_stalled(&mut stall, 6).await);
        seconds(60).await;
        assert!(is_stalled(&mut stall, 6).await);
    }

    /// It wakes who waits, when the time has come and not before.
    #[tokio::test(start_paused = true)]
    async fn a_stall_wakes() {
        let (mut stall, begin) = (Stall::default(), Instant::now());
        poll_fn(|cx| stall.poll(cx, 0, PATIENCE)).await;
        assert_eq!(begin.elapsed(), PATIENCE);
    }
}
