//! The sending half of a call.

use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::call::outbox::{Fate, Outbox, Place, Room};
use crate::codec::{Append, CHUNK, Message, Packed};
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
/// Messages are encoded at once and collected: they leave when 16 KiB have come
/// together or when the task that sends them waits for anything. To wait in
/// [`send`](Self::send) is to go at the peer's pace.
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
    outbox: Arc<Outbox>,
    place: Place,
    side: Side,
    /// Messages of up to so many bytes go the short way.
    plain: usize,
    compression: Compression,
    /// What the client of a server can read.
    accepted: Accepted,
    headers_sent: bool,
    trailers: Option<Box<Metadata>>,
    message: PhantomData<fn(T)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

impl<T: Message> Sender<T> {
    pub(crate) fn server(outbox: Arc<Outbox>, compression: Compression, accepted: Accepted) -> Self {
        Self::new(outbox, Side::Server, compression, accepted)
    }

    pub(crate) fn client(outbox: Arc<Outbox>, compression: Compression) -> Self {
        Self::new(outbox, Side::Client, compression, Accepted::default())
    }

    fn new(outbox: Arc<Outbox>, side: Side, compression: Compression, accepted: Accepted) -> Self {
        let place = if side == Side::Server { Place::Slot } else { Place::Tail };
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
    /// It is encoded at once, from the borrow, and the future waits only while
    /// the peer has to take what came before. Dropping the future is safe: a
    /// message is sent whole or, if there was no room for it yet, not at all.
    ///
    /// # Errors
    ///
    /// If the message cannot be encoded or is larger than the limit for sending.
    /// On the client also the status of a call that the peer has ended with an
    /// error; after one that ended with OK, messages are quietly discarded and
    /// the receiver has the result.
    #[inline]
    pub fn send<'a>(&'a mut self, message: &'a T) -> Sending<'a, T> {
        self.send_as(message, self.compression)
    }

    /// As [`send`](Self::send), but does not compress this message, whatever
    /// was chosen for the call.
    ///
    /// For what must not be compressed together with text that somebody else
    /// has a say in, since its length would then tell what it is.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_uncompressed<'a>(&'a mut self, message: &'a T) -> Sending<'a, T> {
        self.send_as(message, Compression::NONE)
    }

    #[inline]
    fn send_as<'a>(&'a mut self, message: &'a T, compression: Compression) -> Sending<'a, T> {
        let len = message.encoded_len();
        self.headers_sent = true;
        // Small messages of a handler have one bound that stands for all others.
        let state = if len <= self.plain && self.place == Place::Slot && !self.outbox.is_busy() {
            match self.outbox.put_in_slot(message, len) {
                Some(Ok(Room::Taken)) => State::Done,
                Some(Err(status)) => State::Failed(status),
                Some(Ok(Room::None)) | None => State::First,
            }
        } else {
            self.begin(len, compression)
        };
        Sending { sender: self, message, state }
    }

    /// Where a message begins that is not put into the slot at once.
    #[inline(never)]
    fn begin(&self, len: usize, compression: Compression) -> State {
        match self.outbox.check_len(len) {
            Err(status) => State::Failed(status),
            Ok(()) if compression.applies_to(len) => State::Plain(compression.encoding),
            Ok(()) => State::First,
        }
    }

    /// The largest message that needs nothing but room: it may be sent, is not
    /// compressed, and is not sent in pieces.
    fn plain(outbox: &Outbox, compression: Compression) -> usize {
        let compressed = if compression.applies_to(LARGE) { compression.from.saturating_sub(1) } else { LARGE };
        compressed.min(LARGE).min(outbox.limit())
    }

    /// Sends every message of a stream, at the peer's pace.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); what the stream has not given by then stays in it.
    pub async fn send_all(&mut self, messages: impl Stream<Item = T>) -> Result<(), Status> {
        let mut messages = pin!(messages);
        while let Some(message) = poll_fn(|cx| messages.as_mut().poll_next(cx)).await {
            self.send(&message).await?;
        }
        Ok(())
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

    pub(crate) fn take_trailers(&mut self) -> Metadata {
        self.trailers.take().map_or_else(Metadata::new, |trailers| *trailers)
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

/// The future of [`Sender::send`].
#[must_use = "a message may be waiting for room: nothing is sent before this is awaited"]
pub struct Sending<'a, T> {
    sender: &'a mut Sender<T>,
    message: &'a T,
    state: State,
}

/// How far one message has come. A small one of a handler is done at once, and must
/// cost nothing when it goes out of scope: what it may hold stands in the states.
enum State {
    /// The message is in the buffer.
    Done,
    /// Is to be compressed.
    Plain(Encoding),
    /// Nothing has been done.
    First,
    /// Waits for room, with what it was compressed to.
    Waiting(Option<Box<Packed>>),
    /// A large message is queued; waits until it is on its way.
    Flushing,
    Failed(Status),
}

impl<T: Message> Future for Sending<'_, T> {
    type Output = Result<(), Status>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Done = self.state { Poll::Ready(Ok(())) } else { self.poll_slow(cx) }
    }
}

impl<T: Message> Sending<'_, T> {
    #[cold]
    fn poll_slow(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let outbox = &self.sender.outbox;
        let (packed, waited) = match std::mem::replace(&mut self.state, State::Done) {
            State::Done => return Poll::Ready(Ok(())),
            State::Failed(status) => return Poll::Ready(Err(status)),
            State::Flushing => {
                if outbox.park(cx, true)? {
                    self.state = State::Flushing;
                    return Poll::Pending;
                }
                return Poll::Ready(Ok(()));
            }
            State::Plain(encoding) => {
                let packed = Packed::new(self.message, self.message.cached_len(), encoding)?;
                (Some(Box::new(packed)), false)
            }
            State::First => (None, false),
            State::Waiting(packed) => (packed, true),
        };
        if waited && outbox.park(cx, true)? {
            self.state = State::Waiting(packed);
            return Poll::Pending;
        }
        let step = match &packed {
            Some(ready) => self.sender.put(&**ready, ready.len(), cx)?,
            None => self.sender.put(self.message, self.message.cached_len(), cx)?,
        };
        self.state = match step {
            Step::Done => return Poll::Ready(Ok(())),
            Step::Wait => State::Waiting(packed),
            Step::Flush => State::Flushing,
        };
        Poll::Pending
    }
}

/// What is to be done next for a message.
enum Step {
    /// Nothing: it was taken.
    Done,
    /// To wait for room, then to try again.
    Wait,
    /// To wait until it is on its way.
    Flush,
}

impl<T> Sender<T> {
    /// Puts a message where the driver finds it, if there is room. It is woken
    /// when what is to be waited for has come.
    fn put(&mut self, message: &impl Append, len: usize, cx: &Context<'_>) -> Result<Step, Status> {
        if len > LARGE {
            if self.outbox.park(cx, true)? {
                return Ok(Step::Wait);
            }
            self.outbox.put_large(self.place, message, len)?;
            return Ok(if self.outbox.park(cx, false)? { Step::Flush } else { Step::Done });
        }
        match self.outbox.put(&mut self.place, message, len)? {
            Room::Taken => Ok(Step::Done),
            // It waits although nobody is blocked yet: the driver sends only then.
            Room::None => Ok(if self.outbox.park(cx, false)? { Step::Wait } else { Step::Done }),
        }
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

/// From this size on a message is queued in pieces instead of one buffer.
const LARGE: usize = 2 * CHUNK;
