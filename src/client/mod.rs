//! The client: connects, calls, reconnects.
//!
//! ```text
//! builder ---> channel (a handle: settings of calls)
//!                 |
//!               core (what all handles share) ---> subchannel (one server) ---> connection (h2 and its task)
//!                 ^
//! calls: outgoing (what is sent), attempts (as often as it takes), unary, streaming
//! ```

mod address;
mod builder;
mod calls;
mod channel;
mod connection;
mod connectivity;
mod core;
mod dns;
mod security;
mod settings;
mod subchannel;
mod target;

pub use builder::ChannelBuilder;
pub use calls::streaming::ClientStreaming;
pub use channel::Channel;
pub use connectivity::{ConnectivityState, StateWatch};
