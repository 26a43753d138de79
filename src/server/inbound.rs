//! The request of a call, on its way to the handler.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::call::body::Body;
use crate::call::inbox::Parked;
use crate::call::message_reader::MessageReader;
use crate::call::receiver::cut_short;
use crate::call::{Head, Request, running};
use crate::codec::Message;
use crate::status::Status;

/// The half of a call that generated code takes the request from.
pub struct Inbound {
    head: Head,
    body: Body,
    message_reader: MessageReader,
}

impl Inbound {
    pub(crate) fn new(head: Head, body: Body, mut message_reader: MessageReader) -> Self {
        message_reader.set_encoding(Some(head.offer.encoding));
        Self { head, body, message_reader }
    }

    pub(crate) fn into_parts(self) -> (Head, Body, MessageReader) {
        (self.head, self.body, self.message_reader)
    }

    /// The one message of a call that has one.
    ///
    /// It reads to the end of the stream: to answer before makes h2 reset the
    /// stream, and what the peer still sends then counts as his fault.
    pub fn message<M: Message>(&mut self) -> UnaryRequest<'_, M> {
        UnaryRequest { inbound: self, message: None }
    }
}

/// The future of [`Inbound::message`].
#[must_use = "nothing is read before this is awaited"]
pub struct UnaryRequest<'a, M> {
    inbound: &'a mut Inbound,
    message: Option<M>,
}

impl<M> Unpin for UnaryRequest<'_, M> {}

impl<M: Message> Future for UnaryRequest<'_, M> {
    type Output = Result<Request<M>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { inbound: Inbound { head, body, message_reader }, message } = &mut *self;
        loop {
            let connection = head.connection.as_deref();
            while let Some(payload) = message_reader.next::<M>(connection)? {
                if message.replace(M::decode(payload)?).is_some() {
                    return Poll::Ready(Err(Status::unimplemented(
                        "the client sent a second request in a call with one",
                    )));
                }
            }
            if !body.is_ended() {
                let polled = body.poll_chunk(cx);
                if polled.is_pending() {
                    if let Poll::Ready(status) = message_reader.poll_wait(cx, connection) {
                        return Poll::Ready(Err(status));
                    }
                    Parked::replace(Parked::by(cx));
                }
                if let Some(chunk) = ready!(polled)? {
                    body.release(chunk.len());
                    message_reader.push(chunk, connection)?;
                    continue;
                }
            }
            if !message_reader.is_empty() {
                return Poll::Ready(Err(cut_short()));
            }
            message_reader.account(connection)?;
            let message =
                message.take().ok_or_else(|| Status::unimplemented("the client sent no request in a call with one"))?;
            head.was_compressed = message_reader.was_compressed();
            head.call = running::call();
            return Poll::Ready(Ok(Request { head: std::mem::take(head), message }));
        }
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").field("head", &self.head).finish_non_exhaustive()
    }
}

impl<M> fmt::Debug for UnaryRequest<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryRequest").finish_non_exhaustive()
    }
}
