//! The attacks of [docs/attacks.md](../../../docs/attacks.md), each against the real server process on real sockets.
//!
//! Each test attacks for a second or so, while a well-behaved client goes on calling, and prints a row: what was
//! sent, what the server did about it, how long that took, and what it cost the server and the other client.
//! Of an attack that the server cuts, the time until the cut counts and nothing behind it; one that lasts is
//! measured for a number of calls, of which `PUREGRPC_ATTACKS=full` makes ten times as many; `tls` attacks over TLS,
//! `full,tls` does both. What is asserted has wide bounds, since machines differ.
#![cfg(target_os = "linux")]

mod attacker;
mod bystander;
mod compression;
mod connections;
mod control;
mod data;
mod ends;
mod headers;
mod messages;
mod process;
mod report;
mod requests;
mod resets;
mod security;
mod slow;
mod stage;
mod tls;
mod watch;
