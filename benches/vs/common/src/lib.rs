//! What the servers and clients of the comparison share: their command lines, runtimes, listeners and output.

mod client;
mod server;

pub use client::{Caller, call};
pub use server::{TlsFiles, serve, serve_as, spin};

use std::io::Result;

use tokio::runtime::{Builder, Runtime};

/// Any error, for those that only print it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The largest message that a server takes, in bytes, where that can be set.
pub const LARGEST_MESSAGE: usize = 64 * 1024 * 1024;

/// The streams that a connection may have open, where that can be set: more than any load has.
pub const STREAMS: u32 = 1_000_000;

/// The largest header list that a server takes, in bytes, where its limit is lower and can be set.
pub const LARGEST_HEADERS: u32 = 256 * 1024;

/// One thread does all if `threads` is 1; else there are so many workers.
fn runtime(threads: usize) -> Result<Runtime> {
    let mut builder = if threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()
}
