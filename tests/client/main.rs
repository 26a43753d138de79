//! Calls of the client, answered by the library's own server in the same process.

mod blocking;
mod calls;
mod connect;
mod ends;
mod service;
mod threads;
