//! The binary `puregrpc`: a server of the example services, and clients that call them.

mod client;
mod escaped;
mod failure;
mod logs;
mod output;
mod serve;
mod span;
mod usage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::client::Client;
use crate::serve::Serve;

/// gRPC in pure Rust: a server of gRPC's example services, and clients that call them.
#[derive(Parser)]
#[command(name = "puregrpc", version, after_help = EXIT_STATUS, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the example services until a signal comes.
    Serve(Box<Serve>),
    /// Call an example service as its tutorial does.
    Client(Client),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage::report(&error),
    };
    logs::start();
    let result = match arguments.command {
        Command::Serve(serve) => serve.run(),
        Command::Client(client) => client.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

const EXIT_STATUS: &str = "\
Exit status: 0 when all went well, 1 for an error on this side, 2 for a wrong command line,
64 + N when a call ended with the gRPC status N.

RUST_LOG chooses what is logged on the standard error, as in RUST_LOG=debug.";
