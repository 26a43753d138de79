//! Makes so many calls inside one process and thread, for whoever counts what a call costs.
//!
//! `bench_calls unary | server-stream | client-stream | ping-pong COUNT`: unary calls go 64 at a time, the messages of
//! a stream one after the other, those of ping-pong over 64 streams. Nothing depends on the clock or on chance, so that
//! the instructions of two runs differ by those of the calls (`.ci/instructions`).

#[path = "bench/proto.rs"]
mod proto;
#[path = "bench/service.rs"]
mod service;

use std::error::Error;

use futures_util::future::try_join_all;
use puregrpc::{Channel, Server, Status, in_process};

use proto::bench::{BenchClient, BenchServer, HelloRequest, StreamReq};
use service::Yardstick;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count] = arguments.as_slice() else {
        return Err("usage: bench_calls unary | server-stream | client-stream | ping-pong COUNT".into());
    };
    let count: usize = count.parse()?;
    let (listener, connector) = in_process();
    let server = Server::new().add(BenchServer::new(Yardstick));
    tokio::spawn(server.serve(listener, std::future::pending()));
    let client = BenchClient::new(Channel::in_process(connector));
    match kind.as_str() {
        "unary" => unary(&client, count).await?,
        "server-stream" => server_stream(&client, count).await?,
        "client-stream" => client_stream(&client, count).await?,
        "ping-pong" => ping_pong(&client, count).await?,
        _ => return Err(format!("unknown kind of call: {kind}").into()),
    }
    Ok(())
}

async fn unary(client: &BenchClient, count: usize) -> Result<(), Status> {
    for _ in 0..count / AT_A_TIME {
        try_join_all((0..AT_A_TIME).map(|_| client.hello(hello()))).await?;
    }
    Ok(())
}

async fn server_stream(client: &BenchClient, count: usize) -> Result<(), Status> {
    let request = StreamReq { count: count as u32, name: NAME.into(), ..Default::default() };
    let mut replies = client.server_stream(request).await?;
    while replies.recv().await?.is_some() {}
    Ok(())
}

async fn client_stream(client: &BenchClient, count: usize) -> Result<(), Status> {
    let mut call = client.client_stream(()).await?;
    for _ in 0..count {
        call.send(&hello()).await?;
    }
    call.finish().await.map(drop)
}

async fn ping_pong(client: &BenchClient, count: usize) -> Result<(), Status> {
    let streams = (0..AT_A_TIME).map(async |_| {
        let (mut requests, mut replies) = client.bidi(()).await?;
        for _ in 0..count / AT_A_TIME {
            requests.send(&hello()).await?;
            replies.recv().await?;
        }
        requests.close();
        replies.recv().await.map(drop)
    });
    try_join_all(streams).await.map(drop)
}

fn hello() -> HelloRequest {
    HelloRequest { name: NAME.into(), ..Default::default() }
}

const NAME: &str = "ten bytes!";
const AT_A_TIME: usize = 64;
