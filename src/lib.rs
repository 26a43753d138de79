//! gRPC in pure Rust.
