//! The binary `puregrpc`, run as its users run it.
#![cfg(unix)]

mod client;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod memory;
mod process;
mod serve;
mod tls;
