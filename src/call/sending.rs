//! One message on its way from a sender to the driver of its call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::call::outbox::{Room, SendBuffer};
use crate::call::poll_budget;
use crate::call::sender::{PIECEWISE, Sender};
use crate::codec::{Append, Message, Packed};
use crate::compression::{Compression, Encoding};
use crate::status::Status;

/// The future of [`Sender::send`].
#[must_use = "nothing is sent before this is awaited"]
pub struct Sending<'a, T> {
    sender: &'a mut Sender<T>,
    message: &'a T,
    state: State,
}

/// How far one message has come. A small one of a handler is done at once, and must
/// cost nothing when it goes out of scope: what it may hold stands in the states.
pub(crate) enum State {
    /// Nothing has been done. Whether it may be compressed.
    New(bool),
    /// The message is in the buffer.
    Done,
    /// Is to be compressed.
    Plain(Encoding),
    /// Is to be put into the buffer.
    First,
    /// Waits for room, with what it was compressed to.
    Waiting(Option<Box<Packed>>),
    Failed(Status),
}

impl State {
    /// Where a message stands that was not taken.
    #[cold]
    fn after(put: Result<Room, Status>) -> Self {
        match put {
            Ok(_) => Self::First,
            Err(status) => Self::Failed(status),
        }
    }
}

impl<'a, T> Sending<'a, T> {
    #[inline]
    pub(crate) fn new(sender: &'a mut Sender<T>, message: &'a T, may_compress: bool) -> Self {
        Self { sender, message, state: State::New(may_compress) }
    }
}

impl<T: Message> Future for Sending<'_, T> {
    type Output = Result<(), Status>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { sender, message, state } = &mut *self;
        sender.poll_send(message, state, cx)
    }
}

impl<T: Message> Sender<T> {
    /// A small message of a handler takes the short way, which has to be a part of
    /// the handler itself: a call of a function would be a tenth of its price.
    #[inline(always)]
    pub(crate) fn poll_send(
        &mut self,
        message: &T,
        state: &mut State,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let State::New(may_compress) = *state else {
            return self.poll_slow(message, state, cx);
        };
        let len = message.encoded_len();
        self.headers_sent = true;
        if len <= self.plain
            && self.place == SendBuffer::Slot
            && !self.outbox.is_busy()
            && let Some(put) = self.outbox.put_in_slot(message, len)
        {
            if let Ok(Room::Taken) = put {
                *state = State::Done;
                return Poll::Ready(Ok(()));
            }
            *state = State::after(put);
            return self.poll_slow(message, state, cx);
        }
        self.poll_other(message, len, may_compress, state, cx)
    }

    /// Begins a message that does not go into the slot.
    #[inline(never)]
    fn poll_other(
        &mut self,
        message: &T,
        len: usize,
        may_compress: bool,
        state: &mut State,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        *state = if len <= self.plain {
            match self.outbox.put(&mut self.place, message, len) {
                Ok(Room::Taken) => {
                    *state = State::Done;
                    return Poll::Ready(Ok(()));
                }
                put => State::after(put),
            }
        } else {
            self.prepare(len, may_compress)
        };
        self.poll_slow(message, state, cx)
    }

    #[cold]
    fn poll_slow(&mut self, message: &T, state: &mut State, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let polled = self.try_send(message, state, cx);
        if let Err(status) = polled {
            *state = State::Failed(status);
        }
        match state {
            State::Done => Poll::Ready(Ok(())),
            State::Failed(_) => {
                ready!(poll_budget(cx));
                match std::mem::replace(state, State::Done) {
                    State::Failed(status) => Poll::Ready(Err(status)),
                    _ => Poll::Ready(Ok(())),
                }
            }
            _ => Poll::Pending,
        }
    }

    /// Goes on as far as there is room.
    fn try_send(&mut self, message: &T, state: &mut State, cx: &mut Context<'_>) -> Result<(), Status> {
        let packed = match std::mem::replace(state, State::Done) {
            State::New(_) | State::Done => return Ok(()),
            State::Failed(status) => return Err(status),
            State::Plain(encoding) => Some(Box::new(Packed::new(message, message.cached_len(), encoding)?)),
            State::First => None,
            State::Waiting(packed) => {
                if self.outbox.park(cx, true)? {
                    *state = State::Waiting(packed);
                    return Ok(());
                }
                packed
            }
        };
        let room = match &packed {
            Some(ready) => self.put(&**ready, ready.len(), cx)?,
            None => self.put(message, message.cached_len(), cx)?,
        };
        if room == Room::None {
            *state = State::Waiting(packed);
        }
        Ok(())
    }

    /// Where a message begins that needs more than room.
    #[cold]
    fn prepare(&self, len: usize, may_compress: bool) -> State {
        let compression = if may_compress { self.compression } else { Compression::NONE };
        match self.outbox.check_len(len) {
            Err(status) => State::Failed(self.side.sent(status)),
            Ok(()) if compression.applies_to(len) => State::Plain(compression.encoding),
            Ok(()) => State::First,
        }
    }
}

impl<T> Sender<T> {
    /// Puts a message where the driver finds it, if there is room. It is woken
    /// when what is to be waited for has come.
    fn put(&mut self, message: &impl Append, len: usize, cx: &Context<'_>) -> Result<Room, Status> {
        if len > PIECEWISE {
            if self.outbox.park(cx, true)? {
                return Ok(Room::None);
            }
            return self.outbox.put_large(self.place, message, len).map(|()| Room::Taken);
        }
        let room = self.outbox.put(&mut self.place, message, len)?;
        if room == Room::None {
            // It waits although nobody is blocked yet: the driver sends only then.
            self.outbox.park(cx, false)?;
        }
        Ok(room)
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
