//! The cases of gRPC's interoperability tests, as a client makes them.

mod ages;
mod compressed;
mod ends;
mod plain;
mod soak;

use std::fmt::Debug;
use std::time::Duration;

use puregrpc::{Channel, ClientTls, Code, Roots, Status};
use tokio::time::timeout;

use crate::interop::grpc::testing::{
    Payload, ResponseParameters, SimpleRequest, StreamingInputCallRequest, StreamingOutputCallRequest,
    TestServiceClient,
};
use crate::{Failure, Options};

type Outcome = Result<(), Failure>;

/// What the cases call: a server of the test service.
#[derive(Debug)]
pub struct Peer {
    options: Options,
    channel: Channel,
    tests: TestServiceClient,
}

impl Peer {
    /// The server that the options name: `server_host` and its like, as [`OPTIONS`] has them.
    ///
    /// # Errors
    ///
    /// If an option cannot be read, or the server is not there.
    pub async fn of(options: Options) -> Result<Self, Failure> {
        let channel = Self::connect(&options).await?;
        Ok(Self { options, tests: TestServiceClient::new(channel.clone()), channel })
    }

    /// A channel of its own to the server.
    async fn connect(options: &Options) -> Result<Channel, Failure> {
        let host = options.get("server_host").unwrap_or("localhost");
        let port = options.read("server_port", 10_000)?;
        let channel = Channel::builder(format!("{host}:{port}"));
        let channel = if options.read("use_tls", false)? {
            let mut tls = ClientTls::new();
            if let Some(file) = options.get("ca_file") {
                tls = tls.roots(Roots::from_file(file)?);
            }
            if let Some(name) = options.get("server_host_override") {
                tls = tls.server_name(name)?;
            }
            channel.tls(tls)
        } else {
            channel
        };
        Ok(channel.connect().await?)
    }

    /// Makes a case, which has its time.
    ///
    /// # Errors
    ///
    /// What was not as the case wants it.
    pub async fn run(&self, case: &str) -> Outcome {
        timeout(PATIENCE, self.make(case)).await.unwrap_or_else(|_| Err("it does not end".into()))
    }

    async fn make(&self, case: &str) -> Outcome {
        match case {
            "empty_unary" => plain::empty_unary(self).await,
            "large_unary" => plain::large_unary(self).await,
            "client_streaming" => plain::client_streaming(self).await,
            "server_streaming" => plain::server_streaming(self).await,
            "ping_pong" => plain::ping_pong(self).await,
            "empty_stream" => plain::empty_stream(self).await,
            "half_duplex" => plain::half_duplex(self).await,
            "custom_metadata" => plain::custom_metadata(self).await,
            "client_compressed_unary" => compressed::client_unary(self).await,
            "server_compressed_unary" => compressed::server_unary(self).await,
            "client_compressed_streaming" => compressed::client_streaming(self).await,
            "server_compressed_streaming" => compressed::server_streaming(self).await,
            "status_code_and_message" => ends::status_code_and_message(self).await,
            "special_status_message" => ends::special_status_message(self).await,
            "unimplemented_method" => ends::unimplemented_method(self).await,
            "unimplemented_service" => ends::unimplemented_service(self).await,
            "cancel_after_begin" => ends::cancel_after_begin(self).await,
            "cancel_after_first_response" => ends::cancel_after_first_response(self).await,
            "timeout_on_sleeping_server" => ends::timeout_on_sleeping_server(self).await,
            "rpc_soak" => soak::rpc(self).await,
            "channel_soak" => soak::channel(self).await,
            "ages" => ages::ages(self).await,
            _ => Err(format!("there is no such case; there are {}", CASES.join(", ")).into()),
        }
    }
}

fn payload(size: usize) -> Payload {
    Payload { body: vec![0; size].into(), ..Default::default() }
}

/// A request of so many bytes that asks for an answer of so many.
fn simple(size: usize, answer: i32) -> SimpleRequest {
    SimpleRequest { response_size: answer, payload: Some(payload(size)).into(), ..Default::default() }
}

fn input(size: usize) -> StreamingInputCallRequest {
    StreamingInputCallRequest { payload: Some(payload(size)).into(), ..Default::default() }
}

/// A request of so many bytes that asks for answers of these sizes.
fn output(size: usize, answers: &[i32]) -> StreamingOutputCallRequest {
    let response_parameters =
        answers.iter().map(|size| ResponseParameters { size: *size, ..Default::default() }).collect();
    StreamingOutputCallRequest { response_parameters, payload: Some(payload(size)).into(), ..Default::default() }
}

fn equal<T: Debug + PartialEq + ?Sized>(got: &T, expected: &T) -> Outcome {
    if got == expected {
        return Ok(());
    }
    let shortened = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
    Err(format!("got {}, expected {}", shortened(got), shortened(expected)).into())
}

/// The status of a call that has to fail so.
fn refused<T>(code: Code, result: Result<T, Status>) -> Result<Status, Failure> {
    match result {
        Ok(_) => Err(format!("expected {code}, the call succeeded").into()),
        Err(status) if status.code() == code => Ok(status),
        Err(status) => Err(format!("expected {code}, got {status}").into()),
    }
}

/// All cases of the suite. Beside them there is `ages`, for servers that end their connections.
pub const CASES: [&str; 21] = [
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "half_duplex",
    "custom_metadata",
    "client_compressed_unary",
    "server_compressed_unary",
    "client_compressed_streaming",
    "server_compressed_streaming",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "rpc_soak",
    "channel_soak",
];

/// The options that name the server, and those of the cases that last.
pub const OPTIONS: [&str; 15] = [
    "server_host",
    "server_port",
    "server_host_override",
    "use_tls",
    "ca_file",
    "soak_iterations",
    "soak_max_failures",
    "soak_per_iteration_max_acceptable_latency_ms",
    "soak_overall_timeout_seconds",
    "soak_min_time_ms_between_rpcs",
    "soak_request_size",
    "soak_response_size",
    "ages_seconds",
    "ages_connections",
    "ages_cut",
];

const PATIENCE: Duration = Duration::from_secs(60);
