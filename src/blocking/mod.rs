//! Calls that block the thread that makes them: for programs without `async`.
//!
//! The functions are those of the asynchronous client, without `.await`:
//! streams of answers are iterators. No runtime has to be set up or named; each
//! [`Channel`] has a thread of its own that does the work and ends with it.
//! They may also be called on a thread of an asynchronous runtime, which they
//! block like any other.
//!
//! `puregrpc_build::Config::blocking(true)` generates clients for it.

mod call;
mod channel;
mod worker;

pub use call::{ClientStreaming, Receiver, Sender};
pub use channel::Channel;
