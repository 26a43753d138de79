//! Calls with one message each way, one after the other and many at once, over a pipe and over a socket.

#[path = "support/link.rs"]
mod link;
#[path = "../examples/bench/proto.rs"]
mod proto;
#[path = "../examples/bench/service.rs"]
mod service;
mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use puregrpc::bytes::Bytes;
use tokio::task::JoinSet;

use link::Link;
use proto::bench::{BenchClient, Chunk, HelloRequest};
use support::quick;

fn one_at_a_time(criterion: &mut Criterion) {
    for Link { name, client, runtime } in Link::both() {
        let mut group = criterion.benchmark_group(format!("unary/{name}"));
        for size in SIZES {
            let data = Bytes::from(vec![7; size]);
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.to_async(&runtime).iter(|| echo(&client, &data));
            });
        }
    }
}

fn many_at_once(criterion: &mut Criterion) {
    for Link { name, client, runtime } in Link::both() {
        let mut group = criterion.benchmark_group(format!("concurrent/{name}"));
        for callers in [1, 8, 64, 256] {
            group.throughput(Throughput::Elements(callers * CALLS));
            group.bench_function(BenchmarkId::from_parameter(callers), |bencher| {
                bencher.to_async(&runtime).iter(|| greet(&client, callers));
            });
        }
    }
}

async fn echo(client: &BenchClient, data: &Bytes) {
    let reply = client.echo(Chunk { data: data.clone(), ..Default::default() }).await.unwrap();
    assert_eq!(reply.data.len(), data.len());
}

/// Some calls from each of the callers.
async fn greet(client: &BenchClient, callers: u64) {
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let client = client.clone();
        tasks.spawn(async move {
            for _ in 0..CALLS {
                client.hello(HelloRequest { name: "xxxxxxxxxx".into(), ..Default::default() }).await.unwrap();
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

/// So many that to start the callers is little beside them.
const CALLS: u64 = 10;

/// Payloads in bytes: the smallest, one that fits a packet, one beyond a DATA
/// frame, one beyond every buffer.
const SIZES: [usize; 4] = [10, 1000, 64 * 1024, 1024 * 1024];

criterion_group! { name = benches; config = quick(); targets = one_at_a_time, many_at_once }
criterion_main!(benches);
