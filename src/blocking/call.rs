//! The halves of a blocking call.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::blocking::worker::Worker;
use crate::{Message, Metadata, Peer, Response, Status};

/// Receives the answers of a stream: an iterator of results. If the call fails, its
/// status is the last one.
///
/// **Dropping it before the end cancels the call.**
#[derive(Debug)]
pub struct Receiver<T> {
    receiver: crate::Receiver<T>,
    worker: Arc<Worker>,
    failed: bool,
}

impl<T: Message> Receiver<T> {
    pub(crate) fn new(receiver: crate::Receiver<T>, worker: Arc<Worker>) -> Self {
        Self { receiver, worker, failed: false }
    }

    /// Receives the next message; returns `None` once the call has succeeded.
    ///
    /// # Errors
    ///
    /// The status of a failed call, each time.
    pub fn recv(&mut self) -> Result<Option<T>, Status> {
        self.worker.wait(self.receiver.recv())
    }
}

impl<T> Receiver<T> {
    /// Waits for the metadata of the response.
    ///
    /// # Errors
    ///
    /// The status of a call that failed before the server sent any.
    pub fn headers(&mut self) -> Result<&Metadata, Status> {
        self.worker.wait(self.receiver.headers())
    }

    /// The metadata of the response, once it has arrived; empty before.
    pub fn metadata(&self) -> &Metadata {
        self.receiver.metadata()
    }

    /// The metadata after the last message, once the call is over; empty before.
    pub fn trailers(&self) -> &Metadata {
        self.receiver.trailers()
    }

    /// The server that was called.
    pub fn peer(&self) -> Option<&Peer> {
        self.receiver.peer()
    }

    /// Whether the last received message was compressed.
    pub fn was_compressed(&self) -> bool {
        self.receiver.was_compressed()
    }

    /// The time at which the call must have ended; `None` if there is no deadline.
    ///
    /// It is of tokio's clock, which tests can pause; [`into_std`](Instant::into_std)
    /// converts it to an instant of the standard library.
    pub fn deadline(&self) -> Option<Instant> {
        self.receiver.deadline()
    }

    /// The time left until the [`deadline`](Self::deadline), zero once it has passed;
    /// `None` if there is no deadline.
    pub fn time_left(&self) -> Option<Duration> {
        self.receiver.time_left()
    }
}

impl<T: Message> Iterator for Receiver<T> {
    type Item = Result<T, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.recv().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

/// Sends the messages of a stream.
///
/// [`close`](Self::close) ends the stream. **Dropping it unclosed cancels the
/// call**, so that an early `?` never looks like a complete stream.
#[derive(Debug)]
pub struct Sender<T> {
    sender: crate::Sender<T>,
    worker: Arc<Worker>,
}

impl<T: Message> Sender<T> {
    pub(crate) fn new(sender: crate::Sender<T>, worker: Arc<Worker>) -> Self {
        Self { sender, worker }
    }

    /// Sends one message; waits while the server cannot keep up.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::Sender::send`](crate::Sender::send).
    pub fn send(&mut self, message: &T) -> Result<(), Status> {
        self.worker.wait(self.sender.send(message))
    }

    /// As [`send`](Self::send), but does not compress this message.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_uncompressed(&mut self, message: &T) -> Result<(), Status> {
        self.worker.wait(self.sender.send_uncompressed(message))
    }

    /// Sends every message; waits while the server cannot keep up.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_all(&mut self, messages: impl IntoIterator<Item = T>) -> Result<(), Status> {
        messages.into_iter().try_for_each(|message| self.send(&message))
    }

    /// As [`send_all`](Self::send_all), up to the first error among the messages, which
    /// it returns: drop the sender then, to cancel the call.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and those of the messages.
    pub fn try_send_all<E: Into<Status>>(
        &mut self,
        messages: impl IntoIterator<Item = Result<T, E>>,
    ) -> Result<(), Status> {
        messages.into_iter().try_for_each(|message| self.send(&message.map_err(Into::into)?))
    }

    /// Whether the call is over, so that [`send`](Self::send) fails
    /// ([`puregrpc::Sender::is_closed`](crate::Sender::is_closed)).
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Ends the stream. Buffered messages are still sent, as long as the receiver of the
    /// call or a channel exists.
    pub fn close(self) {
        self.sender.close();
    }
}

/// A call with a stream of requests and one answer.
///
/// **Dropping it before [`finish`](Self::finish) cancels the call.**
#[derive(Debug)]
pub struct ClientStreaming<Q, R> {
    call: crate::ClientStreaming<Q, R>,
    worker: Arc<Worker>,
}

impl<Q: Message, R: Message> ClientStreaming<Q, R> {
    pub(crate) fn new(call: crate::ClientStreaming<Q, R>, worker: Arc<Worker>) -> Self {
        Self { call, worker }
    }

    /// Sends one message; waits while the server cannot keep up.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::ClientStreaming::send`](crate::ClientStreaming::send).
    pub fn send(&mut self, message: &Q) -> Result<(), Status> {
        self.worker.wait(self.call.send(message))
    }

    /// As [`send`](Self::send), but does not compress this message.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_uncompressed(&mut self, message: &Q) -> Result<(), Status> {
        self.worker.wait(self.call.send_uncompressed(message))
    }

    /// Sends every message; waits while the server cannot keep up.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_all(&mut self, messages: impl IntoIterator<Item = Q>) -> Result<(), Status> {
        messages.into_iter().try_for_each(|message| self.send(&message))
    }

    /// As [`send_all`](Self::send_all), up to the first error among the messages, which
    /// it returns: drop the call then, since `finish` would make the stream look complete.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and those of the messages.
    pub fn try_send_all<E: Into<Status>>(
        &mut self,
        messages: impl IntoIterator<Item = Result<Q, E>>,
    ) -> Result<(), Status> {
        messages.into_iter().try_for_each(|message| self.send(&message.map_err(Into::into)?))
    }

    /// Whether the call is over, so that [`send`](Self::send) fails and
    /// [`finish`](Self::finish) returns the answer or the status.
    pub fn is_closed(&self) -> bool {
        self.call.is_closed()
    }

    /// The server that was called.
    pub fn peer(&self) -> Option<&Peer> {
        self.call.peer()
    }

    /// Waits for the metadata of the response.
    ///
    /// # Errors
    ///
    /// The status of a call that failed before the server sent any.
    pub fn headers(&mut self) -> Result<&Metadata, Status> {
        self.worker.wait(self.call.headers())
    }

    /// Ends the stream and waits for the answer.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::Channel::unary`](crate::Channel::unary).
    pub fn finish(self) -> Result<Response<R>, Status> {
        self.worker.wait(self.call.finish())
    }
}
