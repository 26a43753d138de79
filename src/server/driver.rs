//! Runs the handler of one call and sends what it answers.
//!
//! The driver alone owns the sending half of the h2 stream: h2 keeps one waker
//! a stream for "there is window" and "it was reset", so only one may ask.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::{HeaderMap, header};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::call::inbox::{Inbox, Parked};
use crate::call::outbound::Outbound;
use crate::call::outbox::Outbox;
use crate::call::running::Running;
use crate::call::{APPLICATION_GRPC, Head, Link, Receiver, Sender, poll_budget, running};
use crate::codec::Message;
use crate::compression::{ACCEPTED, Compression, Encoding, GRPC_ACCEPT_ENCODING, GRPC_ENCODING, Offer};
use crate::excerpt::Excerpt;
use crate::metadata::Metadata;
use crate::server::fitted;
use crate::server::inbound::Inbound;
use crate::server::outlay::Outlay;
use crate::server::run::{End, Finish, Run};
use crate::server::service::Name;
use crate::status::Status;
use crate::transport::Held;

/// The half of a call that generated code runs its handler with.
pub struct Driver {
    pub(crate) half: Half,
    pub(crate) link: Arc<Link>,
    name: Name,
    deadline: Option<Instant>,
    offer: Offer,
    /// How the answers are compressed; the headers name it, whether or not an
    /// answer turns out to be compressed.
    pub(crate) encoding: Encoding,
    /// Set up when the handler first has to wait: most never do.
    sleep: Option<Pin<Box<Sleep>>>,
    inbox: Option<Arc<Inbox>>,
    outbox: Option<Arc<Outbox>>,
    pub(crate) outbound: Outbound,
    outlay: Outlay,
    /// What holds the handler back.
    held: Option<Box<Held>>,
    /// What is sent once `outbound` is empty.
    pub(crate) trailers: Option<Box<HeaderMap>>,
}

pub(crate) enum Half {
    Respond(SendResponse<Bytes>),
    Stream(SendStream<Bytes>),
    Done,
}

/// The stream is gone: there is nobody left to answer.
pub(crate) struct Gone;

impl From<h2::Error> for Gone {
    fn from(_: h2::Error) -> Self {
        Self
    }
}

impl Driver {
    pub(crate) fn new(respond: SendResponse<Bytes>, link: Arc<Link>, head: &Head, name: Name) -> Self {
        Self {
            half: Half::Respond(respond),
            link,
            name,
            deadline: head.deadline,
            offer: head.offer,
            encoding: Encoding::Identity,
            sleep: None,
            inbox: None,
            outbox: None,
            outbound: Outbound::default(),
            outlay: Outlay::default(),
            held: None,
            trailers: None,
        }
    }

    /// The sender of a call that streams its answers.
    pub fn sender<M: Message>(&mut self) -> Sender<M> {
        let outbox = Arc::new(Outbox::new(self.link.terms.max_send_message_size));
        self.outbox = Some(Arc::clone(&outbox));
        if let Some(inbox) = &self.inbox {
            inbox.set_outbox(Arc::clone(&outbox));
        }
        let compression = self.compression(None);
        self.encoding = compression.encoding;
        Sender::server(outbox, compression, self.offer.accepted)
    }

    /// The receiver of a call that streams its requests.
    pub fn receiver<M: Message>(&mut self, inbound: Inbound) -> Receiver<M> {
        let (mut head, body, intake) = inbound.into_parts();
        head.metadata.shrink();
        let inbox = Arc::new(Inbox::new(body, Arc::clone(&self.link)));
        self.inbox = Some(Arc::clone(&inbox));
        Receiver::server(head, inbox, intake)
    }

    /// Runs the handler to its end; `None` if the caller has gone before.
    pub fn run<'a, F>(&'a mut self, handler: Pin<&'a mut F>) -> Run<'a, F> {
        Run::new(self, handler)
    }

    /// Ends a call whose answers went through `sender`.
    pub fn finish<M: Message>(&mut self, result: Option<Result<(), Status>>, sender: &mut Sender<M>) -> Finish<'_> {
        match result {
            None => self.half = Half::Done,
            Some(Err(status)) => self.fail_with(status, sender.take_trailers()),
            Some(Ok(())) => match fitted::ok(sender.take_trailers(), &self.link) {
                Err(status) => self.fail(status),
                Ok(trailers) => match self.open(Metadata::new()) {
                    Ok(_) => self.trailers = Some(Box::new(trailers)),
                    Err(Gone) => self.half = Half::Done,
                },
            },
        }
        Finish::new(self)
    }

    pub(crate) fn poll_run<T, F>(
        &mut self,
        cx: &mut Context<'_>,
        mut handler: Pin<&mut F>,
    ) -> Poll<Option<Result<T, Status>>>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let mut end = None;
        if !self.outbound.is_empty() && self.flush_and_unblock(cx).is_err() {
            end = Some(End::Gone);
        }
        loop {
            if let Some(end) = end
                && !self.tell_sender(end)
            {
                return Poll::Ready(end.result());
            }
            if end.is_none() && self.link.backlog.poll_room(&mut self.held, cx).is_pending() {
                if let Some(inbox) = &self.inbox {
                    inbox.gather(cx);
                }
                end = Some(ready!(self.poll_end(cx)));
                continue;
            }
            let (polled, parked, headers) = self.poll_handler(cx, handler.as_mut());
            if let Some(end) = end {
                // What the handler returns goes nowhere.
                return Poll::Ready(end.result());
            }
            if let Some(headers) = headers {
                if let Err(status) = fitted::check("headers", &headers, &self.link) {
                    return Poll::Ready(Some(Err(status)));
                }
                if self.open(headers).is_err() {
                    return Poll::Ready(None);
                }
            }
            if let Poll::Ready(result) = polled {
                return Poll::Ready(Some(result));
            }
            match self.flush_and_unblock(cx) {
                Err(Gone) => {
                    end = Some(End::Gone);
                    continue;
                }
                Ok(true) => {
                    // With a peer that takes all at once, the handler would never wait.
                    ready!(poll_budget(cx));
                    continue;
                }
                Ok(false) => {}
            }
            // A waiting receiver hears of data and resets by itself, and asking
            // for both at each poll costs a fifth of a ping-pong.
            if !parked {
                if self.inbox.as_ref().is_some_and(|inbox| inbox.gather(cx)) {
                    continue;
                }
                end = Some(ready!(self.poll_end(cx)));
                continue;
            }
            ready!(self.poll_deadline(cx));
            end = Some(End::Late);
        }
    }

    /// Ready when the call ends without its handler.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if self.poll_reset(cx).is_ready() {
            return Poll::Ready(End::Gone);
        }
        self.poll_deadline(cx).map(|()| End::Late)
    }

    /// Before a handler is dropped: whether it waits to hear of that, and so is polled
    /// once more.
    #[cold]
    fn tell_sender(&self, end: End) -> bool {
        let outbox = self.outbox.as_ref().filter(|outbox| outbox.is_watched());
        outbox.inspect(|outbox| outbox.cut(end.status())).is_some()
    }

    /// One poll of the handler: its result, whether its receiver was left
    /// waiting, and the headers it wants to be sent. It has one caller, of which the
    /// handler becomes a part.
    #[inline]
    fn poll_handler<T, F>(
        &mut self,
        cx: &mut Context<'_>,
        handler: Pin<&mut F>,
    ) -> (Poll<Result<T, Status>>, bool, Option<Metadata>)
    where
        F: Future<Output = Result<T, Status>>,
    {
        let outer_parked = Parked::replace(Parked::nobody());
        let running = Running { deadline: self.deadline, call: self.address() };
        let outer = running::enter(running);
        let outer_slot = self.outbox.as_ref().map(Outbox::enter);
        let polled = catch_unwind(AssertUnwindSafe(|| handler.poll(cx)));
        let mut headers = match (&self.outbox, outer_slot) {
            (Some(outbox), Some(slot)) => outbox.leave(slot, &mut self.outbound, &mut self.encoding),
            _ => None,
        };
        if running::enter(outer).call != running.call {
            headers = running::take_headers();
            self.encoding = self.compression(None).encoding;
        }
        let parked = Parked::replace(outer_parked) == Parked::by(cx);
        (polled.unwrap_or_else(|_| Poll::Ready(Err(panicked()))), parked, headers)
    }

    /// What tells the call from others that run, if its handler may send headers
    /// apart from its answer.
    #[inline]
    fn address(&self) -> usize {
        match (&self.outbox, &self.half, &self.inbox) {
            (Some(_), _, _) => 0,
            (None, Half::Respond(_), Some(inbox)) => Arc::as_ptr(inbox).addr(),
            (None, Half::Respond(_), None) => std::ptr::from_ref(self).addr(),
            _ => 0,
        }
    }

    /// `Ok(true)` if a waiting sender may go on at once.
    fn flush_and_unblock(&mut self, cx: &mut Context<'_>) -> Result<bool, Gone> {
        match &self.outbox {
            Some(outbox) if outbox.is_busy() || !self.outbound.is_empty() => {}
            _ => return Ok(false),
        }
        let flushed = self.poll_flush(cx);
        let Some(outbox) = &self.outbox else {
            return Ok(false);
        };
        match flushed {
            Poll::Ready(Ok(())) => Ok(outbox.is_busy() && outbox.unblock(cx)),
            Poll::Ready(Err(gone)) => Err(gone),
            Poll::Pending => {
                outbox.block();
                Ok(false)
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        if self.outbound.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if let Half::Respond(_) = self.half {
            self.open(Metadata::new())?;
        }
        let Half::Stream(stream) = &mut self.half else {
            return Poll::Ready(Err(Gone));
        };
        match self.outbound.poll_flush(stream, false, Some(&self.link.gauge), cx) {
            Poll::Ready(flushed) => {
                self.outlay.clear();
                Poll::Ready(flushed.map_err(Gone::from))
            }
            Poll::Pending => self.poll_patience(cx),
        }
    }

    /// Never ready but with the end of a call whose answer waits too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        ready!(self.outlay.poll(cx, self.outbound.len(), self.outbound.is_held(), &self.link));
        self.reset(Reason::ENHANCE_YOUR_CALM);
        Poll::Ready(Err(Gone))
    }

    fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.half {
            Half::Respond(respond) => respond.poll_reset(cx).map(drop),
            Half::Stream(stream) => stream.poll_reset(cx).map(drop),
            Half::Done => Poll::Ready(()),
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline))).as_mut().poll(cx)
    }

    /// Sends the response headers, if they have not been sent.
    pub(crate) fn open(&mut self, headers: Metadata) -> Result<&mut SendStream<Bytes>, Gone> {
        if let Half::Respond(respond) = &mut self.half {
            let mut response = http::Response::new(());
            *response.headers_mut() = common_headers(headers);
            if self.encoding != Encoding::Identity {
                response.headers_mut().insert(GRPC_ENCODING, self.encoding.name());
            }
            // Only a client that compresses needs to know what may be sent.
            if self.offer.encoding != Encoding::Identity {
                response.headers_mut().insert(GRPC_ACCEPT_ENCODING, ACCEPTED);
            }
            self.half = Half::Stream(respond.send_response(response, false)?);
        }
        match &mut self.half {
            Half::Stream(stream) => Ok(stream),
            Half::Respond(_) | Half::Done => Err(Gone),
        }
    }

    /// How answers are compressed, by the handler's choice or the server's.
    pub(crate) fn compression(&self, chosen: Option<Encoding>) -> Compression {
        self.link.terms.compression.or(chosen).within(self.offer.accepted)
    }

    /// Ends the call with an error: as trailers behind what was sent or, if
    /// nothing was, as a response without any body.
    pub(crate) fn fail(&mut self, status: Status) {
        self.fail_with(status, Metadata::new());
    }

    /// As [`fail`](Self::fail), with trailers that the handler has set before.
    fn fail_with(&mut self, status: Status, trailers: Metadata) {
        let text = Excerpt(status.message());
        let source = std::error::Error::source(&status).map(tracing::field::display);
        tracing::debug!(peer = %self.link.peer, method = %self.name, code = %status.code(), %text, source, "call failed");
        let out_of_time = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if out_of_time && !self.outbound.is_empty() {
            // What is queued cannot be sent in time, and trailers come behind it.
            self.reset(Reason::CANCEL);
            return;
        }
        let trailers = fitted::fitted(status, trailers, &self.link);
        if self.outbound.is_empty() {
            self.close(trailers);
        } else if self.open(Metadata::new()).is_ok() {
            self.trailers = Some(Box::new(trailers));
        }
    }

    fn close(&mut self, mut trailers: HeaderMap) {
        // An error of h2 means that the stream is gone.
        match std::mem::replace(&mut self.half, Half::Done) {
            Half::Respond(mut respond) => {
                trailers.insert(header::CONTENT_TYPE, APPLICATION_GRPC);
                let mut response = http::Response::new(());
                *response.headers_mut() = trailers;
                let _ = respond.send_response(response, true);
            }
            Half::Stream(mut stream) => {
                let _ = stream.send_trailers(trailers);
            }
            Half::Done => {}
        }
    }

    fn reset(&mut self, reason: Reason) {
        match std::mem::replace(&mut self.half, Half::Done) {
            Half::Respond(mut respond) => respond.send_reset(reason),
            Half::Stream(mut stream) => stream.send_reset(reason),
            Half::Done => {}
        }
    }

    /// Sends what is queued, then the trailers.
    pub(crate) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(self.half, Half::Done) || self.trailers.is_none() {
            return Poll::Ready(());
        }
        match self.poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                if let Some(trailers) = self.trailers.take() {
                    self.close(*trailers);
                }
                return Poll::Ready(());
            }
            Poll::Ready(Err(Gone)) => return Poll::Ready(()),
            Poll::Pending => {}
        }
        if self.poll_reset(cx).is_ready() {
            return Poll::Ready(());
        }
        ready!(self.poll_deadline(cx));
        self.reset(Reason::CANCEL);
        Poll::Ready(())
    }
}

/// The headers of a response, with those that each has.
fn common_headers(metadata: Metadata) -> HeaderMap {
    if metadata.headers().is_empty() {
        return COMMON.clone();
    }
    let mut headers = metadata.into_headers();
    headers.insert(header::CONTENT_TYPE, APPLICATION_GRPC);
    headers
}

/// Made once: a copy costs less than a new map.
static COMMON: LazyLock<HeaderMap> = LazyLock::new(|| {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, APPLICATION_GRPC);
    headers
});

/// R5: never what the panic said.
#[cold]
pub(crate) fn panicked() -> Status {
    Status::unknown("handler panicked")
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
