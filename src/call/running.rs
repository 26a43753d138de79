//! The handler that is being polled on this thread.

use std::cell::Cell;

use tokio::time::Instant;

use crate::metadata::Metadata;
use crate::status::Status;

/// What a driver says of the handler that it polls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running {
    /// The calls that the handler makes may not take longer.
    pub(crate) deadline: Option<Instant>,
    /// The call whose headers may be sent, by an address that no other call has
    /// meanwhile; 0 if there is none.
    pub(crate) call: usize,
}

thread_local! {
    static RUNNING: Cell<Running> = const { Cell::new(Running { deadline: None, call: 0 }) };
    static HEADERS: Cell<Option<Box<Metadata>>> = const { Cell::new(None) };
}

/// Sets the handler that runs; returns the one that ran, to be set again.
#[inline]
pub(crate) fn enter(running: Running) -> Running {
    RUNNING.replace(running)
}

/// The deadline of the handler that runs.
pub(crate) fn deadline() -> Option<Instant> {
    RUNNING.get().deadline
}

/// The call whose headers the handler that runs may send.
#[inline]
pub(crate) fn call() -> usize {
    RUNNING.get().call
}

/// For a handler: leaves the headers of its response to the driver, which then
/// finds no [`call`] any more.
pub(crate) fn send_headers(call: usize, headers: Metadata) -> Result<(), Status> {
    let running = RUNNING.get();
    if call == 0 || running.call != call {
        return Err(Status::internal(
            "the headers cannot be sent here: they were sent already, go through the Sender of the call, \
             or this is not its handler",
        ));
    }
    RUNNING.set(Running { call: 0, ..running });
    HEADERS.set(Some(Box::new(headers)));
    Ok(())
}

/// For a driver: the headers that its handler has left.
#[cold]
pub(crate) fn take_headers() -> Option<Box<Metadata>> {
    HEADERS.take()
}
