use std::time::Duration;

use clap::Args;
use puregrpc::Server;

use crate::span;

/// What a client may ask of the server; what is not given is as the library has it.
#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// How many connections may be open; without this, 10000, or what the descriptors allow.
    #[arg(long, value_name = "N")]
    max_connections: Option<usize>,

    /// How many connections may be open from one IP address; without this, as many as in all.
    #[arg(long, value_name = "N")]
    max_connections_per_ip: Option<usize>,

    /// How long a call may take, whatever its client says; without this, as long as it wants.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    max_call_duration: Option<Duration>,

    /// The greatest message that is taken, in bytes; without this, 4194304.
    #[arg(long, value_name = "BYTES")]
    max_recv_message_size: Option<usize>,

    /// How much memory the messages of all clients may take, in bytes; without this, 1 GiB.
    #[arg(long, value_name = "BYTES")]
    memory_limit: Option<usize>,

    /// How long a message that has begun may not go on; without this, 60s.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    stall_timeout: Option<Duration>,

    /// How many calls a connection may have open; without this, 1000.
    #[arg(long, value_name = "N")]
    max_concurrent_streams: Option<u32>,

    /// How long a new connection may take to greet; without this, 10s.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    handshake_timeout: Option<Duration>,

    /// How long the headers of a call may be on their way; without this, 10s.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    header_block_timeout: Option<Duration>,

    /// How long a client has to wait between two pings; without this, 5m.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    permit_keepalive_time: Option<Duration>,

    /// After how much silence a client is pinged; without this, 2h.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    keepalive_time: Option<Duration>,

    /// How long a client may take to answer that before its connection is cut; without this, 20s.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    keepalive_timeout: Option<Duration>,

    /// After how long a connection without calls is ended; without this, 30m.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    max_connection_idle: Option<Duration>,

    /// How long a connection may last before it takes no new calls; without this, for ever.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    max_connection_age: Option<Duration>,

    /// How long its calls may go on after that; without this, to their end.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    max_connection_age_grace: Option<Duration>,
}

impl Limits {
    /// Sets what was given.
    pub(super) fn apply(&self, server: Server) -> Server {
        let server = set(server, self.max_connections, Server::max_connections);
        let server = set(server, self.max_connections_per_ip, Server::max_connections_per_ip);
        let server = set(server, self.max_call_duration, Server::max_call_duration);
        let server = set(server, self.max_recv_message_size, Server::max_recv_message_size);
        let server = set(server, self.memory_limit, Server::memory_limit);
        let server = set(server, self.stall_timeout, Server::stall_timeout);
        let server = set(server, self.max_concurrent_streams, Server::max_concurrent_streams);
        let server = set(server, self.handshake_timeout, Server::handshake_timeout);
        let server = set(server, self.header_block_timeout, Server::header_block_timeout);
        let server = set(server, self.permit_keepalive_time, Server::permit_keepalive_time);
        let server = set(server, self.keepalive_time, Server::keepalive_time);
        let server = set(server, self.keepalive_timeout, Server::keepalive_timeout);
        let server = set(server, self.max_connection_idle, Server::max_connection_idle);
        let server = set(server, self.max_connection_age, Server::max_connection_age);
        set(server, self.max_connection_age_grace, Server::max_connection_age_grace)
    }
}

fn set<T>(server: Server, value: Option<T>, setter: impl FnOnce(Server, T) -> Server) -> Server {
    match value {
        Some(value) => setter(server, value),
        None => server,
    }
}
