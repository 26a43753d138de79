//! Runs the handler of one call and sends what it answers.
//!
//! The driver alone owns the sending half of the h2 stream: h2 keeps one waker
//! a stream for "there is window" and "it was reset", so only one may ask.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::call::inbox::{Inbox, Parked};
use crate::call::outbox::Outbox;
use crate::call::running::Running;
use crate::call::sink::{Abort, Gone, Respond};
use crate::call::{ConnectionContext, Head, Receiver, Response, Sender, deadline, poll_budget, running};
use crate::codec::Message;
use crate::metadata::Metadata;
use crate::server::answer::Answer;
use crate::server::fitted;
use crate::server::inbound::Inbound;
use crate::server::service::Name;
use crate::status::Status;
use crate::transport::Held;

/// The half of a call that generated code runs its handler with.
pub struct Driver {
    answer: Answer,
    deadline: Option<Instant>,
    /// Set up when the handler first has to wait: most never do.
    sleep: Option<Pin<Box<Sleep>>>,
    inbox: Option<Arc<Inbox>>,
    outbox: Option<Arc<Outbox>>,
    /// What holds the handler back.
    held: Option<Box<Held>>,
}

impl Driver {
    pub(crate) fn new(respond: Respond, connection: Arc<ConnectionContext>, head: &Head, name: Name) -> Self {
        Self {
            answer: Answer::new(respond, connection, head, name),
            deadline: head.deadline,
            sleep: None,
            inbox: None,
            outbox: None,
            held: None,
        }
    }

    /// The sender of a call that streams its answers.
    pub fn sender<M: Message>(&mut self) -> Sender<M> {
        let outbox = Arc::new(Outbox::new(self.answer.connection.terms.max_send_message_size));
        self.outbox = Some(Arc::clone(&outbox));
        if let Some(inbox) = &self.inbox {
            inbox.set_outbox(Arc::clone(&outbox));
        }
        let compression = self.answer.compression(None);
        self.answer.encoding = compression.encoding;
        Sender::server(outbox, compression, self.answer.offer().accepted)
    }

    /// The receiver of a call that streams its requests.
    pub fn receiver<M: Message>(&mut self, inbound: Inbound) -> Receiver<M> {
        let (mut head, body, message_reader) = inbound.into_parts();
        head.metadata.shrink();
        let inbox = Arc::new(Inbox::new(body, Arc::clone(&self.answer.connection)));
        self.inbox = Some(Arc::clone(&inbox));
        Receiver::server(head, inbox, message_reader)
    }

    /// Runs the handler to its end; `None` if the caller has gone before.
    pub fn run<'a, F>(&'a mut self, handler: Pin<&'a mut F>) -> Run<'a, F> {
        Run { driver: self, handler }
    }

    /// Ends a call that has one answer.
    pub fn answer<M: Message>(&mut self, result: Option<Result<Response<M>, Status>>) -> Finish<'_> {
        match result {
            None => self.answer.drop_stream(),
            Some(Err(status)) => self.fail(status),
            Some(Ok(response)) => {
                if let Err(status) = self.answer.respond(response) {
                    self.fail(status);
                }
            }
        }
        Finish { driver: self }
    }

    /// Ends a call whose answers went through `sender`.
    pub fn finish<M: Message>(&mut self, result: Option<Result<(), Status>>, sender: &mut Sender<M>) -> Finish<'_> {
        match result {
            None => self.answer.drop_stream(),
            Some(Err(status)) => self.fail_with(status, sender.take_trailers()),
            Some(Ok(())) => {
                if let Err(status) = self.answer.succeed(sender.take_trailers()) {
                    self.fail(status);
                }
            }
        }
        Finish { driver: self }
    }

    fn poll_run<T, F>(&mut self, cx: &mut Context<'_>, mut handler: Pin<&mut F>) -> Poll<Option<Result<T, Status>>>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let mut end = None;
        if !self.answer.send_queue.is_empty() && self.flush_and_unblock(cx).is_err() {
            end = Some(End::Gone);
        }
        loop {
            if let Some(end) = end
                && !self.tell_sender(end)
            {
                return Poll::Ready(end.result());
            }
            if end.is_none() && self.answer.connection.backlog.poll_room(&mut self.held, cx).is_pending() {
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
                if let Err(status) = fitted::check("headers", Some(&headers), &self.answer.connection) {
                    return Poll::Ready(Some(Err(status)));
                }
                if self.answer.open(Some(headers)).is_err() {
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
        if self.answer.poll_reset(cx).is_ready() {
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
    ) -> (Poll<Result<T, Status>>, bool, Option<Box<Metadata>>)
    where
        F: Future<Output = Result<T, Status>>,
    {
        let outer_parked = Parked::replace(Parked::nobody());
        let running = Running { deadline: self.deadline, call: self.address() };
        let outer = running::enter(running);
        let outer_slot = self.outbox.as_ref().map(Outbox::enter);
        let polled = catch_unwind(AssertUnwindSafe(|| handler.poll(cx)));
        let mut headers = match (&self.outbox, outer_slot) {
            (Some(outbox), Some(slot)) => outbox.leave(slot, &mut self.answer.send_queue, &mut self.answer.encoding),
            _ => None,
        };
        if running::enter(outer).call != running.call {
            headers = running::take_headers();
            self.answer.encoding = self.answer.compression(None).encoding;
        }
        let parked = Parked::replace(outer_parked) == Parked::by(cx);
        (polled.unwrap_or_else(|_| Poll::Ready(Err(panicked()))), parked, headers)
    }

    /// What tells the call from others that run, if its handler may send headers
    /// apart from its answer.
    #[inline]
    fn address(&self) -> usize {
        match (&self.outbox, self.answer.is_unopened(), &self.inbox) {
            (None, true, Some(inbox)) => Arc::as_ptr(inbox).addr(),
            (None, true, None) => std::ptr::from_ref(self).addr(),
            (Some(_), _, _) | (None, false, _) => 0,
        }
    }

    /// `Ok(true)` if a waiting sender may go on at once.
    fn flush_and_unblock(&mut self, cx: &mut Context<'_>) -> Result<bool, Gone> {
        match &self.outbox {
            Some(outbox) if outbox.is_busy() || !self.answer.send_queue.is_empty() => {}
            _ => return Ok(false),
        }
        let flushed = self.answer.poll_flush(cx);
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

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline))).as_mut().poll(cx)
    }

    /// Ends the call with an error.
    pub(crate) fn fail(&mut self, status: Status) {
        self.fail_with(status, None);
    }

    /// As [`fail`](Self::fail), with trailers that the handler has set before.
    fn fail_with(&mut self, status: Status, trailers: Option<Box<Metadata>>) {
        let out_of_time = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        self.answer.fail(status, trailers, out_of_time);
    }

    /// Sends what is queued, then the trailers.
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.answer.poll_close(cx).is_ready() || self.answer.poll_reset(cx).is_ready() {
            return Poll::Ready(());
        }
        ready!(self.poll_deadline(cx));
        self.answer.reset(Abort::Cancelled);
        Poll::Ready(())
    }
}

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

/// The future of [`Driver::run`].
#[must_use = "the handler runs only when this is awaited"]
pub struct Run<'a, F> {
    driver: &'a mut Driver,
    handler: Pin<&'a mut F>,
}

impl<T, F: Future<Output = Result<T, Status>>> Future for Run<'_, F> {
    type Output = Option<Result<T, Status>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { driver, handler } = &mut *self;
        driver.poll_run(cx, handler.as_mut())
    }
}

/// The future of [`Driver::answer`] and [`Driver::finish`].
#[must_use = "a large answer is sent only when this is awaited"]
pub struct Finish<'a> {
    driver: &'a mut Driver,
}

impl Future for Finish<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.driver.poll_finish(cx)
    }
}

/// Why a handler is dropped before its end.
#[derive(Clone, Copy, Debug)]
enum End {
    Gone,
    Late,
}

impl End {
    #[cold]
    fn status(self) -> Status {
        match self {
            Self::Gone => Status::cancelled("the client cancelled the call or is gone"),
            Self::Late => deadline::exceeded(),
        }
    }

    /// What the call has come to.
    #[cold]
    fn result<T>(self) -> Option<Result<T, Status>> {
        match self {
            Self::Gone => None,
            Self::Late => Some(Err(self.status())),
        }
    }
}

impl<F> fmt::Debug for Run<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

impl fmt::Debug for Finish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finish").finish_non_exhaustive()
    }
}
