//! The bytes that the peer sends in one call, with the window they occupy.

use std::task::{Context, Poll};

use bytes::Bytes;
use h2::RecvStream;

use crate::status::Status;
use crate::transport::reset;

#[derive(Debug)]
pub(crate) struct Body {
    stream: RecvStream,
    /// Bytes that were taken but whose window the peer has not got back yet.
    unreleased: usize,
    /// The most of them that may stay so once the peer has sent all.
    kept: usize,
    ended: bool,
}

impl Body {
    /// `ended` if the peer is known to have sent all. To ask costs a lock, and
    /// the first look at the bytes tells as well.
    ///
    /// Up to `kept` bytes of the connection's window stay closed for as long as
    /// the call goes on: to open it for the last few costs a lock too.
    pub(crate) fn new(stream: RecvStream, ended: bool, kept: usize) -> Self {
        Self { stream, unreleased: 0, kept, ended }
    }

    /// The bytes of one DATA frame; `None` once the peer has sent all.
    ///
    /// Their window stays closed until [`release`](Self::release).
    #[inline]
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        if self.ended {
            return Poll::Ready(Ok(None));
        }
        let chunk = match self.stream.poll_data(cx) {
            Poll::Ready(Some(Ok(chunk))) => chunk,
            Poll::Ready(Some(Err(error))) => {
                self.ended = true;
                return Poll::Ready(Err(reset::status(&error)));
            }
            Poll::Ready(None) => {
                self.ended = true;
                self.release(0);
                return Poll::Ready(Ok(None));
            }
            Poll::Pending => {
                self.give_window_back();
                return Poll::Pending;
            }
        };
        // Asking again only to hear of the end costs a lock.
        self.ended = self.stream.is_end_stream();
        Poll::Ready(Ok(Some(chunk)))
    }

    /// Opens the window for bytes that were taken: now if they are many, else
    /// when the reader has to wait. Each small frame for itself would cost a
    /// lock, and to hold back more could stall the whole connection.
    #[inline]
    pub(crate) fn release(&mut self, count: usize) {
        self.unreleased += count;
        if self.unreleased >= HELD_BACK || self.ended && self.unreleased > self.kept {
            self.give_window_back();
        }
    }

    /// Whether the peer has sent all.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The trailers, once the end is reached.
    pub(crate) fn poll_trailers(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<http::HeaderMap>, h2::Error>> {
        self.stream.poll_trailers(cx)
    }

    fn give_window_back(&mut self) {
        if self.unreleased > 0 {
            // An error means that the stream is gone, and its window with it.
            let _ = self.stream.flow_control().release_capacity(self.unreleased);
        }
        self.unreleased = 0;
    }
}

/// What is held back at most.
pub(crate) const HELD_BACK: usize = 32 * 1024;
