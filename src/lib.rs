//! gRPC in pure Rust.

extern crate self as puregrpc;

mod call;
mod code;
mod codec;
mod error;
mod frame;
mod metadata;
mod status;
mod timeout;
mod transport;

pub use call::{Receiver, Request, Response, Sender, Sending};
pub use code::Code;
pub use codec::Message;
pub use error::Error;
pub use metadata::Metadata;
pub use status::Status;
pub use transport::{InProcessConnector, InProcessListener, Io, Peer, in_process};
pub use {bytes, http, protobuf};
