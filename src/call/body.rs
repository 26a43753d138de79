//! The bytes that the peer sends in one call, with the window they occupy.

use std::task::{Context, Poll};

use bytes::Bytes;
use h2::RecvStream;

use crate::call::source::Source;
use crate::status::Status;

#[derive(Debug)]
pub(crate) struct Body {
    source: Source,
    /// Bytes that were taken but whose window the peer has not got back yet.
    unreleased: usize,
    /// The most of them that may stay so once the peer has sent all.
    kept: usize,
    /// Whether the last of the bytes are the end of it all.
    ends_with_data: bool,
    ended: bool,
}

impl Body {
    /// What a client sends. Whether that is nothing is not asked, since it costs
    /// a lock, and the first look at the bytes tells as well.
    ///
    /// Up to `kept` bytes of the connection's window stay closed for as long as
    /// the call goes on: to open it for the last few costs a lock too.
    pub(crate) fn of_request(source: Source, kept: usize) -> Self {
        Self { source, unreleased: 0, kept, ends_with_data: true, ended: false }
    }

    /// What a server sends: nothing, if it has `ended`; else trailers come
    /// behind it, and the end of the bytes is that of the call.
    pub(crate) fn of_response(stream: RecvStream, ended: bool) -> Self {
        Self { source: Source::H2(stream), unreleased: 0, kept: HELD_BACK, ends_with_data: false, ended }
    }

    /// The bytes of one DATA frame; `None` once the peer has sent all.
    ///
    /// Their window stays closed until [`release`](Self::release).
    #[inline]
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        if self.ended {
            return Poll::Ready(Ok(None));
        }
        let chunk = match self.source.poll_data(cx) {
            Poll::Ready(Some(Ok(chunk))) => chunk,
            Poll::Ready(Some(Err(status))) => {
                self.ended = true;
                return Poll::Ready(Err(status));
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
        // To ask costs a lock, and so does the next look, which else tells.
        self.ended = self.ends_with_data && self.source.is_end_stream();
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

    /// The number of the stream.
    pub(crate) fn stream_id(&self) -> u32 {
        self.source.stream_id()
    }

    /// Whether the peer has sent all.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The trailers, once the end is reached.
    pub(crate) fn poll_trailers(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<http::HeaderMap>, Status>> {
        self.source.poll_trailers(cx)
    }

    fn give_window_back(&mut self) {
        if self.unreleased > 0 {
            self.source.release(self.unreleased);
        }
        self.unreleased = 0;
    }
}

/// What is held back at most.
const HELD_BACK: usize = 32 * 1024;
