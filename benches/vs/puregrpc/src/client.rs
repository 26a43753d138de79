//! Calls `bench.Bench/Hello` by puregrpc: `vs-puregrpc-client ADDR TASKS SECONDS CONNECTIONS THREADS`

#[path = "../../../../examples/bench/proto.rs"]
mod proto;

use puregrpc::Channel;
use vs_common::{Caller, Error};

use proto::bench::{BenchClient, HelloRequest};

fn main() -> Result<(), Error> {
    vs_common::call::<Client>()
}

#[derive(Clone)]
struct Client(BenchClient);

impl Caller for Client {
    async fn connect(url: &str) -> Result<Self, Error> {
        Ok(Self(BenchClient::new(Channel::connect(url).await?)))
    }

    async fn hello(&mut self, name: String) -> Result<String, Error> {
        let reply = self.0.hello(HelloRequest { name, ..Default::default() }).await?;
        Ok(reply.into_inner().message)
    }
}
