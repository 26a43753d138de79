//! A call's messages on their way to the server.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};

use crate::call::deadline::{self, Timer};
use crate::call::outbox::{Fate, Outbox};
use crate::call::reply::WeakDownload;
use crate::call::send_queue::SendQueue;
use crate::status::Status;

/// Moves what a `Sender` writes into h2, at the pace of the server's window.
///
/// It is a task of its own: messages go on their way while their sender does
/// something else, and after it was closed and dropped. It ends when all is
/// sent or when the call is over, whoever ends it.
#[derive(Debug)]
pub(crate) struct Upload {
    stream: SendStream<Bytes>,
    send_queue: SendQueue,
    outbox: Arc<Outbox>,
    download: WeakDownload,
    /// For a sender that waits for window: the receiver's own timer rings for
    /// the receiver, and it may have stopped to listen.
    timer: Timer,
    /// Whether the sender has begun to wait since the download was last looked at.
    insists: bool,
    /// Whether all is sent or the stream is reset.
    done: bool,
}

/// What is to be done after the sender's messages were taken.
enum Next {
    /// Send them; with `true` they are the last ones.
    Flush(bool),
    /// Wait for more.
    Wait,
    Reset(Reason),
    Abandon,
}

impl Upload {
    /// `send_queue` goes before what comes through the outbox.
    pub(crate) fn new(
        stream: SendStream<Bytes>,
        send_queue: SendQueue,
        outbox: Arc<Outbox>,
        download: WeakDownload,
        timer: Timer,
    ) -> Self {
        Self { stream, send_queue, outbox, download, timer, insists: false, done: false }
    }

    /// Takes what was written, or sees to it that the task is woken: both under
    /// one lock, so that nothing is written in between.
    fn next(&mut self, cx: &mut Context<'_>) -> Next {
        let mut shared = self.outbox.lock();
        match &shared.fate {
            Fate::Over(_) => return Next::Reset(Reason::NO_ERROR),
            Fate::Cut(_) => return Next::Reset(Reason::CANCEL),
            Fate::Abandoned => return Next::Abandon,
            Fate::Open | Fate::Closed => {}
        }
        let closed = matches!(shared.fate, Fate::Closed);
        // While the window is closed, what the sender may add stays behind it.
        if closed || self.send_queue.is_empty() {
            shared.take(&mut self.send_queue);
        }
        shared.register_driver(cx);
        self.insists |= shared.take_watching();
        if closed || !self.send_queue.is_empty() { Next::Flush(closed) } else { Next::Wait }
    }

    /// Ready with `true` once the last message has been handed over, with
    /// `false` when more may come.
    fn flush(&mut self, last: bool, cx: &mut Context<'_>) -> Poll<bool> {
        // An empty frame ends the stream only if nothing else is left to do it.
        let empty = self.send_queue.is_empty();
        match self.send_queue.poll_flush(&mut self.stream, last, None, cx) {
            Poll::Ready(Ok(())) if last => {
                if empty {
                    // An error means that the stream is gone.
                    let _ = self.stream.send_data(Bytes::new(), true);
                }
                Poll::Ready(true)
            }
            Poll::Ready(Ok(())) => {
                self.outbox.unblock(cx);
                Poll::Ready(false)
            }
            // The stream is gone: the download finds out why, and ends this task.
            Poll::Ready(Err(_)) => {
                self.send_queue.clear();
                if let Some(download) = self.download.upgrade() {
                    download.lock().gather(cx);
                }
                Poll::Pending
            }
            Poll::Pending => {
                self.outbox.block();
                Poll::Pending
            }
        }
    }

    fn reset(&mut self, reason: Reason) {
        self.done = true;
        self.stream.send_reset(reason);
    }

    /// What was sent so far must not look complete.
    fn abandon(&mut self, status: Status) {
        match self.download.upgrade() {
            Some(download) => download.lock().cancel(status),
            None => self.outbox.cut(status),
        }
        self.reset(Reason::CANCEL);
    }

    /// Looks whether the call is over, while nobody receives.
    fn watch(&mut self, cx: &mut Context<'_>) {
        let insists = std::mem::take(&mut self.insists);
        if let Some(download) = self.download.upgrade() {
            download.lock().watch(insists, cx);
        }
    }
}

impl Future for Upload {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.next(cx) {
                Next::Flush(last) => match self.flush(last, cx) {
                    Poll::Ready(true) => {
                        self.done = true;
                        return Poll::Ready(());
                    }
                    Poll::Ready(false) => continue,
                    Poll::Pending if self.timer.poll(cx).is_ready() => {
                        self.abandon(deadline::exceeded());
                        return Poll::Ready(());
                    }
                    Poll::Pending => {}
                },
                Next::Wait => {
                    // A sender may have come to wait after its messages were taken.
                    if self.outbox.is_busy() {
                        self.outbox.unblock(cx);
                    }
                }
                Next::Reset(reason) => {
                    self.reset(reason);
                    return Poll::Ready(());
                }
                Next::Abandon => {
                    self.abandon(Status::cancelled("the sender was dropped before it was closed"));
                    return Poll::Ready(());
                }
            }
            self.watch(cx);
            return Poll::Pending;
        }
    }
}

/// A runtime that shuts down drops its tasks: nobody may wait for this one then.
impl Drop for Upload {
    fn drop(&mut self) {
        if !self.done {
            self.abandon(Status::cancelled("the runtime of the call was shut down"));
        }
    }
}
