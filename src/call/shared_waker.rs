//! Who hears of what comes in a call, and a waker for two tasks.

use std::sync::Arc;
use std::task::{Wake, Waker};

/// Who hears of what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Whoever asks: the receiver does not wait.
    Nobody,
    /// The receiver, or what it was: a future that was dropped is not known to be.
    Receiver,
    /// The receiver and the sending half, which has to hear of the end.
    Both,
}

/// Wakes both tasks that wait for one stream, of which h2 knows only one.
pub(crate) struct SharedWaker(Waker, Waker);

impl SharedWaker {
    pub(crate) fn of(one: &Waker, other: &Waker) -> Waker {
        Waker::from(Arc::new(Self(one.clone(), other.clone())))
    }
}

impl Wake for SharedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_by_ref();
        self.1.wake_by_ref();
    }
}
