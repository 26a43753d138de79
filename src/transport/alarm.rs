//! The one timer of a connection.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes its task at a time, which may be changed.
///
/// Whoever uses it sets it to the earliest thing there is to do, and to the
/// next one when that time has come: what was put off meanwhile costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Whether its time has come: a look at a flag.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.0.as_ref().is_some_and(|sleep| sleep.is_elapsed())
    }

    /// Rings at `time`, and no more at the time set before; never, for `None`.
    pub(crate) fn set(&mut self, cx: &mut Context<'_>, time: Option<Instant>) {
        let Some(time) = time else {
            self.0 = None;
            return;
        };
        let sleep = match &mut self.0 {
            Some(sleep) => {
                sleep.as_mut().reset(time);
                sleep
            }
            none => none.insert(Box::pin(sleep_until(time))),
        };
        if sleep.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    /// Rings at `time`, if it would not ring before.
    pub(crate) fn hasten(&mut self, cx: &mut Context<'_>, time: Instant) {
        if self.0.as_ref().is_none_or(|sleep| time < sleep.deadline()) {
            self.set(cx, Some(time));
        }
    }
}
