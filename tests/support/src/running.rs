//! A server that runs inside a test.

use crate::{RawPeer, Script};
use puregrpc::{DrainReport, Error, InProcessConnector, InProcessListener, Listener, Server, in_process};
use std::time::Duration;
use tokio::{io::DuplexStream, sync::oneshot, task::JoinHandle};

/// A server that runs inside a test; dropping it stops the server.
#[derive(Debug)]
pub struct Running {
    connector: InProcessConnector,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<DrainReport, Error>>,
}

impl Running {
    /// Serves over in-process pipes, and takes as many pings as [`RawPeer::settle`] needs.
    pub fn start(server: Server) -> Self {
        Self::exactly(server.permit_keepalive_time(Duration::ZERO).permit_keepalive_without_calls(true))
    }

    /// Serves over in-process pipes, with all limits as they are.
    pub fn exactly(server: Server) -> Self {
        Self::over(server, |listener| listener)
    }

    /// Serves over whatever is made of the listener of in-process pipes, such as one for TLS.
    pub fn over<L: Listener>(server: Server, wrap: impl FnOnce(InProcessListener) -> L) -> Self {
        let (listener, connector) = in_process();
        let listener = wrap(listener);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { drop(stopped.await) };
        let served = tokio::spawn(async move { server.serve(listener, shutdown).await });
        Self { connector, stop: Some(stop), served }
    }

    /// What connects to the server.
    pub fn connector(&self) -> InProcessConnector {
        self.connector.clone()
    }

    /// A connection on which nothing has been said.
    pub async fn connect(&self) -> DuplexStream {
        self.connector.connect().await.expect("the server listens")
    }

    /// A raw client on a connection of its own.
    pub async fn peer(&self) -> RawPeer {
        self.peer_with(&[]).await
    }

    /// A raw client that announces these settings.
    pub async fn peer_with(&self, settings: &[(u16, u32)]) -> RawPeer {
        RawPeer::client_with(self.connect().await, settings).await
    }

    /// Tells the server to drain.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for the server's end.
    pub async fn report(mut self) -> DrainReport {
        self.stop();
        let served = tokio::time::timeout(crate::PATIENCE, self.served).await.expect("the server ends in time");
        served.expect("the server does not panic").expect("the server ends well")
    }
}

impl Script {
    /// Serves this service alone, with default settings.
    pub fn serve(self) -> Running {
        Running::start(Server::new().add(self))
    }
}
