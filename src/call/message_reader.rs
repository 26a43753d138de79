//! Received bytes on their way to messages, and the memory that they take.

use std::task::{Context, Poll};

use bytes::Bytes;

use crate::call::ConnectionContext;
use crate::call::limit_owner::Side;
use crate::call::stall::Stall;
use crate::call::turn::Turn;
use crate::codec::{CHUNK, Message};
use crate::compression::Encoding;
use crate::frame::{Deframer, Payload};
use crate::status::Status;
use crate::transport::{Exhausted, Reservation};

/// Puts the messages of one call together and decodes them.
///
/// It knows the memory that they take: what has come of a message that is not
/// whole, and what a message has become that is not light. A light one that comes
/// whole costs nothing: its call is charged for it. On a server it reserves that
/// memory; on a client its owner does.
#[derive(Debug)]
pub(crate) struct MessageReader {
    frames: Deframer,
    max_decoded: usize,
    turn: Turn,
    /// What only messages need that are not light, and those that come in parts.
    memory: Option<Box<MessageMemory>>,
    /// Whether there is something in the memory that the next message changes.
    owes: bool,
}

/// What a call holds, and what it waits for.
#[derive(Debug, Default)]
struct MessageMemory {
    reservation: Reservation,
    /// What the messages take that their receiver was given last, but for light ones.
    decoded: usize,
    stall: Stall,
    /// Nothing comes after it.
    failure: Option<Status>,
}

impl MessageReader {
    /// Messages of more than `max_recv` bytes are refused, and those that would
    /// take more than `max_decoded` bytes of memory.
    pub(crate) fn new(max_recv: usize, max_decoded: usize) -> Self {
        Self { frames: Deframer::new(max_recv), max_decoded, turn: Turn::default(), memory: None, owes: false }
    }

    /// The encoding of the messages that say they have one.
    pub(crate) fn set_encoding(&mut self, encoding: Option<Encoding>) {
        self.frames.set_encoding(encoding);
    }

    /// Whether the last message was compressed.
    pub(crate) fn was_compressed(&self) -> bool {
        self.frames.was_compressed()
    }

    /// How much memory is held for messages that have come in part, and for those that
    /// are not light and that their receiver was given last.
    #[inline]
    pub(crate) fn memory(&self) -> usize {
        self.frames.held() + self.memory.as_ref().map_or(0, |memory| memory.decoded)
    }

    /// Whether nothing is left: no message, no part of one.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Takes received bytes; all messages of earlier ones must have been taken.
    /// `connection` is where they came from, on a server.
    #[inline]
    pub(crate) fn push(&mut self, chunk: Bytes, connection: Option<&ConnectionContext>) -> Result<(), Status> {
        // More than one DATA frame was gathered while nobody received.
        if chunk.len() > CHUNK || !self.frames.is_empty() {
            return self.add(chunk, connection);
        }
        self.frames.refill(chunk);
        Ok(())
    }

    #[inline(never)]
    fn add(&mut self, chunk: Bytes, connection: Option<&ConnectionContext>) -> Result<(), Status> {
        self.frames.push(chunk).map_err(|status| owned(status, connection))?;
        self.account(connection)
    }

    /// Whether there is anything in it that [`next`](Self::next) would have to look at.
    #[inline]
    pub(crate) fn has_more(&self) -> bool {
        self.owes || !self.frames.is_empty()
    }

    /// The next message, to be decoded as an `M`, if nothing else has to be done for
    /// it; otherwise `None`, whatever there is.
    #[inline]
    pub(crate) fn next_small<M: Message>(&mut self) -> Option<&[u8]> {
        if self.owes || self.turn.is_over() {
            return None;
        }
        let message = self.frames.next_small(M::is_light)?;
        self.turn.take(message.len());
        Some(message)
    }

    /// The next whole message, to be decoded as an `M`; `None` if more bytes are
    /// needed.
    ///
    /// It is decoded by the caller: to hand on what becomes of it would move it
    /// once more.
    #[inline]
    pub(crate) fn next<M: Message>(
        &mut self,
        connection: Option<&ConnectionContext>,
    ) -> Result<Option<Payload<'_>>, Status> {
        if let Some(memory) = &self.memory {
            memory.check()?;
        }
        let Some(payload) = self.frames.next().map_err(|status| owned(status, connection))? else {
            return Ok(None);
        };
        let len = payload.len();
        self.turn.take(len);
        let is_light = len < HEAVY && M::is_light(&payload);
        if !is_light || self.memory.is_some() {
            self.owes = enter::<M>(&mut self.memory, &payload, is_light, self.max_decoded, connection)?;
        }
        Ok(Some(payload))
    }

    /// For who takes messages in a loop: pending, once, when enough were taken.
    #[inline]
    pub(crate) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.turn.poll(cx)
    }

    /// The receiver has done with the messages that it was given.
    #[inline]
    pub(crate) fn let_go(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.decoded = 0;
        }
    }

    /// For who waits until more bytes come: ready with an error if a message
    /// that has begun does not go on.
    #[inline]
    pub(crate) fn poll_wait(&mut self, cx: &mut Context<'_>, connection: Option<&ConnectionContext>) -> Poll<Status> {
        self.turn.rest();
        self.frames.let_go();
        if self.memory.is_none() && self.frames.is_empty() { Poll::Pending } else { self.poll_rest(cx, connection) }
    }

    /// As [`poll_wait`](Self::poll_wait), where there is something to see to.
    #[inline(never)]
    fn poll_rest(&mut self, cx: &mut Context<'_>, connection: Option<&ConnectionContext>) -> Poll<Status> {
        if let Err(status) = self.account(connection) {
            return Poll::Ready(status);
        }
        let Some(connection) = connection.filter(|_| !self.frames.is_empty()) else {
            return Poll::Pending;
        };
        let progress = self.frames.len() as u64;
        let stall = &mut self.memory.get_or_insert_default().stall;
        stall.poll(cx, progress, connection.terms.stall_timeout).map(|()| self.fail(stalled(connection)))
    }

    /// Holds no more than has not been taken, and reserves that.
    #[inline]
    pub(crate) fn account(&mut self, connection: Option<&ConnectionContext>) -> Result<(), Status> {
        self.frames.let_go();
        let held = self.frames.held();
        match connection {
            Some(connection) if held > 0 || self.memory.is_some() => self.reserve(held, connection),
            _ => Ok(()),
        }
    }

    fn reserve(&mut self, held: usize, connection: &ConnectionContext) -> Result<(), Status> {
        let memory = self.memory.get_or_insert_default();
        let all = held + memory.decoded;
        if all == memory.reservation.held() {
            return Ok(());
        }
        memory.reservation.resize(&connection.budget, all).map_err(|error| self.fail(exhausted(error)))
    }

    /// What was held for the message is free at once.
    #[cold]
    fn fail(&mut self, status: Status) -> Status {
        self.frames = Deframer::new(0);
        self.owes = true;
        self.memory = Some(Box::new(MessageMemory { failure: Some(status.clone()), ..MessageMemory::default() }));
        status
    }
}

impl MessageMemory {
    /// An error if there was one: nothing comes after it.
    #[inline(never)]
    fn check(&self) -> Result<(), Status> {
        self.failure.as_ref().map_or(Ok(()), |failure| Err(failure.clone()))
    }
}

/// Takes note of a whole message; says whether there is something to let go with
/// the next. Apart from the way of small ones, which need none.
#[inline(never)]
fn enter<M: Message>(
    memory: &mut Option<Box<MessageMemory>>,
    payload: &Payload<'_>,
    is_light: bool,
    max_decoded: usize,
    connection: Option<&ConnectionContext>,
) -> Result<bool, Status> {
    if let Some(memory) = memory {
        memory.stall.rest();
    }
    if is_light {
        return Ok(memory.as_ref().is_some_and(|memory| memory.decoded > 0));
    }
    let weight = M::weigh(payload, max_decoded).map_err(|status| owned(status, connection))?;
    let memory = memory.get_or_insert_default();
    memory.decoded += weight;
    let Some(connection) = connection else {
        return Ok(true);
    };
    memory.reservation.resize(&connection.budget, memory.decoded).map_err(exhausted)?;
    Ok(true)
}

/// Says whose limit it was. Only a server's messages come with a connection.
#[cold]
fn owned(status: Status, connection: Option<&ConnectionContext>) -> Status {
    if connection.is_some() { Side::Server } else { Side::Client }.received(status)
}

/// RESOURCE_EXHAUSTED for who would need more memory than there is.
#[cold]
pub(crate) fn exhausted(_: Exhausted) -> Status {
    Status::resource_exhausted("the server's memory for calls is used up: try again later")
        .with_source("the setters are Server::memory_limit and Server::memory_limit_per_connection")
}

#[cold]
fn stalled(connection: &ConnectionContext) -> Status {
    let patience = connection.terms.stall_timeout;
    Status::deadline_exceeded(format!("a message has begun and has not gone on for {patience:?}"))
}

/// A message of this size is not light, whatever is in it.
const HEAVY: usize = 2048;
