//! Wakes a task, but not for what it is about to look at anyway.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Wake, Waker};

use atomic_waker::AtomicWaker;

/// A waker for what a task polls that also wakes it from within its own turn.
///
/// A turn more would cost more than the rest of a call, above all where another
/// thread is woken for it. So the task mutes this waker while it does what may
/// wake it, and checks afterwards whether it was woken.
#[derive(Debug)]
pub(crate) struct QuietWaker {
    inner: Arc<Inner>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Inner {
    task: AtomicWaker,
    /// [`MUTED`] and [`WOKEN`], in one place: a wake cannot be overlooked
    /// between a look at the one and a look at the other.
    state: AtomicU8,
}

impl Default for QuietWaker {
    fn default() -> Self {
        let inner = Arc::<Inner>::default();
        let waker = Waker::from(Arc::clone(&inner));
        Self { inner, waker }
    }
}

impl QuietWaker {
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// From now on nobody is woken.
    pub(crate) fn mute(&self) {
        self.inner.state.store(MUTED, Ordering::SeqCst);
    }

    /// From now on it wakes this task; whether it was woken while it was muted.
    pub(crate) fn unmute(&self, cx: &Context<'_>) -> bool {
        self.inner.task.register(cx.waker());
        self.inner.state.swap(0, Ordering::SeqCst) & WOKEN != 0
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.fetch_or(WOKEN, Ordering::SeqCst) & MUTED == 0 {
            self.task.wake();
        }
    }
}

const MUTED: u8 = 1;
const WOKEN: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::Wakes;

    #[test]
    fn a_muted_waker_wakes_nobody_and_reports_later() {
        let (quiet, wakes) = (QuietWaker::default(), Wakes::default());
        let task = wakes.waker();
        let cx = Context::from_waker(&task);
        for woken in [false, true] {
            quiet.mute();
            if woken {
                quiet.waker().wake_by_ref();
            }
            assert_eq!((quiet.unmute(&cx), wakes.count()), (woken, 0));
        }
        quiet.waker().wake_by_ref();
        assert_eq!(wakes.count(), 1);
    }

    /// However threads meet: each wake wakes the task, or the task hears of it.
    #[test]
    fn no_wake_is_lost_between_threads() {
        let (quiet, wakes) = (QuietWaker::default(), Wakes::default());
        let task = wakes.waker();
        let cx = Context::from_waker(&task);
        for round in 0..2_000 {
            quiet.unmute(&cx);
            let before = wakes.count();
            let caller = quiet.waker().clone();
            let start = AtomicU8::new(0);
            let heard = std::thread::scope(|scope| {
                scope.spawn(|| {
                    start.store(1, Ordering::SeqCst);
                    caller.wake_by_ref();
                });
                while start.load(Ordering::SeqCst) == 0 {
                    std::hint::spin_loop();
                }
                quiet.mute();
                quiet.unmute(&cx)
            });
            assert!(heard || wakes.count() > before, "{round}");
        }
    }
}
