//! gRPC in pure Rust, straight on [`h2`]: no protoc, no C compiler, no HTTP framework.
//!
//! # Getting started
//!
//! 1. In `build.rs`, [`puregrpc_build::compile("proto")`] generates Rust from your
//!    `.proto` files, and [`include_protos!`] includes it in your crate. A service
//!    `Greeter` becomes a trait `Greeter`, a `GreeterServer` that serves an
//!    implementation of the trait, and a `GreeterClient` that calls the service.
//!    The documentation of [`puregrpc_build`] describes the generated messages.
//! 2. A [`Server`] serves its services on a [`Listener`]: TCP, a Unix socket, an
//!    [in-process](in_process) pipe.
//! 3. A [`Channel`] is a connection to a server; clients share it by cloning.
//!    [`Channel::builder`] sets it up with TLS, timeouts or keepalive. Code that is
//!    not async uses [`blocking`].
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
//! [`Receiver`] or [`Sender`]. The return value of a handler is the outcome of its call.
//!
//! | requests | answers | handler |
//! |---|---|---|
//! | one | one | `async fn get(&self, request: Request<Q>) -> Result<Response<R>, Status>` |
//! | one | stream | `async fn list(&self, request: Request<Q>, replies: &mut Sender<R>) -> Result<(), Status>` |
//! | stream | one | `async fn record(&self, requests: &mut Receiver<Q>) -> Result<Response<R>, Status>` |
//! | stream | stream | `async fn chat(&self, requests: &mut Receiver<Q>, replies: &mut Sender<R>) -> Result<(), Status>` |
//!
//! The server drops a handler at the `.await` where it waits when the client
//! disconnects or cancels, or when the deadline of the call has passed.
//! [`Receiver::recv`] and [`Sender::closed`] may report that first; the handler is
//! dropped when it waits again. Put clean-up that must happen into a `Drop` or a
//! [spawned](tokio::spawn) task.
//!
//! A panic of a handler ends its call with UNKNOWN and the message "handler panicked";
//! other calls are not affected. A handler runs on its connection's task until it first
//! waits, so move long computations to [`spawn_blocking`](tokio::task::spawn_blocking).
//!
//! `GreeterServer::new(service)` takes ownership of a service.
//! `GreeterServer::from_arc(service)` shares one with other parts of the program.
//!
//! The trait of a service has `async fn`, so that there is no `dyn Greeter`. To
//! choose the implementation at run time, use an enum:
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
//! To let other crates add implementations, write a trait of your own whose methods
//! return `Pin<Box<dyn Future<…> + Send + '_>>`. Implement the service for a struct
//! that holds a `Box` of it.
//!
//! # What a client returns
//!
//! | requests | answers | method of the client |
//! |---|---|---|
//! | one | one | `get(message).await?` is a [`Response`] |
//! | one | stream | `list(message).await?` is a [`Receiver`] |
//! | stream | one | `record(()).await?` is a [`ClientStreaming`]: `send`, then `finish` |
//! | stream | stream | `chat(()).await?` is a [`Sender`] and a [`Receiver`], independent of each other |
//!
//! In place of a message, pass a [`Request`] to add metadata, a timeout, or a
//! [`CancelHandle`]. Dropping the value that a method returned cancels the call, unless
//! it has ended. The handle cancels the call from elsewhere; the caller still gets the
//! messages that have arrived.
//!
//! A server may end a call before it has received all requests. Sending then fails, and
//! `finish` or the receiver returns the outcome ([`Sender::is_closed`]).
//!
//! # Metadata and deadlines
//!
//! | [`Metadata`] sent | by |
//! |---|---|
//! | before the messages | [`Request::with_metadata`], [`Response::with_metadata`], [`Sender::send_headers`] |
//! | before the only answer, while the handler runs | [`Request::send_headers`], [`Receiver::send_headers`] |
//! | after the messages | [`Response::trailers_mut`], [`Sender::trailers_mut`] |
//! | with an error | [`Status::with_metadata`] |
//!
//! The other side finds it on its [`Request`], [`Response`], [`Receiver`] or [`Status`].
//!
//! [`Request::with_timeout`] sets a deadline. The calls that a handler makes end no
//! later than the handler's own call. A handler that passes on a received request
//! also passes on its metadata:
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
//! If the requests are a stream, copy the metadata first:
//! `*onward.metadata_mut() = requests.metadata().clone()`.
//!
//! # Compression
//!
//! With the feature `gzip`, compressed messages are decompressed automatically, and
//! you choose where messages are sent compressed. See [`Encoding`].
//!
//! | for | choose by |
//! |---|---|
//! | all calls | [`Server::send_compression`], [`Channel::send_compression`] |
//! | one call | [`Request::with_compression`], [`Response::with_compression`], [`Sender::set_compression`] |
//! | all but one message of a stream | [`Sender::send_uncompressed`] for that one |
//!
//! # Errors
//!
//! Within a call every error is a [`Status`]; outside one, to bind or to connect, it
//! is an [`Error`]. Both work with `?`. [`Status::with_details`] shows machine-readable
//! details, and [`Channel`](Channel#trying-again) which calls to retry.
//!
//! In a handler, `?` converts these other errors:
//!
//! | error | status |
//! |---|---|
//! | of parsing numbers and text: `ParseIntError`, `Utf8Error` and similar | INVALID_ARGUMENT, with its text |
//! | `std::io::Error` | the code for its kind, with its text |
//! | `Box<dyn Error>`, also with `Send + Sync` | UNKNOWN, with its text |
//! | tokio's `JoinError`, `Elapsed` | INTERNAL or CANCELLED, DEADLINE_EXCEEDED |
//!
//! The client gets the text of the error. Convert other errors, such as
//! `anyhow::Error`, and errors whose text must stay in the process, by hand:
//!
//! ```
//! # use puregrpc::Status;
//! # fn store() -> Result<(), std::net::AddrParseError> { Ok(()) }
//! # fn handler() -> Result<(), Status> {
//! store().map_err(Status::from_error)?; // UNKNOWN, with its text
//! store().map_err(|error| Status::internal("cannot store the order").with_source(error))?;
//! # Ok(())
//! # }
//! ```
//!
//! # Running a server
//!
//! [`Server::serve`] drains once its `shutdown` future completes, and reports the
//! calls that it cut. [`health`] reports the shutdown to load balancers;
//! [`Server::lame_duck`] keeps the server accepting calls until they react. Clones of
//! a [`Server`] serve several listeners and stop together.
//!
//! Ctrl-C is SIGINT; Docker, Kubernetes and systemd send SIGTERM. Once a program
//! listens for a signal, that signal no longer kills it. So a second Ctrl-C does
//! nothing while the server drains, which takes up to
//! [`drain_timeout`](Server::drain_timeout). To stop immediately then, drop the future
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
//! let drain = server.drain_watch();
//! let signalled_again = async {
//!     drain.wait().await;
//!     signalled().await;
//! };
//! tokio::select! {
//!     report = server.serve(listener, signalled()) => println!("{:?}", report?),
//!     () = signalled_again => println!("the calls in flight are cut"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Server::authorize`] decides which callers may call which methods; without it,
//! every caller may call every method. Messages, memory, time, connections and handlers
//! of a server are limited by default; the setters of [`Server`] document the limits.
//!
//! Idle connections close after 30 minutes; keepalive pings detect dead peers. Behind a
//! load balancer that balances connections rather than calls, set a maximum connection
//! age ([`Server::max_connection_age`]): channels reconnect, and no call is lost. Where
//! a firewall drops idle connections, let channels ping
//! ([`ChannelBuilder::keepalive_time`]) as often as the server permits
//! ([`Server::permit_keepalive_time`]):
//!
//! ```no_run
//! # async fn example() -> Result<(), puregrpc::Error> {
//! use std::time::Duration;
//!
//! let channel = puregrpc::Channel::builder("http://localhost:50051")
//!     .keepalive_time(Duration::from_secs(300))
//!     .connect()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Calls by hand
//!
//! There is no reflection service yet: tools such as grpcurl need the `.proto` files.
//!
//! ```text
//! grpcurl -plaintext -proto proto/helloworld.proto -d '{"name": "Ada"}' localhost:50051 helloworld.Greeter/SayHello
//! ```
//!
//! Without the files, a program can write its own descriptors, for
//! `-protoset hello.protoset`:
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
//! With the feature `tls`, [`ServerTls`] wraps any listener in TLS and can require
//! client certificates. A channel to `https://…` verifies its server; [`ClientTls`] has
//! its settings. Nothing falls back to plaintext, but an `http://…` address *is*
//! plaintext: anyone on the path can read it, tokens included.
//!
#![cfg_attr(feature = "tls", doc = "[`ServerTls`]: ServerTls")]
#![cfg_attr(feature = "tls", doc = "[`ClientTls`]: ClientTls")]
#![cfg_attr(not(feature = "tls"), doc = "[`ServerTls`]: #tls")]
#![cfg_attr(not(feature = "tls"), doc = "[`ClientTls`]: #tls")]
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
//! // The system's roots, and no certificate:
//! let channel = Channel::connect("https://example.com").await?;
//! // An authority of your own, and a certificate:
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
//! tokio's clock paused, deadlines pass without real waiting. That needs tokio's
//! feature `test-util`, which is not part of its `full`.
//!
//! # Layout
//!
//! This section is for readers of the source. Modules are private except [`blocking`],
//! [`health`] and `examples`; `lib.rs` lists the public items. The table begins with the
//! top layer; [ARCHITECTURE.md] has the layers and follows a call through them.
//!
//! | module | contents |
//! |---|---|
//! | `blocking` | clients without async: a channel and a thread |
//! | `health` | gRPC's health service, as any user of the crate could write it |
//! | `examples` | the services of gRPC's tutorials (feature `example-services`) |
//! | `server` | [`Server`]: listen, accept, authorize, route, run handlers, drain |
//! | `client` | [`Channel`]: set up, connect, choose a connection, send calls, retry, report the state |
//! | `call` | one call on either side: [`Request`], [`Response`], [`Sender`], [`Receiver`], deadlines, stalls |
//! | `transport` | the IO object below HTTP/2: buffers, frame counts, keepalive, memory budgets, TLS, in-process pipes |
//! | `codec` | messages to bytes and back, and their size in memory |
//! | `frame` | gRPC's length-prefixed messages |
//! | `compression` | [`Encoding`], gzip and deflate |
//! | `metadata`, `status`, `code`, `timeout` | [`Metadata`], [`Status`], [`Code`], and `grpc-timeout` on the wire |
//! | `error`, `excerpt` | [`Error`], and quotations of a peer in error texts |
//! | `generated` | code of the health service and shapes of the well-known types, checked in |
//!
//! The table leaves out the modules that only tests and benchmarks use.
//!
//! [ARCHITECTURE.md]: https://github.com/puregrpc/puregrpc/blob/main/ARCHITECTURE.md
//! [`puregrpc_build`]: https://docs.rs/puregrpc-build
//! [`puregrpc_build::compile("proto")`]: https://docs.rs/puregrpc-build/latest/puregrpc_build/fn.compile.html

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

/// The items that generated code uses; not for use by hand.
#[doc(hidden)]
pub mod codegen {
    pub use crate::codec::{Field, Shape, Shaped, read_tag, read_unknown, skip_unknown};
    pub use crate::server::{BoxFuture, Call, Driver, Finish, Inbound, Run, Service, UnaryRequest};
}

/// Includes the code that `puregrpc_build` has written to `OUT_DIR`.
///
/// `include_protos!()` includes the output under its default name,
/// `include_protos!("x")` that of `Config::out_file("x")`.
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
