//! A raw server for a channel.

use crate::{RawPeer, WireClient};
use puregrpc::{Channel, ChannelBuilder, InProcessConnector, InProcessListener, Listener, in_process};
use tokio::io::DuplexStream;

/// The place of a server for a channel: the raw peer at the other end.
#[derive(Debug)]
pub struct RawServer {
    listener: InProcessListener,
    connector: InProcessConnector,
}

impl RawServer {
    /// Nobody has connected yet.
    #[expect(clippy::new_without_default, reason = "a test says that it starts something")]
    pub fn new() -> Self {
        let (listener, connector) = in_process();
        Self { listener, connector }
    }

    /// A client of the scripted service, which connects with its first call.
    pub fn client(&self) -> WireClient {
        WireClient::new(Channel::in_process(self.connector.clone()))
    }

    /// A client over a channel with settings of its own.
    /// A client whose channel is built so.
    pub fn client_built(&self, set: impl FnOnce(ChannelBuilder) -> ChannelBuilder) -> WireClient {
        let builder = set(ChannelBuilder::in_process(self.connector.clone()));
        WireClient::new(builder.build().expect("it needs no address"))
    }

    /// A client whose calls are set up so.
    pub fn client_with(&self, set: impl FnOnce(Channel) -> Channel) -> WireClient {
        WireClient::new(set(Channel::in_process(self.connector.clone())))
    }

    /// Waits for the next connection and says nothing.
    pub async fn accept_pipe(&mut self) -> DuplexStream {
        let accepted = tokio::time::timeout(crate::PATIENCE, self.listener.accept()).await;
        accepted.expect("a connection comes in time").expect("the pipe works").expect("the channel lives").0
    }

    /// Closes every connection that comes, for as long as it is polled.
    pub async fn turn_away(&mut self) {
        while let Ok(Some(_)) = self.listener.accept().await {}
    }

    /// Waits for the next connection and greets it.
    pub async fn accept(&mut self) -> RawPeer {
        self.accept_with(&[]).await
    }

    /// Waits for the next connection and greets it with these settings.
    pub async fn accept_with(&mut self, settings: &[(u16, u32)]) -> RawPeer {
        RawPeer::server_with(self.accept_pipe().await, settings).await
    }
}
