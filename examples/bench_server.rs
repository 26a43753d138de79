//! Serves `proto/bench.proto` to a load generator, on one thread or on several.
//!
//! `bench_server ADDR [mt N | ct]`

#[path = "bench/proto.rs"]
mod proto;
#[path = "bench/runtime.rs"]
mod runtime;
#[path = "bench/service.rs"]
mod service;

use std::error::Error;
use std::future::pending;

use puregrpc::Server;
use tokio::net::TcpListener;

use proto::bench::BenchServer;
use service::Yardstick;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, threads @ ..] = arguments.as_slice() else {
        return Err("usage: bench_server ADDR [mt N | ct]".into());
    };
    let runtime = runtime::build(threads)?;
    // In a task of its own: the thread that waits for it is not one of the workers.
    let server = runtime.spawn(serve(address.clone()));
    runtime.block_on(server)?
}

async fn serve(address: String) -> Result<(), Box<dyn Error + Send + Sync>> {
    let listener = TcpListener::bind(&address).await?;
    println!("bench.Bench on {}", listener.local_addr()?);
    Server::new()
        .max_recv_message_size(LARGEST_MESSAGE)
        .max_concurrent_streams(STREAMS)
        .add(BenchServer::new(Yardstick))
        .serve(listener, pending())
        .await?;
    Ok(())
}

const LARGEST_MESSAGE: usize = 64 * 1024 * 1024;

/// More than any load has open at a time.
const STREAMS: u32 = 100_000;
