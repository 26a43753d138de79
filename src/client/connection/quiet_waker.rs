//! Wakes a task, but not for what it is about to look at anyway.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Wake, Waker};

use atomic_waker::AtomicWaker;

/// A waker for what a task polls that also wakes it from within its own turn.
///
/// A turn more would cost more than the rest of a call, above all where another
/// thread is woken for it. So the task mutes the bell while it does what may
/// ring, and looks itself whether it was rung.
#[derive(Debug)]
pub(crate) struct Bell {
    inner: Arc<Inner>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Inner {
    task: AtomicWaker,
    /// [`MUTED`] and [`RUNG`], in one place: who rings cannot be overlooked
    /// between a look at the one and a look at the other.
    state: AtomicU8,
}

impl Default for Bell {
    fn default() -> Self {
        let inner = Arc::<Inner>::default();
        let waker = Waker::from(Arc::clone(&inner));
        Self { inner, waker }
    }
}

impl Bell {
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// From now on nobody is woken.
    pub(crate) fn mute(&self) {
        self.inner.state.store(MUTED, Ordering::SeqCst);
    }

    /// From now on it wakes this task; whether it was rung while it was muted.
    pub(crate) fn unmute(&self, cx: &Context<'_>) -> bool {
        self.inner.task.register(cx.waker());
        self.inner.state.swap(0, Ordering::SeqCst) & RUNG != 0
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.fetch_or(RUNG, Ordering::SeqCst) & MUTED == 0 {
            self.task.wake();
        }
    }
}

const MUTED: u8 = 1;
const RUNG: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::Wakes;

    #[test]
    fn a_muted_bell_wakes_nobody_and_tells_later() {
        let (bell, wakes) = (Bell::default(), Wakes::default());
        let task = wakes.waker();
        let cx = Context::from_waker(&task);
        for rung in [false, true] {
            bell.mute();
            if rung {
                bell.waker().wake_by_ref();
            }
            assert_eq!((bell.unmute(&cx), wakes.count()), (rung, 0));
        }
        bell.waker().wake_by_ref();
        assert_eq!(wakes.count(), 1);
    }

    /// However threads meet: each ring wakes the task, or the task is told of it.
    #[test]
    fn no_ring_is_lost_between_threads() {
        let (bell, wakes) = (Bell::default(), Wakes::default());
        let task = wakes.waker();
        let cx = Context::from_waker(&task);
        for round in 0..2_000 {
            bell.unmute(&cx);
            let before = wakes.count();
            let ringer = bell.waker().clone();
            let start = AtomicU8::new(0);
            let told = std::thread::scope(|scope| {
                scope.spawn(|| {
                    start.store(1, Ordering::SeqCst);
                    ringer.wake_by_ref();
                });
                while start.load(Ordering::SeqCst) == 0 {
                    std::hint::spin_loop();
                }
                bell.mute();
                bell.unmute(&cx)
            });
            assert!(told || wakes.count() > before, "{round}");
        }
    }
}
