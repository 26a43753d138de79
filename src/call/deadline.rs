//! The time by which a call must have ended.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

use crate::status::Status;

/// The instant after `timeout`; what no clock can hold is as good as never.
pub(crate) fn after(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout.min(FAR)).unwrap_or(now)
}

/// The status of a call whose time is up.
#[cold]
pub(crate) fn exceeded() -> Status {
    Status::deadline_exceeded("the deadline of the call has passed")
}

thread_local! {
    static CURRENT: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The deadline of the handler that is being polled on this thread: the calls
/// that it makes may not take longer.
pub(crate) fn inherited() -> Option<Instant> {
    CURRENT.get()
}

/// Sets what [`inherited`] gives; returns what it gave, to be set again.
pub(crate) fn enter(deadline: Option<Instant>) -> Option<Instant> {
    CURRENT.replace(deadline)
}

/// Thirty years: more than any call waits, less than any clock overflows.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
