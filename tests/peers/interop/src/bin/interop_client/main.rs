//! gRPC's interoperability test client.
//!
//! ```sh
//! interop_client --server_host localhost --server_port 10000 --test_case empty_unary,large_unary
//! interop_client --server_port 10000 --test_case all [--use_tls true --ca_file PEM --server_host_override NAME]
//! ```

mod compressed;
mod ends;
mod plain;
mod soak;

use std::fmt::Debug;
use std::process::ExitCode;
use std::time::Duration;

use puregrpc::{Channel, ClientTls, Code, Roots, Status};
use tokio::time::timeout;

use puregrpc_interop::interop::grpc::testing::{
    Payload, ResponseParameters, SimpleRequest, StreamingInputCallRequest, StreamingOutputCallRequest,
    TestServiceClient,
};
use puregrpc_interop::{Failure, Options};

type Outcome = Result<(), Failure>;

/// What the cases call.
struct Peer {
    options: Options,
    channel: Channel,
    tests: TestServiceClient,
}

impl Peer {
    /// A channel of its own to the server.
    async fn connect(options: &Options) -> Result<Channel, Failure> {
        let host = options.get("server_host").unwrap_or("localhost");
        let port = options.read("server_port", 10_000)?;
        let channel = Channel::lazy(format!("{host}:{port}"))?;
        let channel = if options.read("use_tls", false)? {
            let mut tls = ClientTls::new();
            if let Some(file) = options.get("ca_file") {
                tls = tls.roots(Roots::from_file(file)?);
            }
            if let Some(name) = options.get("server_host_override") {
                tls = tls.server_name(name)?;
            }
            channel.tls(tls)?
        } else {
            channel
        };
        channel.ready().await?;
        Ok(channel)
    }

    async fn run(&self, case: &str) -> Outcome {
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
            _ => Err(format!("there is no such case; there are {}", CASES.join(", ")).into()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let options = Options::of_process(&[&OPTIONS[..], &soak::OPTIONS].concat())?;
    let wanted = match options.get("test_case").ok_or("--test_case is missing: names with commas, or all")? {
        "all" => CASES.iter().map(|case| (*case).to_owned()).collect(),
        names => names.split(',').map(str::to_owned).collect::<Vec<_>>(),
    };
    let channel = Peer::connect(&options).await?;
    let peer = Peer { options, tests: TestServiceClient::new(channel.clone()), channel };
    let mut failed = 0;
    for case in &wanted {
        let outcome = timeout(PATIENCE, peer.run(case)).await.unwrap_or_else(|_| Err("it does not end".into()));
        match outcome {
            Ok(()) => println!("ok     {case}"),
            Err(error) => {
                failed += 1;
                println!("FAILED {case}\n      {error}");
            }
        }
    }
    println!("{} passed, {failed} failed", wanted.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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

const CASES: [&str; 21] = [
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

const OPTIONS: [&str; 6] = ["server_host", "server_port", "server_host_override", "test_case", "use_tls", "ca_file"];

const PATIENCE: Duration = Duration::from_secs(60);
