//! The limits of a server, as its user sets them.

mod calls;
mod connections;
