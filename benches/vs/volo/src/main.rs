//! Serves `bench.Bench` by volo-grpc: `vs-volo ADDR THREADS`

mod proto;
mod service;

use tokio::net::TcpListener;
use volo::net::incoming::DefaultIncoming;
use volo_grpc::server::{Server, ServiceBuilder};
use vs_common::{Error, STREAMS, TlsFiles};

use proto::BenchServer;
use service::Yardstick;

fn main() -> Result<(), Error> {
    vs_common::serve(serve)
}

async fn serve(listener: TcpListener, tls: Option<TlsFiles>) -> Result<(), Error> {
    if tls.is_some() {
        return Err("there is no TLS here".into());
    }
    let bench = ServiceBuilder::new(BenchServer::new(Yardstick)).build();
    Server::new().http2_max_concurrent_streams(STREAMS).add_service(bench).run(DefaultIncoming::from(listener)).await
}
