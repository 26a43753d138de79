//! Ways to use a client: from threads, from many tasks, with several connections, with several streams at once.

#[path = "../examples/bench/proto.rs"]
mod proto;
#[path = "../examples/bench/service.rs"]
mod service;
mod support;

use std::future::pending;
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::try_join_all;
use puregrpc::{Channel, Server, Status};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use proto::bench::{BenchBlockingClient, BenchClient, BenchServer, HelloRequest};
use service::Yardstick;
use support::quick;

/// A server on a thread of its own, and the channel to it.
struct Served {
    channel: Channel,
    _runtime: Runtime,
}

impl Served {
    fn new(connections: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let channel =
            Channel::builder(format!("http://{}", listener.local_addr().unwrap())).max_connections(connections);
        let channel = channel.build().unwrap();
        let server = Server::new().max_concurrent_streams(STREAMS).add(BenchServer::new(Yardstick));
        runtime.spawn(server.serve(listener, pending()));
        Self { channel, _runtime: runtime }
    }
}

/// One call after the other from each of some threads, and from a task, for comparison.
fn threads(criterion: &mut Criterion) {
    let served = Served::new(1);
    let mut group = criterion.benchmark_group("blocking");
    let client = BenchBlockingClient::new(puregrpc::blocking::Channel::new(served.channel.clone()).unwrap());
    for count in [1, 4] {
        group.throughput(Throughput::Elements(count * CALLS));
        group.bench_function(BenchmarkId::new("threads", count), |bencher| {
            bencher.iter(|| {
                thread::scope(|scope| {
                    for _ in 0..count {
                        scope.spawn(|| (0..CALLS).for_each(|_| drop(client.hello(hello()).unwrap())));
                    }
                });
            });
        });
    }
    group.throughput(Throughput::Elements(CALLS));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = BenchClient::new(served.channel.clone());
    group.bench_function("task", |bencher| bencher.to_async(&runtime).iter(|| calls(&client, CALLS)));
    group.finish();
}

/// Many tasks on two threads, with one connection and with several, which open as streams fill up.
fn tasks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tasks");
    for (count, connections) in [(64, 1), (400, 1), (400, 4)] {
        let served = Served::new(connections);
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let client = BenchClient::new(served.channel.clone());
        group.throughput(Throughput::Elements(count * CALLS));
        group.bench_function(BenchmarkId::new(format!("connections={connections}"), count), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                let tasks = (0..count).map(|_| {
                    let client = client.clone();
                    tokio::spawn(async move { calls(&client, CALLS).await })
                });
                try_join_all(tasks).await.unwrap();
            });
        });
    }
    group.finish();
}

/// Several streams on one connection, whose messages overlap in both directions.
fn pipelined(criterion: &mut Criterion) {
    let served = Served::new(1);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = BenchClient::new(served.channel.clone());
    let mut group = criterion.benchmark_group("pipelined");
    for streams in [1, 8, 64] {
        group.throughput(Throughput::Elements(streams * MESSAGES));
        group.bench_function(BenchmarkId::new("streams", streams), |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                try_join_all((0..streams).map(|_| overlap(&client))).await.unwrap();
            });
        });
    }
    group.finish();
}

async fn calls(client: &BenchClient, count: u64) {
    for _ in 0..count {
        client.hello(hello()).await.unwrap();
    }
}

/// One stream that sends without waiting for answers, and receives them meanwhile.
async fn overlap(client: &BenchClient) -> Result<(), Status> {
    let (mut requests, mut replies) = client.bidi(()).await?;
    let message = hello();
    let send = async move {
        for _ in 0..MESSAGES {
            requests.send(&message).await?;
        }
        requests.close();
        Ok::<_, Status>(())
    };
    let receive = async {
        let mut received = 0;
        while replies.recv().await?.is_some() {
            received += 1;
        }
        assert_eq!(received, MESSAGES);
        Ok(())
    };
    tokio::try_join!(send, receive).map(drop)
}

fn hello() -> HelloRequest {
    HelloRequest { name: "xxxxxxxxxx".into(), ..Default::default() }
}

const CALLS: u64 = 20;
const MESSAGES: u64 = 1000;

/// What servers often allow on one connection.
const STREAMS: u32 = 100;

criterion_group! { name = benches; config = quick(); targets = threads, tasks, pipelined }
criterion_main!(benches);
