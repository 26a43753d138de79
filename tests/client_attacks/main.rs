//! What a hostile server may do to a client, over a socket, while the same process goes on calling another server.
//!
//! Each test gives the victim a server that greets it well, waits for its call, and then attacks. The call has to end
//! with a status of the right kind, within its deadline and without memory that grows with the attack; calls to the
//! honest server have to be answered throughout.
#![cfg(target_os = "linux")]

mod answers;
mod connections;
mod control;
mod data;
mod headers;
mod hostile;
mod stage;
