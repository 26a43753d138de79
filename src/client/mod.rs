//! The client: connects, calls, reconnects.

mod calls;
mod channel;
mod connection;
mod security;
mod settings;
mod subchannel;
mod target;
mod windows;

pub use calls::ClientStreaming;
pub use channel::Channel;
