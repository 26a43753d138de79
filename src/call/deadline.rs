//! The time by which a call must have ended.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::code::Code;
use crate::status::Status;

/// The instant after `timeout`; what no clock can hold is as good as never.
pub(crate) fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout.min(FAR)).unwrap_or(now)
}

/// The time from now until then; none is left of a deadline that has passed.
pub(crate) fn left(deadline: Option<Instant>) -> Option<Duration> {
    deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

/// The status of a call whose time is up.
#[cold]
pub(crate) fn exceeded() -> Status {
    Status::deadline_exceeded("the deadline of the call has passed")
}

/// The status of a call that found no connection in time or lost it:
/// DEADLINE_EXCEEDED once the deadline has passed, whatever went wrong then.
#[cold]
pub(crate) fn or_exceeded(deadline: Option<Instant>, status: Status) -> Status {
    let passed = deadline.is_some_and(|deadline| deadline <= Instant::now());
    if passed && status.code() == Code::Unavailable { exceeded().with_source(status) } else { status }
}

/// A deadline with its timer, which is made when somebody first waits: most
/// calls end before.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    deadline: Option<Instant>,
    /// Whether somebody else waits for it.
    silent: bool,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    pub(crate) fn new(deadline: Option<Instant>) -> Self {
        Self { deadline, silent: false, sleep: None }
    }

    /// One that knows its deadline, and is never ready.
    pub(crate) fn silent(deadline: Option<Instant>) -> Self {
        Self { silent: true, ..Self::new(deadline) }
    }

    /// From now on it is as any other.
    pub(crate) fn speak(&mut self) {
        self.silent = false;
    }

    pub(crate) fn has_passed(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Ready once the deadline has passed; wakes the last who asked.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.deadline {
            Some(deadline) if !self.silent => {
                self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline))).as_mut().poll(cx)
            }
            _ => Poll::Pending,
        }
    }
}

/// Waits for `future`, but not beyond the deadline.
pub(crate) async fn within<F: Future>(deadline: Option<Instant>, future: F) -> Result<F::Output, Status> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await.map_err(|_| exceeded()),
        None => Ok(future.await),
    }
}

/// Thirty years: more than any call waits, less than any clock overflows.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
