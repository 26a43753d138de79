//! The peer's side of one call, as its client sees it.

mod giving_up;
mod lists;
mod watching;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use h2::client::ResponseFuture;
use http::{HeaderMap, StatusCode, header};

use crate::call::body::Body;
use crate::call::deadline::{self, Timer};
use crate::call::foreign::{Foreign, no_status, tells_failure};
use crate::call::holdings::Holdings;
use crate::call::outbox::Outbox;
use crate::call::oversized;
use crate::call::protocol::Protocol;
use crate::call::shared_waker::Waiting;
use crate::compression::{Encoding, GRPC_ENCODING};
use crate::excerpt::Excerpt;
use crate::metadata::{Metadata, get_first, list_size};
use crate::status::{GRPC_STATUS, Status};
use crate::transport::{Callee, Permit, reset};

/// Receives headers, messages and the status of one call.
///
/// ```text
/// Headers --+--> Messages --+--> Over
///   ^       |               |
///   |       +--> Foreign ---+      (an answer that is not gRPC)
///   |       |               |
///   |       +---------------+      (a status at once, a failure)
///   |       |
///   +- Again                       (the peer has not begun the call; once)
/// ```
///
/// Dropping it before the end cancels the call, once the sending half is gone too.
pub(crate) struct Download {
    state: State,
    /// The metadata that came before the messages, until it is taken.
    headers: Option<Metadata>,
    /// What the headers say of how messages are compressed; `None` for what is not known here.
    encoding: Option<Encoding>,
    /// Messages that came while nobody was receiving.
    gathered: BytesMut,
    receiver: Waiting,
    /// Whether somebody else may have to wake the receiver.
    shared: bool,
    waker: Option<Waker>,
    timer: Timer,
    /// What the sending half has to hear of the end through.
    outbox: Option<Arc<Outbox>>,
    permit: Option<Permit>,
    pub(crate) holdings: Holdings,
    /// Where it went, once it is over.
    callee: Option<Callee>,
    /// Whether this side has ended the call.
    given_up: bool,
    /// Whether the peer has not begun to handle the call.
    unprocessed: bool,
    /// Makes the call again after a failure before its headers.
    again: Option<Box<dyn Again>>,
    /// For the log: the method of a call that nobody else logs the end of.
    method: &'static str,
}

/// Makes a call again, if it may be.
pub(crate) trait Again: Send {
    /// The next attempt after one that has failed; `unprocessed` if the peer has not begun it.
    fn after(self: Box<Self>, unprocessed: bool) -> Option<Beginning>;
}

/// The next attempt, until its headers are sent.
pub(crate) type Beginning = Pin<Box<dyn Future<Output = Result<Begun, Status>> + Send>>;

/// A call that is made: its headers to come, and its place on the connection.
pub(crate) struct Begun {
    pub(crate) response: ResponseFuture,
    pub(crate) permit: Permit,
}

enum State {
    Headers(ResponseFuture),
    Again(Beginning),
    Messages(Body),
    Foreign(Box<Foreign>),
    /// The trailers, if the call has succeeded.
    Over(Result<Option<Box<Metadata>>, Status>),
}

impl Download {
    pub(crate) fn new(response: ResponseFuture, timer: Timer, permit: Permit) -> Self {
        Self {
            state: State::Headers(response),
            headers: None,
            encoding: Some(Encoding::Identity),
            gathered: BytesMut::new(),
            receiver: Waiting::Nobody,
            shared: false,
            waker: None,
            timer,
            outbox: None,
            permit: Some(permit),
            holdings: Holdings::default(),
            callee: None,
            given_up: false,
            unprocessed: false,
            again: None,
            method: "",
        }
    }

    /// Logs how the call fails.
    pub(crate) fn of_method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// Makes the call again, as far as this allows it.
    pub(crate) fn or_again(mut self, again: Box<dyn Again>) -> Self {
        self.again = Some(again);
        self
    }

    /// Tells this sending half when the call is over.
    pub(crate) fn with_outbox(mut self, outbox: Arc<Outbox>) -> Self {
        self.outbox = Some(outbox);
        self.shared = true;
        self
    }

    /// The bytes of one or more messages; `None` once the call has succeeded.
    #[inline]
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        self.receiver = Waiting::Nobody;
        if !self.gathered.is_empty() {
            let chunk = std::mem::take(&mut self.gathered).freeze();
            self.holdings.let_go();
            if let State::Messages(body) = &mut self.state {
                body.release(chunk.len());
            }
            return Poll::Ready(Ok(Some(chunk)));
        }
        let polled = self.poll_received(cx);
        match &polled {
            Poll::Ready(Ok(Some(chunk))) => {
                if let State::Messages(body) = &mut self.state {
                    body.release(chunk.len());
                }
            }
            Poll::Ready(_) => {}
            Poll::Pending => self.park(cx),
        }
        polled
    }

    /// Ready once the headers have come, or the call has ended without.
    pub(crate) fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = self.poll_begun(cx);
        self.receiver = Waiting::Nobody;
        if polled.is_pending() {
            self.park(cx);
        }
        polled
    }

    /// The receiver waits.
    #[inline]
    fn park(&mut self, cx: &Context<'_>) {
        self.receiver = Waiting::Receiver;
        if self.shared {
            match &mut self.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                None => self.waker = Some(cx.waker().clone()),
            }
        }
    }

    /// From now on the task of a receiver that waits is known.
    pub(crate) fn share(&mut self) {
        self.shared = true;
    }

    /// The server that the call goes to.
    pub(crate) fn callee(&self) -> Option<Callee> {
        self.callee.clone().or_else(|| self.permit.as_ref().and_then(Permit::callee))
    }

    /// The server that the call went to, once it is over.
    pub(crate) fn take_callee(&mut self) -> Option<Callee> {
        self.callee.take()
    }

    /// From now on whoever polls it waits for the deadline.
    pub(crate) fn keep_time(&mut self) {
        self.timer.speak();
    }

    /// What the receiver has of messages takes so many bytes. Without memory for it
    /// the call is given up.
    #[inline]
    pub(crate) fn receive(&mut self, bytes: usize) -> Result<(), Status> {
        self.holdings.receive(bytes, self.permit.as_ref()).inspect_err(|status| self.cancel(status.clone()))
    }

    /// The headers, once.
    pub(crate) fn take_headers(&mut self) -> Option<Metadata> {
        self.headers.take()
    }

    /// How messages are compressed, once the headers have come; `None` if that is not known here.
    pub(crate) fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// The trailers or the error, once the call is over; the trailers only once.
    pub(crate) fn take_end(&mut self) -> Option<Result<Option<Box<Metadata>>, Status>> {
        match &mut self.state {
            State::Over(Ok(trailers)) => Some(Ok(trailers.take())),
            State::Over(Err(status)) => Some(Err(status.clone())),
            _ => None,
        }
    }

    /// The error of a call that is over.
    pub(crate) fn failure(&self) -> Option<Status> {
        if let State::Over(Err(status)) = &self.state { Some(status.clone()) } else { None }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, State::Over(_))
    }

    /// Whether the call is over and the server has ended it.
    pub(crate) fn is_ended_by_peer(&self) -> bool {
        self.is_over() && !self.given_up
    }

    /// Whether the call has failed and may be made again without being made twice.
    pub(crate) fn is_unprocessed(&self) -> bool {
        self.unprocessed
    }

    fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        loop {
            ready!(self.poll_begun(cx));
            let polled = match &mut self.state {
                State::Messages(body) => match body.poll_chunk(cx) {
                    Poll::Ready(Ok(Some(chunk))) => return Poll::Ready(Ok(Some(chunk))),
                    Poll::Ready(Ok(None)) => body.poll_trailers(cx).map(|trailers| self.finish(trailers)),
                    Poll::Ready(Err(status)) => {
                        self.fail(status);
                        Poll::Ready(())
                    }
                    Poll::Pending => Poll::Pending,
                },
                State::Over(result) => return Poll::Ready(result.as_ref().map(|_| None).map_err(Status::clone)),
                State::Headers(_) | State::Again(_) | State::Foreign(_) => Poll::Pending,
            };
            if polled.is_pending() {
                self.count_headers();
                if !self.is_over() {
                    ready!(self.poll_timer(cx));
                }
            }
        }
    }

    /// Ready once it is known whether messages come.
    #[inline]
    fn poll_begun(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.state {
            State::Messages(_) | State::Over(_) => Poll::Ready(()),
            State::Headers(_) | State::Again(_) | State::Foreign(_) => self.poll_beginning(cx),
        }
    }

    #[inline(never)]
    fn poll_beginning(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let polled = match &mut self.state {
                State::Headers(_) => self.poll_response(cx),
                State::Again(again) => again.as_mut().poll(cx).map(|begun| self.begin_again(begun)),
                State::Foreign(foreign) => foreign.poll_end(cx).map(|result| self.end(result)),
                State::Messages(_) | State::Over(_) => return Poll::Ready(()),
            };
            if polled.is_pending() {
                ready!(self.poll_timer(cx));
            }
        }
    }

    /// Ready once the headers have come, or the call has failed. The only place that polls
    /// for them: the future of h2 is a part of it.
    #[inline(never)]
    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.state {
            State::Headers(response) => Pin::new(response).poll(cx).map(|response| self.begin(response)),
            _ => Poll::Ready(()),
        }
    }

    /// Ready when the deadline has passed and with it the call.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.timer.poll(cx));
        self.cancel(deadline::exceeded());
        Poll::Ready(())
    }

    fn begin(&mut self, response: Result<http::Response<RecvStream>, h2::Error>) {
        let (head, stream) = match response {
            Ok(response) => response.into_parts(),
            Err(error) => {
                self.unprocessed = reset::is_unprocessed(&error);
                match self.again.take().and_then(|again| again.after(self.unprocessed)) {
                    Some(beginning) => {
                        self.permit = None;
                        self.state = State::Again(beginning);
                    }
                    None => self.fail(reset::status(&error)),
                }
                return;
            }
        };
        self.again = None;
        let ended = stream.is_end_stream();
        let body = Body::of_response(stream, ended);
        let is_grpc = head.status == StatusCode::OK
            && get_first(&head.headers, &header::CONTENT_TYPE)
                .is_some_and(|value| Protocol::of(value.as_bytes()).is_some());
        if body.is_ended() && head.headers.contains_key(GRPC_STATUS) || !is_grpc && tells_failure(&head.headers) {
            return self.end(self.read_end(head.headers));
        }
        let size = list_size(&head.headers);
        if !is_grpc {
            self.state = State::Foreign(Box::new(Foreign::new(head.status, &head.headers, body)));
        } else if body.is_ended() {
            self.end(Err(no_status()));
        } else if size > self.own_limit() {
            self.cancel(oversized::refused("headers", size, self.own_limit()));
        } else {
            if head.headers.len() > 1
                && let Some(name) = head.headers.get(GRPC_ENCODING)
            {
                self.encoding = Encoding::parse(name.as_bytes());
            }
            self.headers = Some(Metadata::from_headers(head.headers));
            self.state = State::Messages(body);
            if std::mem::take(&mut self.holdings.is_counted) {
                self.count_headers();
            }
        }
    }

    /// Counts the headers, once; without memory for them the call is given up.
    #[inline]
    fn count_headers(&mut self) {
        if !std::mem::replace(&mut self.holdings.is_counted, true)
            && let Some(headers) = &self.headers
            && let Err(status) = self.holdings.add(headers, self.permit.as_ref())
        {
            self.headers = None;
            self.cancel(status);
        }
    }

    fn begin_again(&mut self, begun: Result<Begun, Status>) {
        match begun {
            Ok(Begun { response, permit }) => {
                self.permit = Some(permit);
                self.state = State::Headers(response);
            }
            Err(status) => self.fail(status),
        }
    }

    fn finish(&mut self, trailers: Result<Option<HeaderMap>, Status>) {
        match trailers {
            Ok(Some(trailers)) => self.end(self.read_end(trailers)),
            Ok(None) => self.end(Err(Status::internal("the server ended the call without trailers"))),
            Err(status) => self.fail(status),
        }
    }

    /// The stream or the connection failed. Whatever the reason: once the deadline
    /// has passed, the call has exceeded it. Servers and proxies reset a call whose
    /// time is up, and this side's timer may ring a little later than their reset comes.
    #[cold]
    fn fail(&mut self, status: Status) {
        let status = if self.timer.has_passed() {
            deadline::exceeded().with_source(status)
        } else if self.is_oversized() {
            // What h2 said of it is a breach of the protocol, or the end of the connection.
            oversized::unseen(self.own_limit()).with_source(status)
        } else {
            status
        };
        self.end(Err(status));
    }

    fn end(&mut self, mut result: Result<Option<Box<Metadata>>, Status>) {
        if self.holdings.is_counted
            && let Err(status) = self.holdings.add(trailers_of(&result), self.permit.as_ref())
        {
            result = Err(status);
        }
        if let Some(outbox) = self.outbox.take() {
            outbox.end(result.as_ref().map(drop).map_err(Status::clone));
        }
        if let (Err(status), false) = (&result, self.method.is_empty()) {
            tracing::debug!(method = self.method, code = %status.code(), text = %Excerpt(status.message()), "call failed");
        }
        self.state = State::Over(result);
        self.again = None;
        self.timer = Timer::default();
        self.callee = self.permit.take().and_then(Permit::release);
    }
}

/// What came with the end of a call, also of one that has failed.
pub(crate) fn trailers_of(end: &Result<Option<Box<Metadata>>, Status>) -> &Metadata {
    match end {
        Ok(trailers) => trailers.as_deref().unwrap_or_else(|| Metadata::none()),
        Err(status) => status.metadata(),
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("is_over", &self.is_over()).finish_non_exhaustive()
    }
}
