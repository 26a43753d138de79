//! How h2 is set up on both sides, and why.

/// The most one stream may send ahead of its reader.
pub(crate) const STREAM_WINDOW: u32 = 256 * 1024;

/// How far a connection is open beyond what lies unread.
pub(crate) const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// How much may lie unread on a client's connection.
pub(crate) const UNREAD: usize = 256 * 1024 * 1024;

/// The greatest window of HTTP/2.
pub(crate) const MAX_WINDOW: u32 = (1 << 31) - 1;

/// How much of one stream h2 buffers until it is written. Its own default is
/// 400 KiB; more than is written at once only lies in memory.
pub(crate) const SEND_BUFFER: usize = 128 * 1024;

/// What h2 may charge for small DATA frames before it ends the connection: no
/// end. It never takes back what it charges for frames of calls that were given
/// up, so that any other budget is used up in the life of a connection. What
/// lies unread is bounded by the windows, and readers empty h2 early.
pub(crate) const DATA_FRAME_BUDGET: usize = usize::MAX;

/// The largest header list that a request may have, as servers announce it.
pub(crate) const MAX_HEADER_LIST_SIZE: u32 = 16 * 1024;

/// The same for the answers that a channel takes, whose statuses may hold details.
pub(crate) const CHANNEL_HEADER_LIST: u32 = 32 * 1024;

/// What h2 is given in its place, at least: up to here a list that is too large ends
/// its call alone, with a gRPC status. Other stacks do send some hundred kilobytes.
/// A list of this size comes in some 20 frames, of which h2 takes 25.
pub(crate) const LEAST_HEADER_LIST: u32 = 320 * 1024;
