//! gRPC in pure Rust, straight on [`h2`]: no protoc, no C compiler, no HTTP framework.
//!
//! # Where to begin
//!
//! 1. In `build.rs`, `puregrpc_build::compile("proto")` makes Rust of your
//!    `.proto` files; [`include_protos!`] takes it into your crate. For a
//!    service `Greeter` that is a trait `Greeter`, a `GreeterServer` that
//!    serves whatever implements it, and a `GreeterClient` that calls it.
//!    How messages look is told by the documentation of `puregrpc_build`.
//! 2. A [`Server`] takes services and serves a [`Listener`]: TCP, a Unix
//!    socket, an [in-process](in_process) pipe.
//! 3. A [`Channel`] is a connection to a server; clients share it by cloning.
//!    Code that is not async uses [`blocking`].
//!
//! A service, its server, and a client of it:
//!
#![cfg_attr(feature = "example-services", doc = "```")]
#![cfg_attr(not(feature = "example-services"), doc = "```ignore")]
//! mod proto {
//!     puregrpc::include_protos!();
//! }
//! use proto::helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply, HelloRequest};
//! use puregrpc::{Channel, Request, Response, Server, Status};
//! use std::time::Duration;
//!
//! struct Polite;
//!
//! impl Greeter for Polite {
//!     async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
//!         if request.name.is_empty() {
//!             return Err(Status::invalid_argument("who is to be greeted?"));
//!         }
//!         let message = format!("Hello, {}!", request.name);
//!         Ok(HelloReply { message, ..Default::default() }.into())
//!     }
//! #   async fn say_hello_again(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
//! #       self.say_hello(request).await
//! #   }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let stop = async { drop(tokio::signal::ctrl_c().await) };
//! tokio::spawn(Server::new().add(GreeterServer::new(Polite)).serve(listener, stop));
//!
//! let greeter = GreeterClient::new(Channel::connect(format!("http://{address}")).await?);
//! let ada = HelloRequest { name: "Ada".into(), ..Default::default() };
//! let request = Request::new(ada).with_timeout(Duration::from_secs(1)).with_metadata("x-request-id", "7")?;
//! let reply = greeter.say_hello(request).await?;
//! assert_eq!(reply.message, "Hello, Ada!");
//! # Ok(())
//! # }
//! ```
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
//! A handler is dropped where it stands when its client is gone or cancels, or when
//! the deadline of the call has passed. [`Receiver::recv`] and [`Sender::closed`] may
//! report that before; what then waits is dropped. Clean-up that must happen belongs
//! into a `Drop` or a [spawned](tokio::spawn) task.
//!
//! A handler that panics ends its call with UNKNOWN and the words "handler panicked";
//! the other calls go on. It runs on its connection's task until it first waits, so
//! move long computations to [`spawn_blocking`](tokio::task::spawn_blocking).
//!
//! `GreeterServer::new(service)` takes a service whole, and
//! `GreeterServer::from_arc(service)` one that other parts of the program hold as well.
//!
//! The trait of a service has `async fn`, so that there is no `dyn Greeter`. Where
//! the implementation is chosen at run time, let an enum have it:
//!
//! ```ignore
//! enum AnyGreeter { Polite(Polite), Terse(Terse) }
//!
//! impl Greeter for AnyGreeter {
//!     async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
//!         match self {
//!             Self::Polite(greeter) => greeter.say_hello(request).await,
//!             Self::Terse(greeter) => greeter.say_hello(request).await,
//!         }
//!     }
//! }
//! ```
//!
//! Where others may add implementations, write a trait of your own whose methods
//! return `Pin<Box<dyn Future<…> + Send + '_>>`, and implement the service for a
//! struct that holds a `Box` of it.
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
//! Where a message is asked for, a [`Request`] adds metadata, a timeout, or a
//! [`CancelHandle`]. Dropping what a method gave before the call has ended cancels the
//! call; the handle cancels it from elsewhere, and the call then gives what has come.
//!
//! A server may end a call before it has all requests. Sending then fails, and
//! `finish` or the receiver has the outcome ([`Sender::is_closed`]).
//!
//! # Metadata and deadlines
//!
//! [`Metadata`] comes before the messages ([`Request::with_metadata`],
//! [`Response::with_metadata`], [`Sender::send_headers`]), behind them
//! ([`Response::trailers_mut`], [`Sender::trailers_mut`]) or with an error
//! ([`Status::with_metadata`]). The other side finds it on its [`Request`],
//! [`Response`], [`Receiver`] or [`Status`]. A handler with one answer sends headers
//! ahead of it by [`Request::send_headers`] or [`Receiver::send_headers`].
//!
//! [`Request::with_timeout`] sets a deadline; the calls that a handler makes end
//! with the handler's own. A handler that passes a request on as it came passes
//! on its metadata, too:
//!
#![cfg_attr(feature = "example-services", doc = "```")]
#![cfg_attr(not(feature = "example-services"), doc = "```ignore")]
//! # mod proto { puregrpc::include_protos!(); }
//! # use proto::helloworld::{Greeter, GreeterClient, HelloReply, HelloRequest};
//! # use puregrpc::{Request, Response, Status};
//! struct Proxy(GreeterClient);
//!
//! impl Greeter for Proxy {
//!     async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
//!         self.0.say_hello(request).await
//!     }
//! #   async fn say_hello_again(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
//! #       self.0.say_hello_again(request).await
//! #   }
//! }
//! ```
//!
//! Where the requests are a stream, begin with
//! `*onward.metadata_mut() = requests.metadata().clone()`.
//!
//! # Compression
//!
//! With the feature `gzip`, messages that come compressed are read without
//! further ado, and sent compressed where that is chosen: by
//! [`Server::send_compression`] and [`Channel::send_compression`] for all calls,
//! by [`Request::with_compression`], [`Response::with_compression`] and
//! [`Sender::set_compression`] for one, and not for a single message of a stream
//! by [`Sender::send_uncompressed`]. See [`Encoding`].
//!
//! # Errors
//!
//! Inside of a call everything is a [`Status`]; outside, to bind or to connect,
//! an [`Error`]. Both work with `?`. Details that programs can read are shown at
//! [`Status::with_details`], what to try again at [`Channel`].
//!
//! In a handler, `?` converts these errors of others:
//!
//! | error | status |
//! |---|---|
//! | of parsing numbers and text: `ParseIntError`, `Utf8Error` and the like | INVALID_ARGUMENT, its words |
//! | `std::io::Error` | the code by its kind, its words |
//! | `Box<dyn Error>`, also with `Send + Sync` | UNKNOWN, its words |
//! | tokio's `JoinError`, `Elapsed` | INTERNAL or CANCELLED, DEADLINE_EXCEEDED |
//!
//! Its words are sent to the client. For any other error, such as `anyhow::Error`, or
//! where its words must stay in the process, convert it by hand:
//!
//! ```
//! # use puregrpc::Status;
//! # fn store() -> Result<(), std::net::AddrParseError> { Ok(()) }
//! # fn handler() -> Result<(), Status> {
//! store().map_err(Status::from_error)?; // UNKNOWN, with its words
//! store().map_err(|error| Status::internal("cannot store the order").with_source(error))?;
//! # Ok(())
//! # }
//! ```
//!
//! # Running a server
//!
//! [`Server::serve`] drains when it is told to stop, and reports what it had to
//! cut; [`health`] tells load balancers, for which it may serve on a while
//! ([`Server::lame_duck`]). Clones of a [`Server`] serve several listeners and
//! stop together.
//!
//! Ctrl-C is SIGINT; Docker, Kubernetes and systemd send SIGTERM. A program that
//! has once listened for a signal is not killed by it any more: a second Ctrl-C
//! does nothing while the server drains, for up to
//! [`drain_timeout`](Server::drain_timeout). To end at once then, drop the future
//! of `serve`:
//!
//! ```no_run
//! use tokio::signal::ctrl_c;
//! use tokio::signal::unix::{SignalKind, signal};
//!
//! async fn signalled() {
//!     let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
//!     tokio::select! {
//!         _ = ctrl_c() => {}
//!         _ = terminate.recv() => {}
//!     }
//! }
//!
//! # async fn example(server: puregrpc::Server, listener: tokio::net::TcpListener) -> Result<(), puregrpc::Error> {
//! let told = server.drain_watch();
//! let signalled_again = async {
//!     told.wait().await;
//!     signalled().await;
//! };
//! tokio::select! {
//!     report = server.serve(listener, signalled()) => println!("{:?}", report?),
//!     () = signalled_again => println!("the calls under way are cut"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Who may call what is decided by [`Server::authorize`]; without it, everybody
//! may call everything. What clients may take of a server (messages, memory,
//! time, connections, handlers) is bounded by default; the setters of [`Server`]
//! tell how.
//!
//! Connections without calls are ended after half an hour, peers that are gone
//! are found out by pings. Behind a balancer that spreads connections, not
//! calls, let them end now and then ([`Server::max_connection_age`]): channels
//! connect again, and no call is lost by it. Where a firewall forgets quiet
//! connections, let channels ping ([`ChannelBuilder::keepalive_time`]) as often as the
//! server allows ([`Server::permit_keepalive_time`]).
//!
//! # Calls by hand
//!
//! There is no reflection service yet: tools such as grpcurl have to be given the
//! `.proto` files.
//!
//! ```text
//! grpcurl -plaintext -proto proto/helloworld.proto -d '{"name": "Ada"}' localhost:50051 helloworld.Greeter/SayHello
//! ```
//!
//! Where those are not at hand, a program can write down what it was made of; that
//! is for `-protoset hello.protoset`:
//!
#![cfg_attr(feature = "example-services", doc = "```no_run")]
#![cfg_attr(not(feature = "example-services"), doc = "```ignore")]
//! # mod proto { puregrpc::include_protos!(); }
//! std::fs::write("hello.protoset", proto::FILE_DESCRIPTOR_SET)?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # TLS
//!
//! With the feature `tls`, `ServerTls` makes of any listener one that speaks TLS,
//! with certificates of clients if it is told so, and a channel to `https://…`
//! checks the name of its server. Nothing falls back to plaintext; but what is
//! plaintext by its address, as `http://…`, is open to whoever is on the way,
//! tokens in metadata included.
//!
#![cfg_attr(feature = "tls", doc = "```no_run")]
#![cfg_attr(not(feature = "tls"), doc = "```ignore")]
//! # async fn example(server: puregrpc::Server) -> Result<(), Box<dyn std::error::Error>> {
//! use puregrpc::{Channel, ClientTls, Identity, Roots, ServerTls};
//!
//! let listener = tokio::net::TcpListener::bind("[::]:50051").await?;
//! let tls = ServerTls::new(Identity::from_files("server.pem", "server.key")?)
//!     .require_client_certificate(Roots::from_file("clients.pem")?);
//! tokio::spawn(server.serve(tls.listen(listener)?, std::future::pending()));
//!
//! // Whom the system trusts, and no certificate:
//! let channel = Channel::connect("https://example.com").await?;
//! // An authority of one's own, and a certificate:
//! let tls = ClientTls::new()
//!     .roots(Roots::from_file("ca.pem")?)
//!     .identity(Identity::from_files("client.pem", "client.key")?);
//! let channel = Channel::builder("https://localhost:50051").tls(tls).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Tests without a network
//!
//! [`in_process`] connects a [`Channel`] to a server in the same program. With
//! tokio's clock paused, deadlines pass in no time; that takes tokio's feature
//! `test-util`, which is not part of its `full`.

extern crate self as puregrpc;

#[cfg(feature = "example-services")]
#[doc(hidden)]
pub mod bench_support;
pub mod blocking;
mod call;
mod client;
mod code;
mod codec;
mod compression;
mod error;
#[cfg(feature = "example-services")]
pub mod examples;
mod excerpt;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod generated;
pub mod health;
mod metadata;
#[cfg(test)]
mod promises;
mod server;
mod status;
mod timeout;
mod transport;
#[cfg(test)]
mod wakes;

pub use call::{CancelHandle, Receiver, Receiving, Request, Response, SendSink, Sender, Sending};
pub use client::{Channel, ChannelBuilder, ClientStreaming, ConnectivityState, StateWatch};
pub use code::Code;
pub use codec::Message;
pub use compression::Encoding;
pub use error::Error;
pub use metadata::Metadata;
pub use server::{DrainReport, DrainWatch, Incoming, Listener, Server};
#[cfg(feature = "tls")]
pub use server::{TlsListener, TlsReload};
pub use status::Status;
#[cfg(feature = "tls")]
pub use transport::{ClientTls, Identity, Roots, ServerTls, TlsStream};
pub use transport::{InProcessConnector, InProcessListener, Io, Peer, in_process};
pub use {bytes, http, protobuf};

/// What generated code names; not for use by hand.
#[doc(hidden)]
pub mod codegen {
    pub use crate::codec::{Field, Shape, Shaped, read_tag, read_unknown, skip_unknown};
    pub use crate::server::{BoxFuture, Call, Driver, Finish, Inbound, Run, Service, UnaryRequest};
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
        include!(concat!(
            env!("OUT_DIR", "the package has no build script: let build.rs call puregrpc_build::compile(\"proto\")"),
            "/",
            $name,
            ".rs"
        ));
    };
}

/// Compiles and runs what the README shows.
#[cfg(all(doctest, feature = "example-services"))]
#[doc = include_str!("../README.md")]
struct Readme;
