//! A client of the scripted service.

use crate::Running;
use puregrpc::{
    Channel, ClientStreaming, Receiver, Request, Response, Sender, Status,
    protobuf::well_known_types::wrappers::BytesValue,
};

/// What the generator writes for a client of the service `wire.Wire`.
#[derive(Clone, Debug)]
pub struct WireClient {
    /// What it calls over.
    pub channel: Channel,
}

#[expect(clippy::missing_errors_doc, reason = "each gives the status of its call")]
impl WireClient {
    /// A client over `channel`.
    pub fn new(channel: Channel) -> Self {
        Self { channel }
    }

    /// One note, one answer.
    pub async fn unary(&self, request: impl Into<Request<BytesValue>>) -> Result<Response<BytesValue>, Status> {
        self.channel.unary(crate::UNARY, request.into()).await
    }

    /// One note, many answers.
    pub async fn server_stream(&self, request: impl Into<Request<BytesValue>>) -> Result<Receiver<BytesValue>, Status> {
        self.channel.server_streaming(crate::SERVER_STREAM, request.into()).await
    }

    /// Many notes, one answer.
    pub async fn client_stream(
        &self,
        request: impl Into<Request<()>>,
    ) -> Result<ClientStreaming<BytesValue, BytesValue>, Status> {
        self.channel.client_streaming(crate::CLIENT_STREAM, request.into()).await
    }

    /// Many notes, many answers.
    pub async fn bidi(
        &self,
        request: impl Into<Request<()>>,
    ) -> Result<(Sender<BytesValue>, Receiver<BytesValue>), Status> {
        self.channel.bidi_streaming(crate::BIDI, request.into()).await
    }
}

impl Running {
    /// A client of the scripted service.
    pub fn client(&self) -> WireClient {
        WireClient::new(Channel::in_process(self.connector()))
    }
}
