//! Calls that this side ends.

use std::task::{Context, Poll, Waker};

use bytes::BytesMut;

use crate::call::download::{Download, State};
use crate::status::Status;

impl Download {
    /// Gives the call up with this status, unless it is over.
    pub(crate) fn cancel(&mut self, status: Status) {
        if !self.is_over() {
            if let Some(outbox) = self.outbox.take() {
                outbox.cut(status.clone());
            }
            self.gathered = BytesMut::new();
            self.holdings.let_go();
            self.given_up = true;
            self.end(Err(status));
        }
    }

    /// Gives the call up with this status, unless it is over, and keeps what has
    /// come. Gives the task of a receiver that waits. No runtime is needed.
    pub(crate) fn abandon(&mut self, status: Status) -> Option<Waker> {
        self.take_received();
        if self.is_over() {
            return self.waker.take();
        }
        if let Some(outbox) = self.outbox.take() {
            outbox.cut(status.clone());
        }
        self.given_up = true;
        self.end(Err(status));
        self.waker.take()
    }

    /// As [`gather`](Self::gather), without waiting for what comes next.
    fn take_received(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        // Whether they have come shows in the state.
        let _ = self.poll_response(&mut cx);
        while let State::Messages(body) = &mut self.state {
            match body.poll_chunk(&mut cx) {
                Poll::Ready(Ok(Some(chunk))) => {
                    self.gathered.extend_from_slice(&chunk);
                    self.keep_gathered();
                }
                Poll::Ready(Ok(None)) => match body.poll_trailers(&mut cx) {
                    Poll::Ready(trailers) => self.finish(trailers),
                    Poll::Pending => return,
                },
                Poll::Ready(Err(status)) => self.fail(status),
                Poll::Pending => return,
            }
        }
    }
}
