//! Calls `bench.Bench/Hello` by tonic: `vs-tonic-client ADDR TASKS SECONDS CONNECTIONS THREADS`

mod proto;

use tonic::transport::Channel;
use vs_common::{Caller, Error};

use proto::HelloRequest;
use proto::bench_client::BenchClient;

fn main() -> Result<(), Error> {
    vs_common::call::<Client>()
}

#[derive(Clone)]
struct Client(BenchClient<Channel>);

impl Caller for Client {
    async fn connect(url: &str) -> Result<Self, Error> {
        Ok(Self(BenchClient::connect(url.to_owned()).await?))
    }

    async fn hello(&mut self, name: String) -> Result<String, Error> {
        Ok(self.0.hello(HelloRequest { name }).await?.into_inner().message)
    }
}
