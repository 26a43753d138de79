//! The receiving half of a call.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::Extensions;
use tokio::time::Instant;

use crate::call::inbox::{Inbox, Parked};
use crate::call::message_reader::MessageReader;
use crate::call::reply::Reply;
use crate::call::{Head, deadline, poll_budget, running};
use crate::codec::Message;
use crate::frame::Payload;
use crate::metadata::Metadata;
use crate::status::Status;
use crate::transport::Peer;

/// Receives the messages of a stream.
///
/// A server's handler borrows one for what its client sends. A client owns one
/// for the answers; **dropping it before the status has come cancels the call**.
/// It is also a [`Stream`].
///
/// ```no_run
/// # use puregrpc::{Message, Receiver, Status};
/// # async fn example<M: Message>(receiver: &mut Receiver<M>) -> Result<(), Status> {
/// while let Some(note) = receiver.recv().await? {
///     // …
/// }
/// # Ok(())
/// # }
/// ```
pub struct Receiver<T> {
    pub(crate) head: Head,
    message_reader: MessageReader,
    source: Source,
    /// Whether an error was given: as a stream it ends with one.
    failed: bool,
    /// Whether the end or an error was given: to ask again waits for nobody.
    ended: bool,
    message: PhantomData<fn() -> T>,
}

enum Source {
    /// A server's: shared with the driver of the call.
    Server(Arc<Inbox>),
    Client(Box<Reply>),
}

impl<T: Message> Receiver<T> {
    pub(crate) fn server(head: Head, inbox: Arc<Inbox>, message_reader: MessageReader) -> Self {
        Self { head, message_reader, source: Source::Server(inbox), failed: false, ended: false, message: PhantomData }
    }

    pub(crate) fn client(head: Head, reply: Reply, message_reader: MessageReader) -> Self {
        let source = Source::Client(Box::new(reply));
        Self { head, message_reader, source, failed: false, ended: false, message: PhantomData }
    }

    /// Receives the next message; `None` once the peer has sent all.
    ///
    /// Cancel safe: nothing is lost when the future is dropped. After every
    /// mebibyte or few thousand messages it lets other tasks run, even though
    /// the next message is there.
    ///
    /// # Errors
    ///
    /// The status of the call, if it ended with an error: on a client the status that
    /// the server sent, on a server CANCELLED when the client is gone. A message
    /// that is too large is RESOURCE_EXHAUSTED, one that cannot be read INTERNAL.
    ///
    /// **A handler is dropped soon after CANCELLED**: the code behind `recv` runs up
    /// to its next `await` that has to wait, and no further. Clean up without waiting,
    /// in a `Drop`, or in a [spawned](tokio::spawn) task:
    ///
    /// ```no_run
    /// # use puregrpc::{Message, Receiver, Response, Status};
    /// # struct Upload; impl Upload { async fn discard(self) {} async fn add<M>(&mut self, _: M) {} }
    /// # async fn handler<M: Message, R: Message>(chunks: &mut Receiver<M>, mut upload: Upload, done: R)
    /// # -> Result<Response<R>, Status> {
    /// loop {
    ///     match chunks.recv().await {
    ///         Ok(Some(chunk)) => upload.add(chunk).await,
    ///         Ok(None) => return Ok(done.into()),
    ///         Err(status) => {
    ///             tokio::spawn(upload.discard()); // `.await` here would not come to its end
    ///             return Err(status);
    ///         }
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// A handler that is dropped while it waits elsewhere sees no error at all, so that
    /// what must be done in any case belongs into a `Drop`.
    #[inline]
    pub fn recv(&mut self) -> Receiving<'_, T> {
        Receiving { receiver: self }
    }

    #[inline(always)]
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Status>> {
        match self.message_reader.next_small::<T>().map(|message| T::decode(Payload::Slice(message))) {
            Some(Ok(message)) => Poll::Ready(Ok(Some(message))),
            Some(Err(status)) => Poll::Ready(Err(self.fail(status))),
            None => self.poll_any(cx),
        }
    }

    /// Apart from the short way, which is taken while small messages are at hand.
    #[inline(never)]
    fn poll_any(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Status>> {
        if self.ended {
            ready!(poll_budget(cx));
        }
        ready!(self.message_reader.poll_turn(cx));
        self.message_reader.let_go();
        loop {
            // Most who come here have taken all there was.
            if self.message_reader.has_more() {
                match self.message_reader.next::<T>(self.head.connection.as_deref()) {
                    Ok(Some(payload)) => match T::decode(payload).and_then(|message| self.hold().map(|()| message)) {
                        Ok(message) => return Poll::Ready(Ok(Some(message))),
                        Err(status) => return Poll::Ready(Err(self.fail(status))),
                    },
                    Ok(None) => {}
                    Err(status) => return Poll::Ready(Err(self.fail(status))),
                }
            }
            match ready!(self.poll_more(cx)) {
                Ok(true) => {}
                end => {
                    self.ended = true;
                    return Poll::Ready(end.map(|_| None));
                }
            }
            match self.message_reader.next_small::<T>().map(|message| T::decode(Payload::Slice(message))) {
                Some(Ok(message)) => return Poll::Ready(Ok(Some(message))),
                Some(Err(status)) => return Poll::Ready(Err(self.fail(status))),
                None => {}
            }
        }
    }

    /// Takes the bytes that come next; `false` if there are none any more.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Status>> {
        let Poll::Ready(chunk) = self.source.poll_chunk(cx) else {
            return self.poll_wait(cx);
        };
        if let Source::Client(reply) = &self.source {
            self.message_reader.set_encoding(reply.encoding());
        }
        match chunk? {
            Some(chunk) => match self.message_reader.push(chunk, self.head.connection.as_deref()) {
                Ok(()) => Poll::Ready(Ok(true)),
                Err(status) => Poll::Ready(Err(self.fail(status))),
            },
            // What the last message took is free, however long the call goes on.
            None if self.message_reader.is_empty() => {
                match self.message_reader.account(self.head.connection.as_deref()) {
                    Ok(()) => Poll::Ready(Ok(false)),
                    Err(status) => Poll::Ready(Err(self.fail(status))),
                }
            }
            None => Poll::Ready(Err(self.fail(cut_short()))),
        }
    }

    /// Ready with an error if the wait for bytes is over.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Status>> {
        let status = match self.hold() {
            Ok(()) => ready!(self.message_reader.poll_wait(cx, self.head.connection.as_deref())),
            Err(status) => status,
        };
        // It waits no longer for its source.
        Parked::replace(Parked::nobody());
        Poll::Ready(Err(self.fail(status)))
    }

    /// Counts, on a client, what there is of messages; on a server the message_reader does.
    fn hold(&mut self) -> Result<(), Status> {
        match &mut self.source {
            Source::Client(reply) => reply.receive(self.message_reader.memory()),
            Source::Server(_) => Ok(()),
        }
    }

    /// A client cancels a call whose messages it cannot read; nothing follows.
    #[cold]
    fn fail(&mut self, status: Status) -> Status {
        if let Source::Client(reply) = &mut self.source {
            reply.fail(&status);
            self.message_reader = MessageReader::new(0, 0);
        }
        status
    }
}

impl<T> Receiver<T> {
    /// The metadata that came before the messages: on the server that of the
    /// request, on the client that of the response, once it has come.
    pub fn metadata(&self) -> &Metadata {
        match &self.source {
            Source::Client(reply) => reply.headers().unwrap_or(&self.head.metadata),
            Source::Server(_) => &self.head.metadata,
        }
    }

    /// Waits for the metadata of the response, on the client.
    ///
    /// A server may send it long before its first message, but often sends both
    /// together: to wait here ahead of the request that is to be answered may be
    /// to wait for ever. Cancel safe.
    ///
    /// # Errors
    ///
    /// The status of a call that has failed without sending any.
    pub async fn headers(&mut self) -> Result<&Metadata, Status> {
        if let Source::Client(reply) = &mut self.source {
            poll_fn(|cx| reply.poll_headers(cx)).await?;
        }
        Ok(self.metadata())
    }

    /// The metadata behind the last message, on the client, once
    /// [`recv`](Self::recv) has given the end or an error; empty before.
    pub fn trailers(&self) -> &Metadata {
        match &self.source {
            Source::Client(reply) => reply.trailers().unwrap_or(&self.head.metadata),
            Source::Server(_) => Metadata::none(),
        }
    }

    /// Whether the message that was received last came compressed.
    pub fn was_compressed(&self) -> bool {
        self.message_reader.was_compressed()
    }

    /// When the call must have ended; `None` if it may take as long as it likes.
    ///
    /// It is of tokio's clock, which tests can pause; [`into_std`](Instant::into_std)
    /// makes one of the standard library of it.
    pub fn deadline(&self) -> Option<Instant> {
        self.head.deadline
    }

    /// How long the call may still take, nothing once its
    /// [`deadline`](Self::deadline) has passed; `None` if there is none.
    pub fn time_left(&self) -> Option<Duration> {
        deadline::left(self.head.deadline)
    }

    /// The other end of the connection: on a server the client that calls, on a
    /// client the server. It is known unless no connection was made.
    pub fn peer(&self) -> Option<&Peer> {
        match &self.source {
            Source::Client(reply) => reply.peer(),
            Source::Server(_) => self.head.connection.as_ref().map(|connection| &connection.peer),
        }
    }

    /// Sends the headers of the response now, in a handler with one answer. Without
    /// it they go with the answer, and an error before it has none.
    ///
    /// # Errors
    ///
    /// As [`Request::send_headers`](crate::Request::send_headers).
    pub fn send_headers(&self, headers: Metadata) -> Result<(), Status> {
        match &self.source {
            Source::Server(inbox) => running::send_headers(Arc::as_ptr(inbox).addr(), headers),
            Source::Client(_) => running::send_headers(0, headers),
        }
    }

    /// Values that ride on the call inside this process, one of each type that is
    /// `Clone + Send + Sync + 'static`. [`Server::authorize`](crate::Server::authorize)
    /// shows what they are for.
    pub fn extensions(&self) -> &Extensions {
        &self.head.extensions
    }

    /// The extensions, to be changed.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.head.extensions
    }
}

impl Source {
    #[inline]
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        match self {
            Self::Server(inbox) => inbox.poll_chunk(cx),
            Self::Client(reply) => reply.poll_chunk(cx),
        }
    }
}

/// As [`Receiver::recv`]; nothing comes after an error.
impl<T: Message> Stream for Receiver<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let next = ready!(self.poll_recv(cx)).transpose();
        self.failed = matches!(next, Some(Err(_)));
        Poll::Ready(next)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("head", &self.head).finish_non_exhaustive()
    }
}

/// The future of [`Receiver::recv`].
#[must_use = "nothing is received before this is awaited"]
pub struct Receiving<'a, T> {
    receiver: &'a mut Receiver<T>,
}

impl<T: Message> Future for Receiving<'_, T> {
    type Output = Result<Option<T>, Status>;

    /// The short way is a part of the task that receives, as it is with `Sending`.
    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.receiver.poll_recv(cx)
    }
}

impl<T> fmt::Debug for Receiving<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiving").finish_non_exhaustive()
    }
}

/// M11: the stream ended inside a prefix or a message.
#[cold]
pub(crate) fn cut_short() -> Status {
    Status::internal("the stream ended inside a message")
}
