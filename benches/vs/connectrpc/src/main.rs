//! Serves `bench.Bench` by connectrpc: `vs-connectrpc ADDR THREADS`

mod proto;
mod service;

use std::sync::Arc;

use connectrpc::{ConnectRpcService, Limits, Router, Server};
use tokio::net::TcpListener;
use vs_common::{Error, LARGEST_MESSAGE, STREAMS, TlsFiles};

use proto::bench::BenchExt;
use service::Yardstick;

fn main() -> Result<(), Error> {
    vs_common::serve(serve)
}

async fn serve(listener: TcpListener, tls: Option<TlsFiles>) -> Result<(), Error> {
    if tls.is_some() {
        return Err("there is no TLS here".into());
    }
    let limits =
        Limits::default().with_max_message_size(LARGEST_MESSAGE).with_max_request_body_size(LARGEST_MESSAGE + PREFIX);
    let router = Arc::new(Yardstick).register(Router::new());
    let service = ConnectRpcService::new(router).with_limits(limits);
    Server::from_listener(listener).with_max_concurrent_streams(STREAMS).serve_with_service(service).await
}

/// What stands before each message.
const PREFIX: usize = 5;
