//! gRPC over HTTP/2, rule by rule, on the wire.
//!
//! Each test names the rules it covers at the beginning of its doc comment (`S2:`, `M1, M2:`), by the ids of the
//! project's conformance checklist.

#[cfg(unix)]
mod authority;
mod cancel;
mod client_call;
mod client_cancel;
#[cfg(feature = "gzip")]
mod client_compression;
mod client_connection;
mod client_ends;
mod client_flow;
mod client_keepalive;
mod client_limits;
mod client_pool;
mod client_state;
mod client_status;
mod closed;
#[cfg(feature = "gzip")]
mod compression;
mod connection_age;
mod door;
mod drain;
mod early_headers;
mod flow;
mod header_lists;
mod health;
mod keepalive;
mod latecomers;
mod limits;
mod limits_connections;
mod limits_memory;
mod limits_progress;
mod limits_send;
mod listen;
mod losses;
mod message;
mod metadata;
mod meter;
mod oddities;
mod parallel;
mod pipe;
mod quotes;
mod request;
mod response;
mod streams;
mod stuck;
mod told;
