//! Blocking calls, for programs without `async`.
//!
//! The functions are those of the asynchronous client, without `.await`; streams of
//! answers are iterators. They need no runtime: each [`Channel`] has a thread of its own
//! that does the work and stops with the channel. They also work on a thread of an
//! asynchronous runtime, and block it like any other thread. [`Channel::builder`] sets
//! TLS, keepalive and limits of connections. [`Channel::new`] makes blocking calls over
//! an asynchronous channel.
//!
//! `puregrpc_build::Config::new().input("proto").blocking(true).compile()` in
//! `build.rs` generates blocking clients. A service `Greeter` gets a
//! `GreeterBlockingClient`:
//!
//! ```rust,ignore
//! let greeter = GreeterBlockingClient::new(blocking::Channel::connect("unix:/run/greeter.sock")?);
//! let reply = greeter.say_hello(HelloRequest { name: "Ada".into(), ..Default::default() })?;
//! for reply in greeter.greet_everybody(HelloRequest::new())? {
//!     println!("{}", reply?);
//! }
//! ```

mod builder;
mod call;
mod channel;
mod worker;

pub use builder::ChannelBuilder;
pub use call::{ClientStreaming, Receiver, Sender};
pub use channel::Channel;
