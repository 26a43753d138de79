//! Serves `bench.Bench` by puregrpc: `vs-puregrpc ADDR THREADS [--tls CERTIFICATE KEY]`

#[path = "../../../../examples/bench/proto.rs"]
mod proto;
#[path = "../../../../examples/bench/service.rs"]
mod service;

use std::future::pending;

use puregrpc::{Identity, Server, ServerTls};
use tokio::net::TcpListener;
use vs_common::{Error, LARGEST_HEADERS, LARGEST_MESSAGE, STREAMS, TlsFiles};

use proto::bench::BenchServer;
use service::Yardstick;

fn main() -> Result<(), Error> {
    vs_common::serve(serve)
}

async fn serve(listener: TcpListener, tls: Option<TlsFiles>) -> Result<(), Error> {
    let server = Server::new()
        .max_recv_message_size(LARGEST_MESSAGE)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(LARGEST_HEADERS)
        .add(BenchServer::new(Yardstick));
    match tls {
        None => server.serve(listener, pending()).await?,
        Some(files) => {
            let identity = Identity::from_files(&files.certificate, &files.key)?;
            server.serve(ServerTls::new(identity).listen(listener)?, pending()).await?
        }
    };
    Ok(())
}
