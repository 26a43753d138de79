//! What a call sends before its messages.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use h2::SendStream;
use h2::client::ResponseFuture;
use http::header::{self, HeaderValue};
use http::uri::{self, Uri};
use http::{Method, Request as HttpRequest, Version};
use tokio::time::Instant;

use crate::call::deadline;
use crate::call::limit_owner::Side;
use crate::call::send_queue::SendQueue;
use crate::call::{CancelHandle, Head, outbox, running};
use crate::client::calls::path;
use crate::client::channel::Channel;
use crate::client::connection::readers::Readers;
use crate::client::connection::{cannot_be_sent, is_usable};
use crate::client::settings::CallSettings;
use crate::client::subchannel::StreamSlot;
use crate::client::target::Target;
use crate::codec::{self, CHUNK, Chunks, Message, Packed};
use crate::compression::{Compression, Encoding, GRPC_ENCODING};
use crate::frame::PREFIX;
use crate::metadata::{Metadata, field_size, list_size};
use crate::status::Status;
use crate::timeout;
use crate::transport::{HeaderLists, Permit};

/// A call that is about to be made.
#[derive(Debug)]
pub(crate) struct Outgoing {
    path: &'static str,
    metadata: Metadata,
    pub(crate) deadline: Option<Instant>,
    /// The headers name its encoding, whether or not a message turns out to be compressed.
    pub(crate) compression: Compression,
    pub(crate) cancel: Option<CancelHandle>,
}

/// A call whose headers are on their way.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) response: ResponseFuture,
    pub(crate) stream: SendStream<Bytes>,
    pub(crate) permit: Permit,
    pub(crate) readers: Arc<Readers>,
}

/// Why an attempt has failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection has ended, or is about to; nothing was sent.
    Unsent,
    /// The server reports that it has not begun the call.
    Unprocessed(Status),
    Final(Status),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Final(status)
    }
}

impl Outgoing {
    /// The call ends with the handler that makes it, and may end before.
    pub(crate) fn new(path: &'static str, head: Head, settings: &CallSettings) -> Self {
        let deadline = match (head.deadline, running::deadline()) {
            (Some(own), Some(inherited)) => Some(own.min(inherited)),
            (own, inherited) => own.or(inherited),
        };
        let compression = settings.compression.or(head.compression);
        Self { path, metadata: head.metadata, deadline, compression, cancel: head.cancel }
    }

    /// Encodes the message of a call that has one.
    pub(crate) fn encode<M: Message>(&self, message: &M, settings: &CallSettings) -> Result<Payload, Status> {
        let len = message.encoded_len();
        outbox::check_len(len, settings.max_send_message_size).map_err(|status| Side::Client.sent(status))?;
        if self.compression.applies_to(len) {
            return self.pack(message, len);
        }
        if PREFIX + len <= CHUNK {
            return codec::encode(message, len).map(Payload::Small);
        }
        let (mut tail, mut full) = (Vec::new(), Vec::new());
        message.append_chunked(len, &mut Chunks { tail: &mut tail, full: &mut full })?;
        let mut send_queue = SendQueue::default();
        send_queue.extend(full);
        send_queue.push(tail.into());
        Ok(Payload::Large(Box::new(send_queue)))
    }

    #[cold]
    fn pack<M: Message>(&self, message: &M, len: usize) -> Result<Payload, Status> {
        let packed = Packed::new(message, len, self.compression.encoding)?;
        let payload = packed.into_bytes();
        if payload.len() <= CHUNK {
            return Ok(Payload::Small(payload));
        }
        let mut send_queue = SendQueue::default();
        send_queue.push(payload);
        Ok(Payload::Large(Box::new(send_queue)))
    }

    /// Ready when the call is cancelled; `None` if nobody can.
    pub(crate) fn cancelled(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        let handle = self.cancel.clone()?;
        Some(Box::pin(async move { handle.cancelled().await }))
    }

    /// What the receiver of the answers knows of the call.
    pub(crate) fn head(&self) -> Head {
        Head { deadline: self.deadline, ..Head::default() }
    }

    /// The status of a call that has no connection, or has one no more.
    #[cold]
    pub(crate) fn lost(&self, status: Status) -> Status {
        deadline::or_exceeded(self.deadline, status)
    }

    /// Sends the headers.
    pub(crate) fn send(
        &self,
        StreamSlot { connection, permit }: StreamSlot,
        channel: &Channel,
    ) -> Result<Opened, Failure> {
        let request = self.request(channel, permit.header_lists())?;
        let mut requests = connection.requests.clone();
        match requests.send_request(request, false) {
            Ok((response, stream)) => {
                let readers = Arc::clone(&connection.readers);
                Ok(Opened { response, stream, permit, readers })
            }
            // It has just closed, or got GOAWAY.
            Err(_) if !is_usable(&mut requests) => Err(Failure::Unsent),
            Err(error) => Err(Failure::Final(cannot_be_sent(error))),
        }
    }

    /// The headers, for a connection whose peer takes such lists.
    pub(crate) fn request(&self, channel: &Channel, lists: Option<&HeaderLists>) -> Result<HttpRequest<()>, Status> {
        let (target, settings) = (&channel.core.subchannel.target, &channel.settings);
        let mut request = HttpRequest::new(());
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = uri(target, self.path)?;
        let headers = request.headers_mut();
        *headers = settings.headers.copy(self.deadline.map(time_left).transpose()?);
        let encoding = self.compression.encoding;
        if encoding != Encoding::Identity {
            headers.insert(GRPC_ENCODING, encoding.name());
        }
        if !self.metadata.is_empty() {
            self.metadata.append_to(headers);
            // It takes the place of one that came with another call.
            headers.insert(header::USER_AGENT, settings.headers.user_agent.clone());
            let scheme = target.security.scheme();
            let own = OWN + scheme.as_str().len() + self.path.len() + target.authority.as_str().len();
            if let Some(lists) = lists {
                check_size(own + list_size(headers), lists)?;
            }
        }
        Ok(request)
    }
}

/// The messages of a call that has one, encoded before anything is awaited.
#[derive(Debug)]
pub(crate) enum Payload {
    /// It fits into one DATA frame.
    Small(Bytes),
    Large(Box<SendQueue>),
}

/// Refuses metadata that the server does not take: it would answer with a bare HTTP
/// status, or close the connection. A call without metadata is sent in any case.
fn check_size(size: usize, lists: &HeaderLists) -> Result<(), Status> {
    let limit = lists.peer();
    if size <= limit {
        return Ok(());
    }
    let whose = if lists.is_said() {
        "the server takes (its SETTINGS_MAX_HEADER_LIST_SIZE; in this library Server::max_header_list_size)"
    } else {
        "are sent to a server that has not announced a limit"
    };
    Err(Status::resource_exhausted(format!(
        "the metadata and headers of the request have {size} bytes, and up to {limit} bytes {whose}"
    )))
}

/// The pseudo-headers without their values, but for the method.
const OWN: usize = field_size(7, 4) + field_size(7, 0) + field_size(5, 0) + field_size(10, 0);

fn uri(target: &Target, name: &'static str) -> Result<Uri, Status> {
    let malformed =
        |error: http::Error| Status::internal(format!("{name:?} is no path of a method")).with_source(error);
    let mut parts = uri::Parts::default();
    parts.scheme = Some(target.security.scheme());
    parts.authority = Some(target.authority.clone());
    parts.path_and_query = Some(path::parse(name).map_err(|error| malformed(error.into()))?);
    Uri::from_parts(parts).map_err(|error| malformed(error.into()))
}

/// C11: the time that is left, as it is sent.
fn time_left(deadline: Instant) -> Result<HeaderValue, Status> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(deadline::exceeded());
    }
    HeaderValue::try_from(timeout::format(left)).map_err(|_| deadline::exceeded())
}
