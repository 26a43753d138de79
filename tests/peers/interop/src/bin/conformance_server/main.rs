//! The server that the Connect project's conformance runner tests. It is told by standard input what to serve, and
//! serves until SIGTERM.

mod service;

use std::io;

use puregrpc::{Encoding, Identity, Roots, Server, ServerTls};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use puregrpc_interop::conformance::connectrpc::conformance::v1::{
    ConformanceServiceServer, ServerCompatRequest, ServerCompatResponse,
};
use puregrpc_interop::{Failure, pipe};

use service::Echo;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let wanted: ServerCompatRequest = pipe::read(&mut io::stdin().lock())?.ok_or("nothing is asked for")?;
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut answer = ServerCompatResponse {
        host: "127.0.0.1".into(),
        port: listener.local_addr()?.port().into(),
        ..Default::default()
    };
    let mut server =
        Server::new().add(ConformanceServiceServer::new(Echo)).send_compression(Encoding::Gzip).compress_from(1);
    if wanted.message_receive_limit > 0 {
        server = server.max_recv_message_size(usize::try_from(wanted.message_receive_limit)?);
    }
    let stop = async move {
        terminate.recv().await;
    };
    if wanted.use_tls {
        let shown = wanted.server_creds.as_ref().ok_or("TLS needs a certificate")?;
        let mut tls = ServerTls::new(Identity::from_bytes(&shown.cert, &shown.key)?);
        if !wanted.client_tls_cert.is_empty() {
            tls = tls.require_client_certificate(Roots::from_bytes(&wanted.client_tls_cert)?);
        }
        answer.pem_cert = shown.cert.clone();
        let listener = tls.listen(listener)?;
        pipe::write(&answer)?;
        server.serve(listener, stop).await?;
    } else {
        pipe::write(&answer)?;
        server.serve(listener, stop).await?;
    }
    Ok(())
}
