//! The client that the Connect project's conformance runner tests. It reads from standard input which calls to make, and
//! writes what becomes of each.

mod calls;

use std::io;
use std::sync::Arc;

use puregrpc::{Channel, ClientTls, Encoding, Identity, Roots};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use puregrpc_interop::conformance::connectrpc::conformance::v1::client_compat_response::Result as Outcome;
use puregrpc_interop::conformance::connectrpc::conformance::v1::{
    ClientCompatRequest, ClientCompatResponse, ClientErrorResult, ClientResponseResult, Compression,
};
use puregrpc_interop::{Failure, pipe};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (sender, mut wanted) = mpsc::channel(AT_ONCE);
    let reader = std::thread::spawn(move || -> Result<(), Failure> {
        let mut input = io::stdin().lock();
        while let Some(request) = pipe::read::<ClientCompatRequest>(&mut input)? {
            if sender.blocking_send(request).is_err() {
                break;
            }
        }
        Ok(())
    });
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    while let Some(request) = wanted.recv().await {
        let place = Arc::clone(&places).acquire_owned().await?;
        calls.spawn(async move {
            let answer = answer(&request).await;
            drop(place);
            pipe::write(&answer)
        });
    }
    while let Some(call) = calls.join_next().await {
        call??;
    }
    reader.join().map_err(|_| "the reader panicked")?
}

/// Makes one call and tells of it.
async fn answer(request: &ClientCompatRequest) -> ClientCompatResponse {
    let outcome = match call(request).await {
        Ok(result) => Outcome::Response(result),
        Err(failure) => Outcome::Error(ClientErrorResult { message: failure.to_string(), ..Default::default() }),
    };
    let test_name = request.test_name.clone();
    ClientCompatResponse { test_name, result: Some(outcome), ..Default::default() }
}

async fn call(request: &ClientCompatRequest) -> Result<ClientResponseResult, Failure> {
    let mut builder = Channel::builder(format!("{}:{}", request.host, request.port));
    if !request.server_tls_cert.is_empty() {
        let mut tls = ClientTls::new().roots(Roots::from_bytes(&request.server_tls_cert)?);
        if let Some(shown) = request.client_tls_creds.as_ref() {
            tls = tls.identity(Identity::from_bytes(&shown.cert, &shown.key)?);
        }
        builder = builder.tls(tls);
    }
    let mut channel = builder.build()?;
    if request.message_receive_limit > 0 {
        channel = channel.max_recv_message_size(usize::try_from(request.message_receive_limit)?);
    }
    if request.compression.enum_value() == Ok(Compression::COMPRESSION_GZIP) {
        channel = channel.send_compression(Encoding::Gzip).compress_from(1);
    }
    calls::make(channel, request).await
}

/// How many calls are made at once.
const AT_ONCE: usize = 8;
