//! A server and its clients in one process, without a socket.

use std::io;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// A listener and a connector that reach each other inside this process.
///
/// The listener goes to [`Server::serve`](crate::Server::serve), the connector
/// to [`Channel::in_process`](crate::Channel::in_process). Everything but the
/// socket is as over TCP: frames, flow control, limits and deadlines. The
/// listener ends when the last connector is dropped, and with it the channels
/// that were made of it.
///
/// Tests of one's own handlers look like this. The paused clock takes
/// `tokio = { version = "1", features = ["test-util"] }` in `[dev-dependencies]`:
/// tokio's `full` is without it.
///
/// ```
/// use std::time::Duration;
/// use puregrpc::health::{Health, HealthCheckRequest, HealthClient};
/// use puregrpc::{Channel, Code, Request, Server, in_process};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)] // #[tokio::test(start_paused = true)]
/// async fn main() {
///     let (listener, connector) = in_process();
///     let server = Server::new();
///     let health = Health::of(&server).service();
///     tokio::spawn(server.add(health).serve(listener, std::future::pending()));
///
///     let client = HealthClient::new(Channel::in_process(connector));
///     assert!(client.check(HealthCheckRequest::new()).await.is_ok());
///
///     // The status is told now and when it changes, which it does not within the minute.
///     let request = Request::new(HealthCheckRequest::new()).with_timeout(Duration::from_secs(60));
///     let mut changes = client.watch(request).await.unwrap();
///     assert!(changes.recv().await.is_ok());
///     assert_eq!(changes.recv().await.unwrap_err().code(), Code::DeadlineExceeded);
/// }
/// ```
pub fn in_process() -> (InProcessListener, InProcessConnector) {
    let (sender, receiver) = mpsc::channel(BACKLOG);
    (InProcessListener { receiver }, InProcessConnector { sender })
}

/// The listening end of [`in_process`].
#[derive(Debug)]
pub struct InProcessListener {
    receiver: mpsc::Receiver<DuplexStream>,
}

impl InProcessListener {
    /// The next connection; `None` once every connector is dropped.
    pub(crate) async fn next(&mut self) -> Option<DuplexStream> {
        self.receiver.recv().await
    }
}

/// The connecting end of [`in_process`]; clones reach the same listener.
#[derive(Clone, Debug)]
pub struct InProcessConnector {
    sender: mpsc::Sender<DuplexStream>,
}

impl InProcessConnector {
    /// Opens a connection to the listener.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` if the listener is gone.
    pub async fn connect(&self) -> io::Result<DuplexStream> {
        let (near, far) = tokio::io::duplex(PIPE);
        let refused = |_| io::Error::new(io::ErrorKind::ConnectionRefused, "the in-process listener is gone");
        self.sender.send(far).await.map_err(refused)?;
        Ok(near)
    }
}

/// How many connections may wait to be accepted.
const BACKLOG: usize = 128;

/// How many bytes a pipe holds each way.
const PIPE: usize = 256 * 1024;
