//! The answer of a call: where it goes, and the shape that the call's protocol gives it.
//!
//! No other file of the server writes headers, trailers or refusals. What differs from
//! protocol to protocol is a `match` in [`Answer::open`], [`Answer::respond`],
//! [`Answer::close`] and [`refuse`].

use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, header};

use crate::call::limit_owner::Side;
use crate::call::protocol::{APPLICATION_GRPC, Protocol};
use crate::call::send_queue::{SendQueue, UNASKED};
use crate::call::sink::{Abort, DataSink, Gone, Respond, Sink};
use crate::call::{ConnectionContext, Head, Response, outbox};
use crate::codec::{self, CHUNK, Chunks, Message, Packed};
use crate::compression::{ACCEPTED, Compression, Encoding, GRPC_ACCEPT_ENCODING, GRPC_ENCODING, Offer};
use crate::excerpt::Excerpt;
use crate::frame::PREFIX;
use crate::metadata::Metadata;
use crate::server::check::{Refusal, Refused};
use crate::server::fitted;
use crate::server::service::Name;
use crate::server::unsent::UnsentBytes;
use crate::status::Status;
use crate::transport::Gauge;

/// The sending half of a call.
pub(crate) struct Answer {
    half: Half,
    protocol: Protocol,
    pub(crate) connection: Arc<ConnectionContext>,
    name: Name,
    offer: Offer,
    /// How the messages are compressed; the headers name it, whether or not a
    /// message turns out to be compressed.
    pub(crate) encoding: Encoding,
    pub(crate) send_queue: SendQueue,
    unsent: UnsentBytes,
    /// What is sent once `send_queue` is empty.
    trailers: Option<Box<HeaderMap>>,
}

/// How far an answer has come.
enum Half {
    /// The headers were not sent.
    Respond(Respond),
    Stream(Sink),
    Done,
}

impl Answer {
    pub(crate) fn new(respond: Respond, connection: Arc<ConnectionContext>, head: &Head, name: Name) -> Self {
        Self {
            half: Half::Respond(respond),
            protocol: head.protocol,
            connection,
            name,
            offer: head.offer,
            encoding: Encoding::Identity,
            send_queue: SendQueue::default(),
            unsent: UnsentBytes::default(),
            trailers: None,
        }
    }

    /// Whether the headers were not sent.
    #[inline]
    pub(crate) fn is_unopened(&self) -> bool {
        matches!(self.half, Half::Respond(_))
    }

    /// What the client accepts and sends of compression.
    pub(crate) fn offer(&self) -> Offer {
        self.offer
    }

    /// How the messages are compressed, by the handler's choice or the server's.
    pub(crate) fn compression(&self, chosen: Option<Encoding>) -> Compression {
        self.connection.terms.compression.or(chosen).within(self.offer.accepted)
    }

    /// Sends the response headers, if they have not been sent.
    pub(crate) fn open(&mut self, headers: Option<Box<Metadata>>) -> Result<&mut Sink, Gone> {
        if let Half::Respond(respond) = &mut self.half {
            let response = match self.protocol {
                Protocol::Grpc => grpc_response(headers, self.encoding, self.offer),
            };
            self.half = Half::Stream(respond.send_response(response)?);
        }
        match &mut self.half {
            Half::Stream(sink) => Ok(sink),
            Half::Respond(_) | Half::Done => Err(Gone),
        }
    }

    /// Sends one message and the status behind it, at once if both fit into one frame.
    pub(crate) fn respond<M: Message>(&mut self, response: Response<M>) -> Result<(), Status> {
        let Response { metadata, trailers, compression, message, .. } = response;
        let len = message.encoded_len();
        outbox::check_len(len, self.connection.terms.max_send_message_size)
            .map_err(|status| Side::Server.sent(status))?;
        let mut compression = self.compression(compression);
        if self.is_unopened() {
            self.encoding = compression.encoding;
        } else if metadata.as_ref().is_some_and(|metadata| !metadata.is_empty()) {
            return Err(Status::internal("the headers were sent before: the metadata of the response comes too late"));
        } else if compression.encoding != self.encoding {
            compression = Compression::NONE;
        }
        let payload = match self.protocol {
            Protocol::Grpc => self.frame(&message, len, compression)?,
        };
        let small = (1..=CHUNK).contains(&payload.len());
        let trailers = fitted::ok(trailers, &self.connection)?;
        fitted::check("headers", metadata.as_deref(), &self.connection)?;
        let gauge = (payload.len() > UNASKED).then(|| Arc::clone(&self.connection.gauge));
        let Ok(sink) = self.open(metadata) else {
            return Ok(());
        };
        if small && gauge.is_none_or(|gauge| has_room(sink, payload.len(), &gauge)) {
            if sink.send_data(payload, false).is_ok() {
                sink.send_trailers(trailers);
            }
            self.half = Half::Done;
        } else {
            self.send_queue.push(payload);
            self.trailers = Some(Box::new(trailers));
        }
        Ok(())
    }

    /// A message with its prefix. A large one is queued; the empty bytes are what is
    /// left to send at once.
    #[inline]
    fn frame<M: Message>(&mut self, message: &M, len: usize, compression: Compression) -> Result<Bytes, Status> {
        if compression.applies_to(len) {
            Ok(Packed::new(message, len, compression.encoding)?.into_bytes())
        } else if PREFIX + len <= CHUNK {
            codec::encode(message, len)
        } else {
            self.queue(message, len)
        }
    }

    fn queue<M: Message>(&mut self, message: &M, len: usize) -> Result<Bytes, Status> {
        if len <= ONE_PIECE {
            self.send_queue.push(codec::encode(message, len)?);
            return Ok(Bytes::new());
        }
        let (mut tail, mut full) = (Vec::with_capacity(CHUNK), Vec::with_capacity(len / CHUNK + 1));
        message.append_chunked(len, &mut Chunks { tail: &mut tail, full: &mut full })?;
        self.send_queue.extend(full);
        self.send_queue.push(tail.into());
        Ok(Bytes::new())
    }

    /// Ends a stream of messages with success, once they are sent.
    pub(crate) fn succeed(&mut self, trailers: Option<Box<Metadata>>) -> Result<(), Status> {
        let trailers = fitted::ok(trailers, &self.connection)?;
        match self.open(None) {
            Ok(_) => self.trailers = Some(Box::new(trailers)),
            Err(Gone) => self.half = Half::Done,
        }
        Ok(())
    }

    /// Ends the call with an error and the trailers that the handler has set: behind
    /// what was sent or, if nothing was, as a response without any body.
    pub(crate) fn fail(&mut self, status: Status, trailers: Option<Box<Metadata>>, out_of_time: bool) {
        let text = Excerpt(status.message());
        let source = std::error::Error::source(&status).map(tracing::field::display);
        tracing::debug!(peer = %self.connection.peer, method = %self.name, code = %status.code(), %text, source, "call failed");
        if out_of_time && !self.send_queue.is_empty() {
            // What is queued cannot be sent in time, and trailers come behind it.
            self.reset(Abort::Cancelled);
            return;
        }
        let trailers = fitted::fitted(status, trailers.map(|trailers| *trailers).unwrap_or_default(), &self.connection);
        if self.send_queue.is_empty() {
            self.close(trailers);
        } else if self.open(None).is_ok() {
            self.trailers = Some(Box::new(trailers));
        }
    }

    fn close(&mut self, trailers: HeaderMap) {
        let half = std::mem::replace(&mut self.half, Half::Done);
        match self.protocol {
            Protocol::Grpc => close_grpc(half, trailers),
        }
    }

    /// There is nobody left to answer.
    pub(crate) fn drop_stream(&mut self) {
        self.half = Half::Done;
    }

    pub(crate) fn reset(&mut self, abort: Abort) {
        match std::mem::replace(&mut self.half, Half::Done) {
            Half::Respond(mut respond) => respond.send_reset(abort),
            Half::Stream(mut sink) => sink.send_reset(abort),
            Half::Done => {}
        }
    }

    /// Ready when the peer has given the call up or is gone.
    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.half {
            Half::Respond(respond) => respond.poll_reset(cx),
            Half::Stream(sink) => sink.poll_reset(cx),
            Half::Done => Poll::Ready(()),
        }
    }

    /// Sends what is queued, at the pace of the peer.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        if self.send_queue.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if self.is_unopened() {
            self.open(None)?;
        }
        let Half::Stream(sink) = &mut self.half else {
            return Poll::Ready(Err(Gone));
        };
        match self.send_queue.poll_flush(sink, false, Some(&self.connection.gauge), cx) {
            Poll::Ready(flushed) => {
                self.unsent.clear();
                Poll::Ready(flushed)
            }
            Poll::Pending => self.poll_patience(cx),
        }
    }

    /// Never ready but with the end of a call whose answer waits too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        ready!(self.unsent.poll(cx, self.send_queue.len(), self.send_queue.is_held(), &self.connection));
        self.reset(Abort::Stalled);
        Poll::Ready(Err(Gone))
    }

    /// Sends what is queued, then the trailers. Ready when nothing is left to send.
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(self.half, Half::Done) || self.trailers.is_none() {
            return Poll::Ready(());
        }
        if ready!(self.poll_flush(cx)).is_ok()
            && let Some(trailers) = self.trailers.take()
        {
            self.close(*trailers);
        }
        Poll::Ready(())
    }
}

/// Whether so much can be sent at once.
fn has_room(sink: &mut Sink, len: usize, gauge: &Gauge) -> bool {
    if gauge.is_full() {
        return false;
    }
    let room = sink.reserve(len) >= len;
    if room {
        gauge.add(len);
    }
    room
}

/// The response to a request that goes no further.
#[cold]
pub(crate) fn refuse(refused: Refused, connection: &ConnectionContext, path: &str) -> http::Response<()> {
    let mut response = http::Response::new(());
    let mut encoding = None;
    let status = match refused.refusal {
        Refusal::Status(status) => Some(status),
        Refusal::Encoding(status) => {
            encoding = Some(ACCEPTED);
            Some(status)
        }
        Refusal::Http(code, status) => {
            *response.status_mut() = code;
            status
        }
    };
    let http = response.status().as_u16();
    let code = status.as_ref().map(|status| tracing::field::display(status.code()));
    let text = status.as_ref().map(|status| tracing::field::display(Excerpt(status.message())));
    tracing::debug!(peer = %connection.peer, method = %Excerpt(path), http, code, text, "call refused");
    if let Some(status) = status {
        *response.headers_mut() = fitted::fitted(status, Metadata::new(), connection);
        match refused.protocol {
            Protocol::Grpc => {
                if let Some(encoding) = encoding {
                    response.headers_mut().insert(GRPC_ACCEPT_ENCODING, encoding);
                }
                response.headers_mut().insert(header::CONTENT_TYPE, APPLICATION_GRPC);
            }
        }
    }
    response
}

/// A response of gRPC with these headers, and with those that each has.
#[inline]
fn grpc_response(metadata: Option<Box<Metadata>>, encoding: Encoding, offer: Offer) -> http::Response<()> {
    let mut response = match metadata {
        None => COMMON.clone(),
        Some(metadata) => common_and(*metadata),
    };
    if encoding != Encoding::Identity {
        response.headers_mut().insert(GRPC_ENCODING, encoding.name());
    }
    // Only a client that compresses needs to know what may be sent.
    if offer.encoding != Encoding::Identity {
        response.headers_mut().insert(GRPC_ACCEPT_ENCODING, ACCEPTED);
    }
    response
}

/// A response with these headers and with its content-type.
fn common_and(metadata: Metadata) -> http::Response<()> {
    let mut response = http::Response::new(());
    *response.headers_mut() = metadata.into_headers();
    response.headers_mut().insert(header::CONTENT_TYPE, APPLICATION_GRPC);
    response
}

/// Ends an answer of gRPC by trailers, or by headers alone if there were none.
fn close_grpc(half: Half, mut trailers: HeaderMap) {
    match half {
        Half::Respond(mut respond) => {
            trailers.insert(header::CONTENT_TYPE, APPLICATION_GRPC);
            let mut response = http::Response::new(());
            *response.headers_mut() = trailers;
            respond.send_whole(response);
        }
        Half::Stream(mut sink) => sink.send_trailers(trailers),
        Half::Done => {}
    }
}

/// Made once: a copy costs less than a new map, and even to drop an empty one costs something.
static COMMON: LazyLock<http::Response<()>> = LazyLock::new(|| common_and(Metadata::new()));

/// Up to this size a large message is one allocation; beyond, pieces of a
/// frame each spare the allocator from mapping memory for every call.
const ONE_PIECE: usize = 64 * 1024;
