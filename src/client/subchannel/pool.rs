//! The connections to one server, and whether there may be one more.
//!
//! It knows neither sockets nor tasks nor a clock: connections are anything that is
//! [`Pooled`], and the time is an argument.

use tokio::time::Instant;

use crate::client::connectivity::ConnectivityState;
use crate::client::subchannel::backoff::Backoff;
use crate::status::Status;

/// What the pool has to know of a connection.
pub(crate) trait Pooled: Clone {
    /// The right to one call, given back when dropped.
    type Permit;

    /// Whether calls can still be made on it.
    fn is_usable(&self) -> bool;

    /// A permit, if one is free.
    fn take(&self) -> Option<Self::Permit>;

    /// How many permits are free.
    fn room(&self) -> usize;

    /// Whether there are calls.
    fn is_in_use(&self) -> bool;
}

/// Connections that calls can be made on, and how the next one is made.
///
/// One connection is made at a time, whatever it is for: the first one or one more.
#[derive(Debug)]
pub(crate) struct Pool<C> {
    /// The oldest first: it is filled before the others, which are then without
    /// calls when there is less to do.
    members: Vec<Member<C>>,
    phase: Phase,
    backoff: Backoff,
    /// How many connections there may be.
    max: usize,
    /// The number of the newest connection that was begun.
    newest: u64,
    /// That of the newest of the connections that are over; 0 if there was none.
    ended: u64,
}

/// What became of the newest connection that was begun.
///
/// ```text
/// Settled ---> Connecting ---> Settled           (there is one connection more)
///                  |
///                  +---------> Failed ---> Connecting   (after a pause)
/// ```
#[derive(Debug)]
enum Phase {
    Settled,
    Connecting,
    /// None is begun before this time.
    Failed(Status, Instant),
}

#[derive(Debug)]
struct Member<C> {
    number: u64,
    connection: C,
    /// Whether it had no calls when it was last asked, and has been given none since.
    resting: bool,
}

/// A place for a call on a connection: a stream that the server allows.
#[derive(Debug)]
pub(crate) struct StreamSlot<C: Pooled> {
    pub(crate) connection: C,
    pub(crate) permit: C::Permit,
}

/// What a call does that finds no place.
#[derive(Debug)]
pub(crate) enum Next {
    Connect,
    /// Until something has changed, or until the time has come.
    Wait(Option<Instant>),
    Fail(Status),
    /// Too many connections have ended under it.
    GiveUp,
}

/// What a call has seen while it waited.
#[derive(Debug, Default)]
pub(crate) struct WaitHistory {
    /// The newest connection that it has waited for.
    number: u64,
    /// How many connections that it has waited for have ended.
    ended: usize,
}

impl WaitHistory {
    /// The call waits for this connection from now on.
    pub(crate) fn wait_for(&mut self, number: u64) {
        self.number = number;
    }
}

impl<C: Pooled> Pool<C> {
    /// None yet; there may be `max`, and one in any case.
    pub(crate) fn new(max: usize) -> Self {
        let (phase, backoff) = (Phase::Settled, Backoff::default());
        Self { members: Vec::new(), phase, backoff, max: max.max(1), newest: 0, ended: 0 }
    }

    /// Whether calls can be made: while there is a connection, one more is nobody's business.
    pub(crate) fn state(&self) -> ConnectivityState {
        match &self.phase {
            _ if !self.members.is_empty() => ConnectivityState::Ready,
            Phase::Settled => ConnectivityState::Idle,
            Phase::Connecting => ConnectivityState::Connecting,
            Phase::Failed(..) => ConnectivityState::TransientFailure,
        }
    }

    /// A place on the first connection that has one. It may have been lost: the call finds out when it is sent.
    #[inline]
    pub(crate) fn try_place(&mut self) -> Option<StreamSlot<C>> {
        self.members.iter_mut().find_map(Member::place)
    }

    /// Forgets the connections that were lost or got GOAWAY; returns whether there were any.
    pub(crate) fn prune(&mut self) -> bool {
        let before = self.members.len();
        for index in (0..before).rev() {
            if !self.members[index].connection.is_usable() {
                self.forget(index);
            }
        }
        self.members.len() < before
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many places are free.
    pub(crate) fn room(&self) -> usize {
        self.members.iter().fold(0, |room: usize, member| room.saturating_add(member.connection.room()))
    }

    /// For a call that has found no place.
    pub(crate) fn next(&self, now: Instant, history: &mut WaitHistory) -> Next {
        self.count_ended(history);
        let alone = self.members.is_empty();
        match &self.phase {
            Phase::Connecting => {
                history.wait_for(self.newest);
                Next::Wait(None)
            }
            // However long it took: a call that has waited for a connection hears why there is none.
            Phase::Failed(status, until) if alone && (history.number == self.newest || now < *until) => {
                Next::Fail(status.clone())
            }
            _ if history.ended >= ENDED && alone => Next::GiveUp,
            _ if history.ended >= ENDED => Next::Wait(None),
            _ if !alone && (self.members.len() >= self.max || self.has_unused()) => Next::Wait(None),
            Phase::Failed(_, until) if now < *until => Next::Wait(Some(*until)),
            Phase::Settled | Phase::Failed(..) => Next::Connect,
        }
    }

    /// A connection is being made from now on; gives its number.
    pub(crate) fn begin(&mut self) -> u64 {
        self.newest += 1;
        self.phase = Phase::Connecting;
        self.newest
    }

    /// Whether this connection is being made.
    pub(crate) fn is_connecting(&self, number: u64) -> bool {
        self.newest == number && matches!(self.phase, Phase::Connecting)
    }

    /// The connection that was begun is made.
    pub(crate) fn succeed(&mut self, connection: C) {
        self.backoff.reset();
        self.phase = Phase::Settled;
        self.members.push(Member { number: self.newest, connection, resting: false });
    }

    /// The connection that was begun then cannot be made. `chance` is from 0 to 1, for the pause.
    pub(crate) fn fail(&mut self, status: Status, started: Instant, chance: f64) {
        let pause = self.backoff.next(chance);
        self.phase = Phase::Failed(status, started + pause);
    }

    /// This connection is over.
    pub(crate) fn end(&mut self, number: u64) {
        if let Some(index) = self.position(number) {
            self.forget(index);
        }
    }

    /// Forgets a connection that has had no calls since it was last asked for,
    /// unless there is no other.
    pub(crate) fn rest(&mut self, number: u64) {
        let Some(index) = self.position(number) else {
            return;
        };
        let several = self.members.len() > 1;
        let member = &mut self.members[index];
        let unused = !member.connection.is_in_use();
        if unused && member.resting && several {
            self.forget(index);
        } else {
            member.resting = unused;
        }
    }

    /// Sees whether the connection that the call has waited for is over already.
    fn count_ended(&self, history: &mut WaitHistory) {
        let newest = history.number == self.newest && !matches!(self.phase, Phase::Settled);
        if history.number != 0 && !newest && self.position(history.number).is_none() {
            // One that is newer than all that have ended has failed: it was none.
            history.ended += usize::from(history.number <= self.ended);
            history.number = 0;
        }
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.members.iter().position(|member| member.number == number)
    }

    /// Whether a connection has no calls and no room for any: a server that
    /// allows none is not asked for more connections.
    fn has_unused(&self) -> bool {
        self.members.iter().any(|member| !member.connection.is_in_use())
    }

    fn forget(&mut self, index: usize) {
        self.ended = self.ended.max(self.members.remove(index).number);
        if self.members.is_empty() && matches!(self.phase, Phase::Failed(..)) {
            // What has failed was one more connection: it says nothing of the first.
            self.backoff.reset();
            self.phase = Phase::Settled;
        }
    }
}

impl<C: Pooled> Member<C> {
    #[inline]
    fn place(&mut self) -> Option<StreamSlot<C>> {
        let permit = self.connection.take()?;
        self.resting = false;
        Some(StreamSlot { connection: self.connection.clone(), permit })
    }
}

/// How many connections a call sees end before it is sent. A server that takes
/// connections and no calls would otherwise keep it busy for ever.
pub(crate) const ENDED: usize = 5;

#[cfg(test)]
mod tests;
