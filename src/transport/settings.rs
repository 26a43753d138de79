//! How h2 is set up on both sides, and why.

/// The most one stream may send ahead of its reader.
pub(crate) const STREAM_WINDOW: u32 = 1024 * 1024;

/// How far a connection is open beyond what lies unread.
pub(crate) const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// How much may lie unread on a client's connection.
pub(crate) const UNREAD: usize = 256 * 1024 * 1024;

/// The greatest window of HTTP/2.
pub(crate) const MAX_WINDOW: u32 = (1 << 31) - 1;

/// How much of one stream h2 buffers until it is written. Its own default is
/// 400 KiB; more than is written at once only lies in memory.
pub(crate) const SEND_BUFFER: usize = 128 * 1024;

/// What h2 may charge for DATA frames under 256 bytes that nobody has read
/// yet, before it ends the connection. Its own default kills legal gRPC: a
/// burst of 200 small messages. 60,000 of them cost 14.5 MiB.
pub(crate) const DATA_FRAME_BUDGET: usize = 16 * 1024 * 1024;

/// The largest header list that a message of either side may have, as both
/// sides announce it. h2 is given twice as much, so that what is a little too
/// large gets a gRPC status instead of a bare 431.
pub(crate) const MAX_HEADER_LIST_SIZE: u32 = 16 * 1024;

/// How many faults of the peer h2 takes in the life of a connection. A refused
/// stream is one, so that the 1,024 that h2 allows would end long-lived
/// connections of clients that did nothing wrong.
pub(crate) const MAX_LOCAL_RESETS: usize = 64 * 1024;
