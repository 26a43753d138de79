//! The binary `puregrpc`, run as its users run it.
#![cfg(unix)]

mod client;
mod process;
mod serve;
mod tls;
