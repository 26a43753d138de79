//! Messages to bytes and back, by size.

#[path = "../examples/bench/proto.rs"]
mod proto;
mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use puregrpc::bench_support::{decode, encode};
use puregrpc::bytes::Bytes;

use proto::bench::{Chunk, HelloReply};
use support::quick;

/// A text: its bytes are copied and checked both ways.
fn text(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/text");
    for size in SIZES {
        let message = HelloReply { message: "x".repeat(size), ..Default::default() };
        let framed = encode(&message).unwrap();
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("encode", size), |bencher| {
            bencher.iter(|| encode(black_box(&message)).unwrap());
        });
        group.bench_function(BenchmarkId::new("decode", size), |bencher| {
            bencher.iter(|| decode::<HelloReply>([black_box(framed.clone())]).unwrap());
        });
    }
}

/// Bytes: a large message shares them with the buffer it came in.
fn bytes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/bytes");
    for size in SIZES {
        let message = Chunk { data: Bytes::from(vec![7; size]), ..Default::default() };
        let framed = encode(&message).unwrap();
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("encode", size), |bencher| {
            bencher.iter(|| encode(black_box(&message)).unwrap());
        });
        group.bench_function(BenchmarkId::new("decode", size), |bencher| {
            bencher.iter(|| decode::<Chunk>([black_box(framed.clone())]).unwrap());
        });
    }
}

/// Payloads in bytes: the smallest, one that fits a packet, one beyond a DATA
/// frame, one beyond every buffer.
const SIZES: [usize; 4] = [10, 1000, 64 * 1024, 1024 * 1024];

criterion_group! { name = benches; config = quick(); targets = text, bytes }
criterion_main!(benches);
