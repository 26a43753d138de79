//! Received chunks, cut into messages.

#[path = "../examples/bench/proto.rs"]
mod proto;
mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use puregrpc::bench_support::{cut, encode};
use puregrpc::bytes::Bytes;

use proto::bench::HelloRequest;
use support::quick;

/// A thousand small messages, as the frames of different senders hold them.
fn small_messages(criterion: &mut Criterion) {
    let message = HelloRequest { name: "x".repeat(10), ..Default::default() };
    let framed = encode(&message).unwrap();
    let stream = Bytes::from(framed.repeat(MESSAGES));
    let mut group = criterion.benchmark_group("framing/1000_messages_of_17_bytes");
    group.throughput(Throughput::Elements(MESSAGES as u64));
    // Whole messages in a frame; one in each; frames that end anywhere.
    for (name, size) in [("full_frames", framed.len() * 900), ("frame_each", framed.len()), ("cut_frames", 1000)] {
        group.bench_function(name, |bencher| bencher.iter(|| cut(black_box(chunks(&stream, size))).unwrap()));
    }
}

/// One message that comes in frames of 16 KiB and is put together again.
fn large_messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("framing/one_message_in_frames");
    for size in [64 * 1024, 1024 * 1024] {
        let framed = encode(&HelloRequest { name: "x".repeat(size), ..Default::default() }).unwrap();
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| cut(black_box(chunks(&framed, FRAME))).unwrap());
        });
    }
}

fn chunks(stream: &Bytes, size: usize) -> impl Iterator<Item = Bytes> {
    (0..stream.len()).step_by(size).map(move |from| stream.slice(from..(from + size).min(stream.len())))
}

const MESSAGES: usize = 1000;
const FRAME: usize = 16 * 1024;

criterion_group! { name = benches; config = quick(); targets = small_messages, large_messages }
criterion_main!(benches);
