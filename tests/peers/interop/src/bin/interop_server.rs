//! gRPC's interoperability test server.
//!
//! ```sh
//! interop_server --port 10000 [--use_tls true --tls_cert_file PEM --tls_key_file PEM]
//! interop_server --listen 127.0.0.1:0 --port-file FILE
//! interop_server --max_connection_age_ms 400 [--max_connection_age_grace_ms 100]
//! interop_server --handover_ms 500 [--drain_timeout_ms 100]
//! ```
//!
//! By `handover_ms` one server follows the other on the same socket: the earlier one drains.

use std::time::Duration;

use puregrpc::{Identity, Server, ServerTls};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;

use puregrpc_interop::interop::grpc::testing::TestServiceServer;
use puregrpc_interop::tester::Tester;
use puregrpc_interop::{Failure, Options, publish};

const OPTIONS: [&str; 10] = [
    "port",
    "listen",
    "port-file",
    "use_tls",
    "tls_cert_file",
    "tls_key_file",
    "max_connection_age_ms",
    "max_connection_age_grace_ms",
    "handover_ms",
    "drain_timeout_ms",
];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::of_process(&OPTIONS)?;
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
    if let Some(time) = milliseconds(&options, "handover_ms")? {
        return hand_over(&options, listener, stop, time).await;
    }
    let server = server(&options)?;
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

fn server(options: &Options) -> Result<Server, Failure> {
    let server = Server::new()
        .add(TestServiceServer::new(Tester))
        .max_connection_age(milliseconds(options, "max_connection_age_ms")?)
        .max_connection_age_grace(milliseconds(options, "max_connection_age_grace_ms")?);
    Ok(match milliseconds(options, "drain_timeout_ms")? {
        Some(time) => server.drain_timeout(time),
        None => server,
    })
}

fn milliseconds(options: &Options, name: &str) -> Result<Option<Duration>, Failure> {
    options.get(name).map(|_| options.read(name, 0)).transpose().map(|time| time.map(Duration::from_millis))
}

/// Serves by one server after the other, each for that long, and prints what all of them have cut.
async fn hand_over(
    options: &Options,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
    time: Duration,
) -> Result<(), Failure> {
    let socket = listener.into_std()?;
    let mut servers = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    let mut stopped = false;
    while !stopped {
        // A copy of the same socket: no connection is refused or lost between two servers.
        let listener = TcpListener::from_std(socket.try_clone()?)?;
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        servers.spawn(server(options)?.serve(listener, async move { drop(ended.await) }));
        stopped = timeout(time, stop.as_mut()).await.is_ok();
        drop(end);
    }
    let count = servers.len();
    let mut cut = 0;
    while let Some(report) = servers.join_next().await {
        cut += report??.cut_calls;
    }
    println!("{count} servers have cut {cut} calls");
    Ok(())
}
