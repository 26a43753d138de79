//! Calls of the client, answered by the library's own server in the same process.

mod blocking;
mod calls;
#[cfg(feature = "gzip")]
mod compression;
mod connect;
mod ends;
mod peers;
mod runtimes;
mod service;
mod threads;
mod turns;
