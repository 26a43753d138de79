//! gRPC in pure Rust.

extern crate self as puregrpc;

mod code;
mod codec;
mod error;
mod frame;
mod metadata;
mod status;
mod timeout;

pub use code::Code;
pub use codec::Message;
pub use error::Error;
pub use metadata::Metadata;
pub use status::Status;
pub use {bytes, http, protobuf};
