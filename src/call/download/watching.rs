//! What comes while nobody receives.

use std::task::{Context, Poll};

use crate::call::download::Download;
use crate::call::shared_waker::{SharedWaker, Waiting};

impl Download {
    /// For the sending half: looks whether the call is over, unless the receiver
    /// waits and so hears of it itself. If the sender has just begun to wait
    /// (`insist`), it looks nevertheless: the receiver may have been dropped.
    ///
    /// The messages that come before the end are kept; how many those can be is
    /// bounded by the window, which opens only as they are taken.
    #[inline]
    pub(crate) fn watch(&mut self, insist: bool, cx: &mut Context<'_>) {
        if insist || self.receiver != Waiting::Receiver {
            self.look(cx);
        }
    }

    #[inline(never)]
    fn look(&mut self, cx: &mut Context<'_>) {
        match (self.receiver, &self.waker) {
            (Waiting::Nobody, _) | (_, None) => self.gather(cx),
            (_, Some(receiver)) => {
                let both = SharedWaker::of(receiver, cx.waker());
                self.receiver = Waiting::Both;
                self.gather(&mut Context::from_waker(&both));
            }
        }
    }

    /// Receives what is there, and keeps it: for the sending half, once the
    /// stream is gone (a receiver may have been waiting and do so no longer),
    /// and for a connection's task, to see whether the end has come as well.
    pub(crate) fn gather(&mut self, cx: &mut Context<'_>) {
        while !self.is_over() {
            match self.poll_received(cx) {
                Poll::Ready(Ok(Some(chunk))) => {
                    self.gathered.extend_from_slice(&chunk);
                    self.keep_gathered();
                }
                Poll::Ready(_) | Poll::Pending => return,
            }
        }
    }

    /// Counts what the gathered messages take beyond their own bytes. These lie unread
    /// as much as those in `h2`, and the window of the connection counts both.
    pub(super) fn keep_gathered(&mut self) {
        let beyond = self.gathered.capacity() - self.gathered.len();
        self.holdings.keep(beyond, self.permit.as_ref());
    }
}
