//! gRPC in pure Rust.

extern crate self as puregrpc;

pub mod blocking;
mod call;
mod client;
mod code;
mod codec;
mod error;
#[cfg(feature = "example-services")]
pub mod examples;
mod frame;
mod metadata;
mod server;
mod status;
mod timeout;
mod transport;

pub use call::{Receiver, Request, Response, Sender, Sending};
pub use client::{Channel, ClientStreaming};
pub use code::Code;
pub use codec::Message;
pub use error::Error;
pub use metadata::Metadata;
pub use server::{DrainReport, Incoming, Listener, Server};
pub use status::Status;
pub use transport::{InProcessConnector, InProcessListener, Io, Peer, in_process};
pub use {bytes, http, protobuf};

/// What generated code names; not for use by hand.
#[doc(hidden)]
pub mod codegen {
    pub use crate::server::{BoxFuture, Call, Driver, Finish, Inbound, One, Run, Service};
}

/// Includes what `puregrpc_build` has written to `OUT_DIR`.
///
/// `include_protos!()` goes with the default name of the output,
/// `include_protos!("x")` with `Config::out_file("x")`.
#[macro_export]
macro_rules! include_protos {
    () => {
        $crate::include_protos!("puregrpc");
    };
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}
