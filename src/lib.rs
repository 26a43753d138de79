//! gRPC in pure Rust, straight on [`h2`]: no protoc, no C compiler, no HTTP framework.
//!
//! # Where to begin
//!
//! 1. In `build.rs`, `puregrpc_build::compile("proto")` makes Rust of your
//!    `.proto` files; [`include_protos!`] takes it into your crate. For a
//!    service `Greeter` that is a trait `Greeter`, a `GreeterServer` that
//!    serves whatever implements it, and a `GreeterClient` that calls it.
//! 2. A [`Server`] takes services and serves a [`Listener`]: TCP, a Unix
//!    socket, an [in-process](in_process) pipe.
//! 3. A [`Channel`] is a connection to a server; clients share it by cloning.
//!    Code that is not async uses [`blocking`].
//!
//! # What a handler looks like
//!
//! A single message is a [`Request`] or a [`Response`], a stream is a borrowed
//! [`Receiver`] or [`Sender`]. What a handler returns is how its call ends.
//!
//! | requests | answers | handler |
//! |---|---|---|
//! | one | one | `async fn get(&self, request: Request<Q>) -> Result<Response<R>, Status>` |
//! | one | stream | `async fn list(&self, request: Request<Q>, replies: &mut Sender<R>) -> Result<(), Status>` |
//! | stream | one | `async fn record(&self, requests: &mut Receiver<Q>) -> Result<Response<R>, Status>` |
//! | stream | stream | `async fn chat(&self, requests: &mut Receiver<Q>, replies: &mut Sender<R>) -> Result<(), Status>` |
//!
//! A handler is dropped where it stands when its client goes away, cancels, or
//! when the deadline of the call has come. It runs on the task of its connection
//! until it first has to wait: compute for long, and use
//! [`spawn_blocking`](tokio::task::spawn_blocking).
//!
//! # What a client gets
//!
//! | requests | answers | method of the client |
//! |---|---|---|
//! | one | one | `get(message).await?` is a [`Response`] |
//! | one | stream | `list(message).await?` is a [`Receiver`] |
//! | stream | one | `record(()).await?` is a [`ClientStreaming`]: `send`, then `finish` |
//! | stream | stream | `chat(()).await?` is a [`Sender`] and a [`Receiver`], independent of each other |
//!
//! Where a message is asked for, a [`Request`] adds metadata and a timeout. To
//! drop what a method gave before the call has ended is to cancel it.
//!
//! # Errors
//!
//! Inside of a call everything is a [`Status`]; outside, to bind or to connect,
//! an [`Error`]. Both work with `?`.

extern crate self as puregrpc;

#[cfg(feature = "example-services")]
#[doc(hidden)]
pub mod bench_support;
pub mod blocking;
mod call;
mod client;
mod code;
mod codec;
mod error;
#[cfg(feature = "example-services")]
pub mod examples;
mod frame;
mod generated;
pub mod health;
mod metadata;
mod server;
mod status;
mod timeout;
mod transport;

pub use call::{Receiver, Receiving, Request, Response, Sender, Sending};
pub use client::{Channel, ClientStreaming};
pub use code::Code;
pub use codec::Message;
pub use error::Error;
pub use metadata::Metadata;
pub use server::{DrainReport, DrainWatch, Incoming, Listener, Server};
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

/// Compiles and runs what the README shows.
#[cfg(all(doctest, feature = "example-services"))]
#[doc = include_str!("../README.md")]
struct Readme;
