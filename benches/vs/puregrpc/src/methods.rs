//! Serves `bench.Many`, so many methods that are all `bench.Bench/Hello`, by puregrpc: `vs-methods ADDR THREADS METHODS`

#[path = "../../../../examples/bench/proto.rs"]
mod proto;
#[path = "../../../../examples/bench/service.rs"]
mod service;

use std::future::pending;

use puregrpc::Server;
use puregrpc::codegen::{BoxFuture, Call, Service};
use vs_common::{Error, STREAMS};

use proto::bench::BenchServer;
use service::Yardstick;

fn main() -> Result<(), Error> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let methods = words.pop().ok_or(USAGE)?;
    let server = Server::new().max_concurrent_streams(STREAMS);
    let bench = BenchServer::new(Yardstick);
    let server = match methods.as_str() {
        "1" => server.add(Many::<1>(bench)),
        "10" => server.add(Many::<10>(bench)),
        "100" => server.add(Many::<100>(bench)),
        "1000" => server.add(Many::<1_000>(bench)),
        "10000" => server.add(Many::<10_000>(bench)),
        _ => return Err(USAGE.into()),
    };
    vs_common::serve_as(&words, async move |listener, _| Ok(server.serve(listener, pending()).await.map(drop)?))
}

/// The first so many of `NAMES`.
struct Many<const METHODS: usize>(BenchServer<Yardstick>);

impl<const METHODS: usize> Service for Many<METHODS> {
    const NAME: &'static str = "bench.Many";
    const METHODS: &'static [&'static str] = NAMES.split_at(METHODS).0;

    fn call(&self, _: usize, call: Call) -> BoxFuture {
        Service::call(&self.0, HELLO, call)
    }
}

const NAMES: &[&str] = &include!(concat!(env!("OUT_DIR"), "/methods.rs"));

/// The place of `Hello` in `bench.Bench`.
const HELLO: usize = 0;

const USAGE: &str = "usage: ADDR THREADS METHODS, with 1, 10, 100, 1000 or 10000 of them";
