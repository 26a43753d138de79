//! The received bytes of a call, shared by its handler and its driver.
//!
//! The handler's `Receiver` takes bytes here. While the handler waits for
//! something else, the driver moves what arrives out of h2 into one buffer:
//! h2 charges every unread small frame against a budget whose end is the end
//! of the connection. How much can pile up is bounded by the stream's window,
//! which opens again only as the handler takes messages.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};

use crate::call::ConnectionContext;
use crate::call::body::Body;
use crate::call::outbox::Outbox;
use crate::status::Status;
use crate::transport::Reservation;

#[derive(Debug)]
pub(crate) struct Inbox(Mutex<State>);

#[derive(Debug)]
struct State {
    body: Body,
    /// What the driver has moved out of h2.
    gathered: BytesMut,
    /// The memory of that.
    reservation: Reservation,
    connection: Arc<ConnectionContext>,
    /// What the sending half of the call has to hear of the end through.
    outbox: Option<Arc<Outbox>>,
    failure: Option<Status>,
    /// Who waits in `recv`: usually the task of the call, but a handler may
    /// poll its receiver inside a `join` or a `FuturesUnordered`.
    waiter: Option<Waker>,
    waiting: bool,
}

thread_local! {
    static PARKED: Cell<Parked> = const { Cell::new(Parked::nobody()) };
}

/// The task that is woken for a `Receiver` that was left waiting.
///
/// If it is the task of the call, that hears of a reset by it, and the driver
/// need not ask. A handler may also have looked in passing, with a waker that
/// wakes nobody, or have put its receiver into a `FuturesUnordered`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parked(Option<usize>);

impl Parked {
    pub(crate) const fn nobody() -> Self {
        Self(None)
    }

    #[inline]
    pub(crate) fn by(cx: &Context<'_>) -> Self {
        Self(Some(cx.waker().data() as usize))
    }

    /// Who was left waiting on this thread since the last call.
    #[inline]
    pub(crate) fn replace(next: Self) -> Self {
        PARKED.replace(next)
    }
}

impl Inbox {
    pub(crate) fn new(body: Body, connection: Arc<ConnectionContext>) -> Self {
        Self(Mutex::new(State {
            body,
            gathered: BytesMut::new(),
            reservation: Reservation::default(),
            connection,
            outbox: None,
            failure: None,
            waiter: None,
            waiting: false,
        }))
    }

    /// Tells this sending half when the client is gone.
    pub(crate) fn set_outbox(&self, outbox: Arc<Outbox>) {
        self.lock().outbox = Some(outbox);
    }

    /// The next received bytes, for the receiver; `None` at the end.
    pub(crate) fn poll_chunk(&self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        let mut state = self.lock();
        state.waiting = false;
        if !state.gathered.is_empty() {
            // With its memory: an idle stream keeps none.
            let chunk = std::mem::take(&mut state.gathered).freeze();
            state.reservation.clear();
            state.body.release(chunk.len());
            return Poll::Ready(Ok(Some(chunk)));
        }
        if let Some(failure) = &state.failure {
            return Poll::Ready(Err(failure.clone()));
        }
        let polled = state.body.poll_chunk(cx);
        match &polled {
            Poll::Ready(Ok(Some(chunk))) => state.body.release(chunk.len()),
            Poll::Ready(Err(failure)) => state.end(failure.clone()),
            Poll::Ready(Ok(None)) => {}
            Poll::Pending => {
                state.wait(cx);
                PARKED.set(Parked::by(cx));
            }
        }
        polled
    }

    /// Moves what has arrived out of h2, for the driver. `true` if the task of
    /// the call is to look again: its receiver waits for what came.
    pub(crate) fn gather(&self, cx: &mut Context<'_>) -> bool {
        let mut state = self.lock();
        let mut came = false;
        while let Poll::Ready(next) = state.poll_next(cx) {
            came = true;
            match next {
                Ok(Some(chunk)) => state.keep(&chunk),
                Ok(None) => break,
                Err(failure) => {
                    state.end(failure);
                    break;
                }
            }
        }
        if !came || !std::mem::take(&mut state.waiting) {
            return false;
        }
        match &state.waiter {
            Some(waiter) if !waiter.will_wake(cx.waker()) => {
                waiter.wake_by_ref();
                false
            }
            _ => true,
        }
    }

    /// A panic of the handler leaves the state whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Pending also once everything is known.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        if self.body.is_ended() || self.failure.is_some() { Poll::Pending } else { self.body.poll_chunk(cx) }
    }

    /// The stream is gone, and nothing can be sent on it either.
    #[cold]
    fn end(&mut self, failure: Status) {
        if let Some(outbox) = self.outbox.take() {
            outbox.cut(failure.clone());
        }
        self.failure = Some(failure);
    }

    /// Keeps what came. The windows bound it, and that of the connection grows only
    /// as far as there is memory.
    fn keep(&mut self, chunk: &[u8]) {
        self.gathered.extend_from_slice(chunk);
        if self.gathered.capacity() != self.reservation.held() {
            // Of all connections together: a part of one is for messages.
            self.reservation.hold(self.connection.budget.whole(), self.gathered.capacity());
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) {
        self.waiting = true;
        match &mut self.waiter {
            Some(waiter) => waiter.clone_from(cx.waker()),
            None => self.waiter = Some(cx.waker().clone()),
        }
    }
}
