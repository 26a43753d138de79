mod greeter;
mod hello;
mod position;
mod route_guide;
mod tls;

use std::time::Duration;

use clap::{Args, Subcommand};
use puregrpc::{Channel, Request};
use tokio::runtime;

use self::tls::Tls;

use crate::failure::Failure;
use crate::span;

/// Calls an example service as the client program of its tutorial does.
#[derive(Args)]
pub(crate) struct Client {
    #[command(subcommand)]
    program: Program,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Program {
    /// Be greeted in Japanese.
    Hello(hello::Arguments),
    /// Be greeted, and greeted again.
    Greeter(greeter::Arguments),
    /// Ask where the character is, once a second until Ctrl-C.
    Position(position::Arguments),
    /// Ask for places, record a route (some 10 s) and chat along the way: all four kinds of call.
    RouteGuide(route_guide::Arguments),
}

#[derive(Args)]
struct Options {
    /// The server to call: http://HOST:PORT, https://HOST:PORT, HOST:PORT or unix:PATH.
    #[arg(long, value_name = "URL", global = true, default_value = "http://localhost:50051", env = "PUREGRPC_SERVER")]
    server: String,

    /// How long each call may take, as in 1.5s or 300ms; without this, as long as it wants.
    #[arg(long, value_name = "TIME", global = true, value_parser = span::parse)]
    timeout: Option<Duration>,

    #[command(flatten)]
    tls: Tls,
}

impl Client {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::local)?;
        runtime.block_on(async {
            // Connecting is left to the first call, so that its timeout covers both.
            let channel = self.options.tls.apply(Channel::builder(&self.options.server))?.build()?;
            match &self.program {
                Program::Hello(arguments) => hello::run(channel, &self.options, arguments).await,
                Program::Greeter(arguments) => greeter::run(channel, &self.options, arguments).await,
                Program::Position(arguments) => position::run(channel, &self.options, arguments).await,
                Program::RouteGuide(arguments) => route_guide::run(channel, &self.options, arguments).await,
            }
        })
    }
}

impl Options {
    /// Makes a request that has the time the user gives it.
    fn request<T>(&self, message: T) -> Request<T> {
        let request = Request::new(message);
        match self.timeout {
            Some(timeout) => request.with_timeout(timeout),
            None => request,
        }
    }
}
