//! Metadata and timeouts: what a call carries beside its messages.

mod support;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use puregrpc::Metadata;
use puregrpc::bench_support::{format_timeout, parse_timeout};

use support::quick;

fn writing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("metadata/write");
    for count in [1, 8, 32] {
        let names: Vec<String> = (0..count).map(|number| format!("x-name-{number}")).collect();
        group.bench_function(BenchmarkId::new("text", count), |bencher| {
            bencher.iter(|| filled(black_box(&names), b"some value"));
        });
        let names: Vec<String> = names.iter().map(|name| format!("{name}-bin")).collect();
        group.bench_function(BenchmarkId::new("binary", count), |bencher| {
            bencher.iter(|| filled(black_box(&names), &[0xab; 32]));
        });
    }
}

fn reading(criterion: &mut Criterion) {
    let names: Vec<String> = (0..8).map(|number| format!("x-name-{number}")).collect();
    let mut metadata = filled(&names, b"some value");
    metadata.insert("x-trace-bin", [0xab; 32]).unwrap();
    let mut group = criterion.benchmark_group("metadata/read");
    group.bench_function("text", |bencher| bencher.iter(|| metadata.get(black_box("x-name-4")).map(str::len)));
    group.bench_function("binary", |bencher| bencher.iter(|| metadata.bin(black_box("x-trace-bin"))));
    group.bench_function("absent", |bencher| bencher.iter(|| metadata.get(black_box("x-absent")).map(str::len)));
    group.bench_function("all_of_9", |bencher| {
        bencher.iter(|| metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>());
    });
}

fn timeouts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("metadata/timeout");
    group.bench_function("parse", |bencher| bencher.iter(|| parse_timeout(black_box(b"999999u"))));
    group.bench_function("format", |bencher| bencher.iter(|| format_timeout(black_box(Duration::from_millis(1500)))));
}

fn filled(names: &[String], value: &[u8]) -> Metadata {
    let mut metadata = Metadata::new();
    for name in names {
        metadata.append(name, value).unwrap();
    }
    metadata
}

criterion_group! { name = benches; config = quick(); targets = writing, reading, timeouts }
criterion_main!(benches);
