//! Calls: what each kind of call sends, and how it waits for a connection.

pub(crate) mod headers;
pub(crate) mod outgoing;
mod path;
mod streaming;
mod unary;
mod upload;

pub use streaming::ClientStreaming;
