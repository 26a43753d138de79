//! Streams of small and of large messages: down, up, and both ways in turns.

#[path = "support/link.rs"]
mod link;
#[path = "../examples/bench/proto.rs"]
mod proto;
#[path = "../examples/bench/service.rs"]
mod service;
mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use link::Link;
use proto::bench::{BenchClient, HelloRequest, StreamReq};
use support::quick;

fn down(criterion: &mut Criterion) {
    for Link { name, client, runtime } in Link::both() {
        let mut group = criterion.benchmark_group(format!("server_stream/{name}"));
        for Load { count, size } in LOADS {
            group.throughput(Throughput::Elements(count.into()));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.to_async(&runtime).iter(|| receive(&client, count, size));
            });
        }
    }
}

fn up(criterion: &mut Criterion) {
    for Link { name, client, runtime } in Link::both() {
        let mut group = criterion.benchmark_group(format!("client_stream/{name}"));
        for Load { count, size } in LOADS {
            group.throughput(Throughput::Elements(count.into()));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.to_async(&runtime).iter(|| send(&client, count, size));
            });
        }
    }
}

fn in_turns(criterion: &mut Criterion) {
    for Link { name, client, runtime } in Link::both() {
        let mut group = criterion.benchmark_group(format!("ping_pong/{name}"));
        for Load { count, size } in [Load { count: 100, size: 10 }, Load { count: 10, size: 64 * 1024 }] {
            group.throughput(Throughput::Elements(count.into()));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.to_async(&runtime).iter(|| take_turns(&client, count, size));
            });
        }
    }
}

async fn receive(client: &BenchClient, count: u32, size: usize) {
    let request = StreamReq { count, name: "x".repeat(size), ..Default::default() };
    let mut replies = client.server_stream(request).await.unwrap();
    let mut received = 0;
    while let Some(reply) = replies.recv().await.unwrap() {
        received += u32::from(reply.message.len() == size);
    }
    assert_eq!(received, count);
}

async fn send(client: &BenchClient, count: u32, size: usize) {
    let request = message(size);
    let mut stream = client.client_stream(()).await.unwrap();
    for _ in 0..count {
        stream.send(&request).await.unwrap();
    }
    assert_eq!(stream.finish().await.unwrap().n, u64::from(count));
}

async fn take_turns(client: &BenchClient, count: u32, size: usize) {
    let request = message(size);
    let (mut requests, mut replies) = client.bidi(()).await.unwrap();
    for _ in 0..count {
        requests.send(&request).await.unwrap();
        assert_eq!(replies.recv().await.unwrap().unwrap().message.len(), size);
    }
    requests.close();
    assert!(replies.recv().await.unwrap().is_none());
}

fn message(size: usize) -> HelloRequest {
    HelloRequest { name: "x".repeat(size), ..Default::default() }
}

/// So many messages of that size make one stream.
struct Load {
    count: u32,
    size: usize,
}

const LOADS: [Load; 3] =
    [Load { count: 10_000, size: 10 }, Load { count: 1_000, size: 1000 }, Load { count: 20, size: 256 * 1024 }];

criterion_group! { name = benches; config = quick(); targets = down, up, in_turns }
criterion_main!(benches);
