//! A sender as a sink.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_sink::Sink;

use crate::call::sender::Sender;
use crate::call::sending::State;
use crate::codec::Message;
use crate::status::Status;

/// A [`Sender`] as a [`Sink`]; see [`Sender::sink`].
///
/// A message that waits for room when this is dropped is not sent: flush it before.
pub struct SendSink<'a, T> {
    sender: &'a mut Sender<T>,
    /// A message that was taken, and how far it has come.
    item: Option<(T, State)>,
}

impl<'a, T: Message> SendSink<'a, T> {
    pub(crate) fn new(sender: &'a mut Sender<T>) -> Self {
        Self { sender, item: None }
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let Some((message, state)) = &mut self.item else {
            return Poll::Ready(Ok(()));
        };
        let sent = ready!(self.sender.poll_send(message, state, cx));
        self.item = None;
        Poll::Ready(sent)
    }
}

/// Nothing of it is pinned.
impl<T> Unpin for SendSink<'_, T> {}

impl<T: Message> Sink<T> for SendSink<'_, T> {
    type Error = Status;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.poll_item(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: T) -> Result<(), Status> {
        let state = self.sender.unsent();
        self.item = Some((message, state));
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.poll_item(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        ready!(self.poll_item(cx))?;
        self.sender.finish_sending();
        Poll::Ready(Ok(()))
    }
}

impl<T> fmt::Debug for SendSink<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendSink").field("holds_message", &self.item.is_some()).finish_non_exhaustive()
    }
}
