//! What a connection tells of itself.

use std::time::Instant;

use crate::failure::Failure;

/// What happens on a connection.
#[derive(Debug)]
pub(crate) enum Event {
    /// The server's SETTINGS have come.
    Ready,
    /// The server has taken note of our SETTINGS.
    Settled,
    /// Messages of a call whose requests go on, complete since the event before.
    Messages { id: u32, kind: usize, begun: Instant, count: u64, frames: u64 },
    /// A call is over; of one that went well, the messages that came in all. The DATA frames are those since the event
    /// before.
    End { kind: usize, begun: Instant, frames: u64, outcome: Result<u64, Failure> },
    /// The server takes no more calls, and so many of those that are open are lost.
    GoAway { code: u32, lost: usize },
    /// The connection is no more, and so many calls are lost by that.
    Closed { failure: Failure, lost: usize },
}
