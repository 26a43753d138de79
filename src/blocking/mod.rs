//! Calls that block the thread that makes them: for programs without `async`.
//!
//! The functions are those of the asynchronous client, without `.await`:
//! streams of answers are iterators. No runtime has to be set up or named; each
//! [`Channel`] has a thread of its own that does the work and ends with it.
//! They may also be called on a thread of an asynchronous runtime, which they
//! block like any other. TLS, keepalive and limits of connections are set by
//! [`Channel::builder`]; [`Channel::new`] makes blocking calls over an asynchronous
//! channel.
//!
//! `puregrpc_build::Config::new().input("proto").blocking(true).compile()` in
//! `build.rs` generates clients for it; for a service `Greeter` that is
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
