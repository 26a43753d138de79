//! A server and its clients in one process, without a socket.

use std::io;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// A listener and a connector that reach each other inside this process.
///
/// The listener goes to [`Server::serve`](crate::Server::serve), the connector
/// to [`Channel::in_process`](crate::Channel::in_process). Everything but the
/// socket is as over TCP: frames, flow control, limits and deadlines.
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
