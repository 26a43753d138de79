//! gRPC's interoperability test server.
//!
//! ```sh
//! interop_server --port 10000 [--use_tls true --tls_cert_file PEM --tls_key_file PEM]
//! interop_server --listen 127.0.0.1:0 --port-file FILE
//! ```

use puregrpc::{Identity, Server, ServerTls};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use puregrpc_interop::interop::grpc::testing::TestServiceServer;
use puregrpc_interop::tester::Tester;
use puregrpc_interop::{Failure, Options, publish};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::of_process(&["port", "listen", "port-file", "use_tls", "tls_cert_file", "tls_key_file"])?;
    let port = options.read("port", 10_000)?;
    let listen = options.read("listen", format!("127.0.0.1:{port}"))?;
    let listener = TcpListener::bind(&listen).await?;
    let address = listener.local_addr()?;
    let mut terminate = signal(SignalKind::terminate())?;
    match options.get("port-file") {
        Some(file) => publish(file, &format!("{address}\n"))?,
        None => println!("grpc.testing.TestService is served at {address}"),
    }
    let stop = async move {
        terminate.recv().await;
    };
    let server = Server::new().add(TestServiceServer::new(Tester));
    if options.read("use_tls", false)? {
        let missing = "TLS needs --tls_cert_file and --tls_key_file";
        let chain = options.get("tls_cert_file").ok_or(missing)?;
        let key = options.get("tls_key_file").ok_or(missing)?;
        let tls = ServerTls::new(Identity::from_files(chain, key)?);
        server.serve(tls.listen(listener)?, stop).await?;
    } else {
        server.serve(listener, stop).await?;
    }
    Ok(())
}
