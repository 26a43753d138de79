//! The client: connects, calls, reconnects.

mod attempt;
mod backoff;
mod bell;
mod channel;
mod connection;
mod dispatch;
mod errands;
mod headers;
mod keepalive;
mod opening;
mod path;
mod pool;
mod readers;
mod security;
mod settings;
mod streaming;
mod subchannel;
mod target;
mod unary;
mod upload;
mod windows;

pub use channel::Channel;
pub use streaming::ClientStreaming;
