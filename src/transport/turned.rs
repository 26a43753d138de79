//! How a turn of a connection has ended.

use tokio::time::Instant;

/// What the end of a turn tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turned {
    pub(crate) written: Written,
    /// Since when the peer has left something unfinished that must be sent in one go.
    pub(crate) stalled: Option<Instant>,
    /// How much of the connection's window the peer has left.
    pub(crate) window: i64,
    /// How many small DATA frames have come in all.
    pub(crate) small: u32,
}

/// What came of the write at the end of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    All,
    /// It was put off to the next turn.
    Later,
    /// The peer takes no more for now; so many bytes it has taken in all.
    Part(u64),
}
