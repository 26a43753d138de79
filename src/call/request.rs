//! The request of a call with one.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use http::Extensions;
use tokio::time::Instant;

use crate::call::{CancelHandle, Head, deadline, running};
use crate::compression::Encoding;
use crate::error::Error;
use crate::metadata::Metadata;
use crate::status::Status;
use crate::transport::Peer;

/// A message with what rides on its call: metadata, a deadline, extensions.
///
/// It derefs to the message, and prints as the message does. A client may give a bare message wherever a
/// request is asked for, and `()` where the call streams its messages. A handler
/// may give the request it got to another client, as it is or by [`map`](Self::map):
/// its metadata and its deadline go on with it.
///
/// ```
/// use std::time::Duration;
/// use puregrpc::Request;
///
/// let request = Request::new(()).with_timeout(Duration::from_secs(1)).with_metadata("x-id", "7")?;
/// assert_eq!(request.metadata().get("x-id"), Some("7"));
/// # Ok::<(), puregrpc::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Request<T> {
    pub(crate) head: Head,
    pub(crate) message: T,
}

impl<T> Request<T> {
    /// A request without metadata and deadline.
    pub fn new(message: T) -> Self {
        Self { head: Head::default(), message }
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The same call with another message.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Request<U> {
        Request { head: self.head, message: change(self.message) }
    }

    /// The metadata that came, or goes, before the message.
    pub fn metadata(&self) -> &Metadata {
        &self.head.metadata
    }

    /// The metadata, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.head.metadata
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

    /// The client that calls, on a server; `None` on a client.
    pub fn peer(&self) -> Option<&Peer> {
        self.head.connection.as_ref().map(|connection| &connection.peer)
    }

    /// Whether the message came compressed, on a server.
    pub fn was_compressed(&self) -> bool {
        self.head.was_compressed
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

    /// Ends the call with DEADLINE_EXCEEDED if it takes longer, on both sides.
    ///
    /// The time runs from now on, and counts everything: connecting, waiting
    /// for a free stream, all messages of a stream. **Default:** none, but a
    /// call made inside a handler ends with the handler's deadline. (A task that
    /// the handler spawns is no longer inside; give it the
    /// [`deadline`](Self::deadline), for [`with_deadline`](Self::with_deadline).)
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.head.deadline = Some(deadline::after(timeout));
        self
    }

    /// As [`with_timeout`](Self::with_timeout), with the point in time, of tokio's
    /// clock: `Instant::from_std` makes one of the standard library's.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.head.deadline = Some(deadline);
        self
    }

    /// Compresses the messages of this call so, on a client; [`Encoding::Identity`]
    /// sends them as they are. Small ones are sent as they are in any case, and
    /// so are those that would not become smaller.
    /// **Default:** as the channel does ([`Channel::send_compression`](crate::Channel::send_compression)).
    #[must_use]
    pub fn with_compression(mut self, encoding: Encoding) -> Self {
        self.head.compression = Some(encoding);
        self
    }

    /// Lets this handle cancel the call, at any time, on a client.
    #[must_use]
    pub fn with_cancel_handle(mut self, handle: &CancelHandle) -> Self {
        self.head.cancel = Some(handle.clone());
        self
    }

    /// Sends the headers of the response now, in a handler with one answer, for what
    /// its client should know before. Without it they go with the answer, as
    /// [`Response::metadata`](crate::Response::metadata), and an error before it has none.
    ///
    /// They leave when the handler first waits. If the server compresses, they name
    /// its encoding; the answer may choose no other.
    ///
    /// ```
    /// # use puregrpc::{Message, Metadata, Request, Response, Status};
    /// # async fn work<M: Message>(request: Request<M>) -> Result<M, Status> { Ok(request.into_inner()) }
    /// async fn handle<M: Message>(request: Request<M>) -> Result<Response<M>, Status> {
    ///     let mut headers = Metadata::new();
    ///     headers.insert("x-job", "42")?;
    ///     request.send_headers(headers)?;
    ///     Ok(work(request).await?.into()) // an error comes with trailers, apart from the headers
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// INTERNAL if they have been sent, outside of the handler that was given this
    /// request (in a task that it has spawned, on a client), and where the answers
    /// are a stream: [`Sender::send_headers`](crate::Sender::send_headers) does it there.
    pub fn send_headers(&self, headers: Metadata) -> Result<(), Status> {
        running::send_headers(self.head.call, headers)
    }

    /// Adds one value of metadata: text, or any bytes for a name that ends in `-bin`.
    ///
    /// # Errors
    ///
    /// As [`Metadata::insert`].
    pub fn with_metadata(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.head.metadata.append(name, value)?;
        Ok(self)
    }
}

impl<T> From<T> for Request<T> {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}

impl<T> Deref for Request<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.message
    }
}

impl<T> DerefMut for Request<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.message
    }
}

/// The message alone.
impl<T: fmt::Display> fmt::Display for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_left_goes_down_to_nothing() {
        assert_eq!(Request::new(()).time_left(), None);
        let request = Request::new(()).with_timeout(Duration::from_secs(5));
        for left in [5, 3, 1, 0, 0] {
            assert_eq!(request.time_left(), Some(Duration::from_secs(left)));
            tokio::time::advance(Duration::from_secs(2)).await;
        }
    }

    #[test]
    fn a_request_prints_as_its_message() {
        let request = Request::new(7.5).with_timeout(Duration::from_secs(5));
        assert_eq!(format!("{request:.2}"), "7.50");
    }
}
