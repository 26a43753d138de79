//! Compiles `.proto` files.
mod check;
mod clashes;
mod client;
mod comments;
mod config;
mod descriptors;
mod fault;
mod layout;
mod messages;
mod names;
mod outline;
mod output;
mod package;
mod parse;
mod scan;
mod scratch;
mod service;
mod source;

use std::path::Path;

pub use config::Config;
pub use fault::Error;

/// Compiles.
pub fn compile(path: impl AsRef<Path>) {
    Config::new().input(path).compile();
}
