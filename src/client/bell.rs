//! Wakes a task, but not for what it is about to look at anyway.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use atomic_waker::AtomicWaker;

/// A waker for what a task polls that also wakes it from within its own turn.
///
/// A turn more would cost more than the rest of a call, above all where another
/// thread is woken for it. So the task mutes the bell while all that may ring
/// is yet to be polled in this turn.
#[derive(Debug)]
pub(crate) struct Bell {
    inner: Arc<Inner>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Inner {
    task: AtomicWaker,
    muted: AtomicBool,
    /// Whether it was rung since it was muted.
    rung: AtomicBool,
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
        self.inner.rung.store(false, Ordering::SeqCst);
        self.inner.muted.store(true, Ordering::SeqCst);
    }

    /// From now on it wakes this task; whether it was rung before.
    pub(crate) fn unmute(&self, cx: &Context<'_>) -> bool {
        self.inner.task.register(cx.waker());
        // Whoever rings says so first and looks then; this is the other way round.
        self.inner.muted.store(false, Ordering::SeqCst);
        self.inner.rung.load(Ordering::SeqCst)
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        if !self.muted.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::Wakes;

    #[test]
    fn it_wakes_unless_it_is_muted() {
        let (bell, wakes) = (Bell::default(), Wakes::default());
        let task = wakes.waker();
        let cx = Context::from_waker(&task);
        bell.mute();
        assert!(!bell.unmute(&cx));
        bell.waker().wake_by_ref();
        assert_eq!(wakes.count(), 1);
    }

    #[test]
    fn what_rings_a_muted_bell_is_told_of() {
        let (bell, wakes) = (Bell::default(), Wakes::default());
        let task = wakes.waker();
        let cx = Context::from_waker(&task);
        bell.mute();
        bell.waker().wake_by_ref();
        assert!(bell.unmute(&cx));
        assert_eq!(wakes.count(), 0);
    }
}
