//! The sending half of a call.

use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use futures_core::Stream;

use crate::call::limit_owner::Side;
use crate::call::outbox::{Fate, Outbox, SendBuffer};
use crate::call::send_sink::SendSink;
use crate::call::sending::{Sending, State};
use crate::codec::{CHUNK, Message};
use crate::compression::{Accepted, Compression, Encoding};
use crate::metadata::Metadata;
use crate::status::Status;

/// Sends the messages of a stream.
///
/// A server's handler borrows one for its answers: the stream ends when the
/// handler returns, with the handler's status. A client owns one and ends the
/// stream by [`close`](Self::close); **dropping it unclosed cancels the call**,
/// so that an early `?` never looks like a complete stream.
///
/// Messages are encoded immediately and buffered. The buffer is flushed at 16 KiB, or
/// when the sending task waits for anything. [`send`](Self::send) waits only when the
/// peer cannot keep up (back-pressure), and fails once the call is over.
///
/// ```no_run
/// # use puregrpc::{Message, Sender, Status};
/// # async fn example<M: Message>(sender: &mut Sender<M>, notes: Vec<M>) -> Result<(), Status> {
/// for note in &notes {
///     sender.send(note).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Sender<T> {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) place: SendBuffer,
    pub(crate) side: Side,
    /// Messages of up to so many bytes go the short way.
    pub(crate) plain: usize,
    pub(crate) compression: Compression,
    /// What the client of a server can read.
    accepted: Accepted,
    pub(crate) headers_sent: bool,
    trailers: Option<Box<Metadata>>,
    message: PhantomData<fn(T)>,
}

impl<T: Message> Sender<T> {
    pub(crate) fn server(outbox: Arc<Outbox>, compression: Compression, accepted: Accepted) -> Self {
        Self::new(outbox, Side::Server, compression, accepted)
    }

    pub(crate) fn client(outbox: Arc<Outbox>, compression: Compression) -> Self {
        Self::new(outbox, Side::Client, compression, Accepted::default())
    }

    fn new(outbox: Arc<Outbox>, side: Side, compression: Compression, accepted: Accepted) -> Self {
        let place = if side == Side::Server { SendBuffer::Slot } else { SendBuffer::Tail };
        let plain = Self::plain(&outbox, compression);
        Self {
            outbox,
            place,
            side,
            plain,
            compression,
            accepted,
            headers_sent: false,
            trailers: None,
            message: PhantomData,
        }
    }

    /// Sends one message.
    ///
    /// It is encoded when the future is first polled. The future waits only while
    /// the peer cannot keep up (back-pressure). Cancel safe: a future that is dropped
    /// before it is ready has sent nothing.
    ///
    /// `Ok` means that the message is in line behind the earlier ones, no more: the
    /// peer may never take it. How the call ended tells what became of it.
    ///
    /// # Errors
    ///
    /// If the message cannot be encoded or is larger than the limit for sending.
    /// Nothing of it is sent then, and the call goes on.
    ///
    /// Once the call is over, each time: on the client with the status of the call,
    /// or with CANCELLED if the server ended it with OK; the receiver has the answer.
    /// A server's handler gets CANCELLED when its client is gone. See
    /// [`is_closed`](Self::is_closed) and [`closed`](Self::closed).
    #[inline]
    pub fn send<'a>(&'a mut self, message: &'a T) -> Sending<'a, T> {
        Sending::new(self, message, true)
    }

    /// As [`send`](Self::send), but does not compress this message, whatever
    /// was chosen for the call.
    ///
    /// For secrets in a message that also contains attacker-controlled text: the
    /// compressed length would leak them.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_uncompressed<'a>(&'a mut self, message: &'a T) -> Sending<'a, T> {
        Sending::new(self, message, false)
    }

    /// A message of which nothing has been done.
    pub(crate) fn unsent(&self) -> State {
        State::New(true)
    }

    /// The largest message that needs nothing but room: it may be sent, is not
    /// compressed, and is not sent in pieces.
    fn plain(outbox: &Outbox, compression: Compression) -> usize {
        let compressed = if compression.applies_to(PIECEWISE) { compression.from.saturating_sub(1) } else { PIECEWISE };
        compressed.min(PIECEWISE).min(outbox.limit())
    }

    /// Whether the call is over as far as this side knows, so that
    /// [`send`](Self::send) fails: ended by the server, cancelled, out of time or lost.
    ///
    /// On a server it is true once the client is known to be gone.
    pub fn is_closed(&self) -> bool {
        self.outbox.is_over()
    }

    /// Waits until the call is over, as [`is_closed`](Self::is_closed) tells; for
    /// senders with nothing to send at the moment. Cancel safe.
    ///
    /// A handler is dropped when its client goes away or its deadline passes. If it
    /// waits here it is first polled once more, so that the code behind it runs up
    /// to its next `await` that has to wait.
    ///
    /// ```no_run
    /// # use puregrpc::{Message, Sender, Status};
    /// # use tokio::sync::mpsc;
    /// # async fn example<M: Message>(sender: &mut Sender<M>, mut events: mpsc::Receiver<M>) -> Result<(), Status> {
    /// loop {
    ///     tokio::select! {
    ///         event = events.recv() => match event {
    ///             Some(event) => sender.send(&event).await?,
    ///             None => return Ok(()),
    ///         },
    ///         () = sender.closed() => return Ok(()), // however it ended, the receiver knows
    ///     }
    /// }
    /// # }
    /// ```
    pub async fn closed(&self) {
        self.outbox.over().await;
    }

    /// Sends every message of a stream, at the peer's pace. It also ends when the
    /// call does, however long the stream has nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); what the stream has not given by then stays in it.
    pub async fn send_all(&mut self, messages: impl Stream<Item = T>) -> Result<(), Status> {
        let mut messages = pin!(messages);
        while let Some(message) = self.next_of(messages.as_mut()).await? {
            self.send(&message).await?;
        }
        Ok(())
    }

    /// As [`send_all`](Self::send_all), up to the first error of the stream, which
    /// it returns: a client should then drop the sender, which cancels the call.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and those of the stream.
    pub async fn try_send_all<E: Into<Status>>(
        &mut self,
        messages: impl Stream<Item = Result<T, E>>,
    ) -> Result<(), Status> {
        let mut messages = pin!(messages);
        while let Some(message) = self.next_of(messages.as_mut()).await? {
            self.send(&message.map_err(Into::into)?).await?;
        }
        Ok(())
    }

    /// The next item, unless the call ends before.
    async fn next_of<S: Stream>(&self, mut items: Pin<&mut S>) -> Result<Option<S::Item>, Status> {
        let mut over = pin!(self.outbox.over());
        let next = poll_fn(|cx| match items.as_mut().poll_next(cx) {
            Poll::Ready(item) => Poll::Ready(Some(item)),
            Poll::Pending => over.as_mut().poll(cx).map(|()| None),
        });
        match next.await {
            Some(item) => Ok(item),
            None => self.outbox.check().map(|()| None),
        }
    }

    /// This sender as a [`Sink`](futures_sink::Sink), for `forward` and its like.
    ///
    /// It takes messages whole and holds one that has to wait. To flush it is to wait
    /// until that one is in line; to close it is to end the stream of a client.
    pub fn sink(&mut self) -> SendSink<'_, T> {
        SendSink::new(self)
    }

    /// Sends the headers of the response ahead of its first message, on the server.
    ///
    /// Without it, empty ones go with the first message, and an error before
    /// it is answered without headers of its own.
    ///
    /// # Errors
    ///
    /// INTERNAL if they have been sent, by this or with a message, and on the client.
    pub fn send_headers(&mut self, headers: Metadata) -> Result<(), Status> {
        self.check_headers_unsent()?;
        self.headers_sent = true;
        self.outbox.put_headers(headers);
        Ok(())
    }

    /// Compresses the messages of this response so, on a server, if the client
    /// can read that; [`Encoding::Identity`] sends them as they are. Small ones
    /// are sent as they are in any case, and so are those that would not become
    /// smaller. **Default:** as the server does
    /// ([`Server::send_compression`](crate::Server::send_compression)).
    ///
    /// # Errors
    ///
    /// INTERNAL if the headers have been sent, which say it: by
    /// [`send_headers`](Self::send_headers) or with a message. Also on the client, where
    /// [`Request::with_compression`](crate::Request::with_compression) does it.
    pub fn set_compression(&mut self, encoding: Encoding) -> Result<(), Status> {
        self.check_headers_unsent()?;
        let chosen = Compression { encoding, ..self.compression };
        self.compression = chosen.within(self.accepted);
        self.plain = Self::plain(&self.outbox, self.compression);
        self.outbox.put_encoding(self.compression.encoding);
        Ok(())
    }

    fn check_headers_unsent(&self) -> Result<(), Status> {
        if self.headers_sent || self.side == Side::Client {
            return Err(Status::internal("the headers have been sent already"));
        }
        Ok(())
    }

    /// The metadata that follows the last message, on the server.
    ///
    /// A client sends none: there it has no effect.
    pub fn trailers_mut(&mut self) -> &mut Metadata {
        self.trailers.get_or_insert_default()
    }

    /// Ends the stream of a client: the server sees that all has been sent.
    ///
    /// It returns at once; what is still on its way is sent nevertheless.
    /// On the server it has no effect: there the handler's return ends the stream.
    pub fn close(self) {
        self.finish_sending();
    }

    /// As [`close`](Self::close), for an owner that keeps the sender.
    pub(crate) fn finish_sending(&self) {
        self.outbox.close(Fate::Closed);
    }

    pub(crate) fn take_trailers(&mut self) -> Option<Box<Metadata>> {
        self.trailers.take()
    }
}

/// Cancels the call of a client unless the stream was closed or is over.
impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.side == Side::Client {
            self.outbox.close(Fate::Abandoned);
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("side", &self.side).finish_non_exhaustive()
    }
}

/// From this size on a message is queued in pieces instead of one buffer.
pub(crate) const PIECEWISE: usize = 2 * CHUNK;
