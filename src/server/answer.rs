//! The answer of a call that has one.

use std::sync::Arc;

use bytes::Bytes;
use h2::SendStream;

use crate::call::limit_owner::Side;
use crate::call::outbound::UNASKED;
use crate::call::{Response, outbox};
use crate::codec::{self, CHUNK, Chunks, Message, Packed};
use crate::compression::Compression;
use crate::frame::PREFIX;
use crate::metadata::Metadata;
use crate::server::driver::{Driver, Half};
use crate::server::fitted;
use crate::server::run::Finish;
use crate::status::Status;
use crate::transport::Gauge;

impl Driver {
    /// Ends a call that has one answer.
    pub fn answer<M: Message>(&mut self, result: Option<Result<Response<M>, Status>>) -> Finish<'_> {
        match result {
            None => self.half = Half::Done,
            Some(Err(status)) => self.fail(status),
            Some(Ok(response)) => {
                if let Err(status) = self.respond(response) {
                    self.fail(status);
                }
            }
        }
        Finish::new(self)
    }

    /// Sends one answer, all of it if it fits into one frame.
    fn respond<M: Message>(&mut self, response: Response<M>) -> Result<(), Status> {
        let Response { metadata, trailers, compression, message, .. } = response;
        let len = message.encoded_len();
        outbox::check_len(len, self.link.terms.max_send_message_size).map_err(|status| Side::Server.sent(status))?;
        let mut compression = self.compression(compression);
        if let Half::Respond(_) = self.half {
            self.encoding = compression.encoding;
        } else if !metadata.is_empty() {
            return Err(Status::internal("the headers were sent before: the metadata of the response comes too late"));
        } else if compression.encoding != self.encoding {
            compression = Compression::NONE;
        }
        let payload = if compression.applies_to(len) {
            Packed::new(&message, len, compression.encoding)?.into_bytes()
        } else if PREFIX + len <= CHUNK {
            codec::encode(&message, len)?
        } else {
            self.queue(&message, len)?
        };
        let small = (1..=CHUNK).contains(&payload.len());
        let trailers = fitted::ok(trailers.map_or_else(Metadata::new, |trailers| *trailers), &self.link)?;
        fitted::check("headers", &metadata, &self.link)?;
        let gauge = (payload.len() > UNASKED).then(|| Arc::clone(&self.link.gauge));
        let Ok(stream) = self.open(metadata) else {
            return Ok(());
        };
        if small && gauge.is_none_or(|gauge| has_room(stream, payload.len(), &gauge)) {
            // An error means that the stream is gone.
            let _ = stream.send_data(payload, false).and_then(|()| stream.send_trailers(trailers));
            self.half = Half::Done;
        } else {
            self.outbound.push(payload);
            self.trailers = Some(Box::new(trailers));
        }
        Ok(())
    }

    /// Queues a large message; the empty bytes are what is left to send at once.
    fn queue<M: Message>(&mut self, message: &M, len: usize) -> Result<Bytes, Status> {
        if len <= ONE_PIECE {
            self.outbound.push(codec::encode(message, len)?);
            return Ok(Bytes::new());
        }
        let (mut tail, mut full) = (Vec::with_capacity(CHUNK), Vec::with_capacity(len / CHUNK + 1));
        message.append_chunked(len, &mut Chunks { tail: &mut tail, full: &mut full })?;
        self.outbound.extend(full);
        self.outbound.push(tail.into());
        Ok(Bytes::new())
    }
}

/// Whether so much can be sent at once.
fn has_room(stream: &mut SendStream<Bytes>, len: usize, gauge: &Gauge) -> bool {
    if gauge.is_full() {
        return false;
    }
    stream.reserve_capacity(len);
    let room = stream.capacity() >= len;
    if room {
        gauge.add(len);
    }
    room
}

/// Up to this size a large message is one allocation; beyond, pieces of a
/// frame each spare the allocator from mapping memory for every call.
const ONE_PIECE: usize = 64 * 1024;
