//! The connections to one server, and whether there may be one more.

use std::sync::Arc;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::client::connection::Connection;
use crate::client::subchannel::backoff::Backoff;
use crate::status::Status;
use crate::transport::Permit;

/// Connections that calls can be made on, and the attempt to make the next one.
///
/// There is one attempt at a time, whatever it is for: the first connection or
/// one more.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// The oldest first: it is filled before the others, which so come to rest
    /// when there is less to do.
    members: Vec<Member>,
    pub(crate) phase: Phase,
    backoff: Backoff,
    /// The number of the newest connection that was begun.
    pub(crate) newest: u64,
    /// That of the newest of the connections that are over; 0 if there was none.
    ended: u64,
    /// How often the server has ended a connection for our pings.
    pub(crate) complaints: u32,
}

/// What became of the newest attempt to connect.
///
/// ```text
/// Idle ---> Connecting ---> Idle              (there is a connection more)
///                |
///                +--------> Failed ---> Connecting   (after a pause)
/// ```
#[derive(Debug, Default)]
pub(crate) enum Phase {
    #[default]
    Idle,
    Connecting(Option<AbortHandle>),
    /// There is no attempt before this time.
    Failed(Status, Instant),
}

#[derive(Debug)]
struct Member {
    number: u64,
    connection: Arc<Connection>,
    /// Whether it had no calls when it was last asked, and has been given none since.
    resting: bool,
}

/// A call's place on a connection.
#[derive(Debug)]
pub(crate) struct StreamSlot {
    pub(crate) connection: Arc<Connection>,
    pub(crate) permit: Permit,
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

impl Pool {
    /// A place on the first connection that has one, which may have been lost: to send a call tells as well.
    #[inline]
    pub(crate) fn try_place(&mut self) -> Option<StreamSlot> {
        self.members.iter_mut().find_map(Member::place)
    }

    /// Forgets the connections that were lost or told to end; whether there were any.
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
        self.members.iter().fold(0, |room: usize, member| room.saturating_add(member.connection.quota.room()))
    }

    /// For a call that has found no place, and may make up to `max` connections of those that there are.
    pub(crate) fn next(&self, max: usize, history: &mut WaitHistory) -> Next {
        self.count_ended(history);
        let alone = self.members.is_empty();
        match &self.phase {
            Phase::Connecting(_) => {
                history.number = self.newest;
                Next::Wait(None)
            }
            // However long it took: who has waited for an attempt hears how it ended.
            Phase::Failed(status, until) if alone && (history.number == self.newest || Instant::now() < *until) => {
                Next::Fail(status.clone())
            }
            _ if history.ended >= ENDED => {
                if alone {
                    Next::GiveUp
                } else {
                    Next::Wait(None)
                }
            }
            _ if !alone && (self.members.len() >= max || self.has_unused()) => Next::Wait(None),
            Phase::Failed(_, until) if Instant::now() < *until => Next::Wait(Some(*until)),
            Phase::Idle | Phase::Failed(..) => Next::Connect,
        }
    }

    /// Begins an attempt for this call; gives its number.
    pub(crate) fn begin(&mut self, history: &mut WaitHistory) -> u64 {
        self.newest += 1;
        history.number = self.newest;
        self.phase = Phase::Connecting(None);
        self.newest
    }

    /// The newest attempt has made a connection.
    pub(crate) fn succeed(&mut self, connection: Arc<Connection>) {
        self.backoff.reset();
        self.phase = Phase::Idle;
        self.members.push(Member { number: self.newest, connection, resting: false });
    }

    /// The newest attempt, which had begun then, has failed.
    pub(crate) fn fail(&mut self, status: Status, started: Instant) {
        let pause = self.backoff.next(fastrand::f64());
        self.phase = Phase::Failed(status, started + pause);
    }

    /// The connection that this attempt has made is over.
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
        let unused = !member.connection.quota.is_in_use();
        if unused && member.resting && several {
            self.forget(index);
        } else {
            member.resting = unused;
        }
    }

    /// Sees whether the connection that the call has waited for is over already.
    fn count_ended(&self, history: &mut WaitHistory) {
        let newest = history.number == self.newest && !matches!(self.phase, Phase::Idle);
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
        self.members.iter().any(|member| !member.connection.quota.is_in_use())
    }

    fn forget(&mut self, index: usize) {
        self.ended = self.ended.max(self.members.remove(index).number);
        if self.members.is_empty() && matches!(self.phase, Phase::Failed(..)) {
            // What has failed was one more connection: it says nothing of the first.
            self.backoff.reset();
            self.phase = Phase::Idle;
        }
    }
}

impl Member {
    #[inline]
    fn place(&mut self) -> Option<StreamSlot> {
        let permit = self.connection.quota.take()?;
        self.resting = false;
        Some(StreamSlot { connection: Arc::clone(&self.connection), permit })
    }
}

/// How many connections a call sees end before it has gone out. A server that
/// takes connections and no calls would else keep it busy for ever.
pub(crate) const ENDED: usize = 5;
