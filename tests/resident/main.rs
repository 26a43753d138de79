//! How much memory a real process keeps resident, whatever its peers send.
//!
//! Each test starts a process of its own, a server or a client, lets peers send it what is small on the wire and much in
//! memory, and reads in `/proc` what it has kept resident at most. That must not be more than its limit of memory and a
//! constant, whatever the library counts.
#![cfg(target_os = "linux")]

mod attacker;
mod client;
mod load;
mod process;
mod server;
mod service;

/// Not a test: what runs in the process that a test has started.
#[test]
fn role() {
    process::play();
}
