//! The receiving half of a call.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::Extensions;
use tokio::time::Instant;

use crate::call::Head;
use crate::call::inbox::Inbox;
use crate::codec::Message;
use crate::frame::Deframer;
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
    frames: Deframer,
    source: Source,
    message: PhantomData<fn() -> T>,
}

enum Source {
    /// A server's: shared with the driver of the call.
    Server(Arc<Inbox>),
}

impl<T: Message> Receiver<T> {
    pub(crate) fn server(head: Head, inbox: Arc<Inbox>, limit: usize) -> Self {
        Self { head, frames: Deframer::new(limit), source: Source::Server(inbox), message: PhantomData }
    }

    /// Receives the next message; `None` once the peer has sent all.
    ///
    /// Cancel safe: nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// The status of the call, if it ended with an error: on a client what the
    /// server said, on a server CANCELLED when the client went away. A message
    /// that is too large is RESOURCE_EXHAUSTED, one that cannot be read INTERNAL.
    pub async fn recv(&mut self) -> Result<Option<T>, Status> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Status>> {
        loop {
            if let Some(message) = self.frames.next(T::decode)? {
                return Poll::Ready(Ok(Some(message)));
            }
            match ready!(self.source.poll_chunk(cx))? {
                Some(chunk) => self.frames.push(chunk)?,
                None if self.frames.is_empty() => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(cut_short())),
            }
        }
    }
}

impl<T> Receiver<T> {
    /// The metadata that came with the request, on the server.
    pub fn metadata(&self) -> &Metadata {
        &self.head.metadata
    }

    /// When the call must have ended; `None` if it may take as long as it likes.
    pub fn deadline(&self) -> Option<Instant> {
        self.head.deadline
    }

    /// Who calls; `None` on the client.
    pub fn peer(&self) -> Option<&Peer> {
        self.head.peer.as_deref()
    }

    /// Values of any type that ride on the call inside this process.
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
        }
    }
}

/// As [`Receiver::recv`]; nothing comes after an error.
impl<T: Message> Stream for Receiver<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_recv(cx).map(Result::transpose)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("head", &self.head).finish_non_exhaustive()
    }
}

/// M11: the stream ended inside a prefix or a message.
#[cold]
pub(crate) fn cut_short() -> Status {
    Status::internal("the stream ended inside a message")
}
