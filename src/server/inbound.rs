//! The request of a call, on its way to the handler.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::call::body::Body;
use crate::call::inbox::Parked;
use crate::call::intake::Intake;
use crate::call::receiver::cut_short;
use crate::call::{Head, Request, running};
use crate::codec::Message;
use crate::status::Status;

/// The half of a call that generated code takes the request from.
pub struct Inbound {
    head: Head,
    body: Body,
    intake: Intake,
}

impl Inbound {
    pub(crate) fn new(head: Head, body: Body, mut intake: Intake) -> Self {
        intake.set_encoding(Some(head.offer.encoding));
        Self { head, body, intake }
    }

    pub(crate) fn into_parts(self) -> (Head, Body, Intake) {
        (self.head, self.body, self.intake)
    }

    /// The one message of a call that has one.
    ///
    /// It reads to the end of the stream: to answer before makes h2 reset the
    /// stream, and what the peer still sends then counts as his fault.
    pub fn message<M: Message>(&mut self) -> One<'_, M> {
        One { inbound: self, message: None }
    }
}

/// The future of [`Inbound::message`].
#[must_use = "nothing is read before this is awaited"]
pub struct One<'a, M> {
    inbound: &'a mut Inbound,
    message: Option<M>,
}

impl<M> Unpin for One<'_, M> {}

impl<M: Message> Future for One<'_, M> {
    type Output = Result<Request<M>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { inbound: Inbound { head, body, intake }, message } = &mut *self;
        loop {
            let link = head.link.as_deref();
            while let Some(payload) = intake.next::<M>(link)? {
                if message.replace(M::decode(payload)?).is_some() {
                    return Poll::Ready(Err(Status::unimplemented(
                        "the client sent a second request in a call with one",
                    )));
                }
            }
            if !body.is_ended() {
                let polled = body.poll_chunk(cx);
                if polled.is_pending() {
                    if let Poll::Ready(status) = intake.poll_wait(cx, link) {
                        return Poll::Ready(Err(status));
                    }
                    Parked::replace(Parked::by(cx));
                }
                if let Some(chunk) = ready!(polled)? {
                    body.release(chunk.len());
                    intake.push(chunk, link)?;
                    continue;
                }
            }
            if !intake.is_empty() {
                return Poll::Ready(Err(cut_short()));
            }
            intake.account(link)?;
            let message =
                message.take().ok_or_else(|| Status::unimplemented("the client sent no request in a call with one"))?;
            head.was_compressed = intake.was_compressed();
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

impl<M> fmt::Debug for One<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("One").finish_non_exhaustive()
    }
}
