//! Serves `bench.Bench` by tonic: `vs-tonic ADDR THREADS [--tls CERTIFICATE KEY]`

mod proto;
mod service;
mod tls;

use tokio::net::TcpListener;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use vs_common::{Error, LARGEST_HEADERS, LARGEST_MESSAGE, STREAMS, TlsFiles};

use proto::bench_server::BenchServer;
use service::Yardstick;

fn main() -> Result<(), Error> {
    vs_common::serve(serve)
}

async fn serve(listener: TcpListener, tls: Option<TlsFiles>) -> Result<(), Error> {
    let bench = BenchServer::new(Yardstick)
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE);
    let server = Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(LARGEST_HEADERS)
        .add_service(bench);
    match tls {
        None => {
            let connections = TcpListenerStream::new(listener).map(|connection| {
                let connection = connection?;
                connection.set_nodelay(true)?;
                Ok::<_, std::io::Error>(connection)
            });
            server.serve_with_incoming(connections).await?;
        }
        Some(files) => server.serve_with_incoming(tls::connections(listener, &files)?).await?,
    }
    Ok(())
}
