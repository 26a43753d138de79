//! Where the bytes of a call come from.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;
use http::HeaderMap;

use crate::call::pipe::PipeReader;
use crate::status::Status;
use crate::transport::reset;

/// The transport of what the peer sends in one call.
#[derive(Debug)]
pub(crate) enum Source {
    H2(RecvStream),
    Pipe(PipeReader),
}

impl From<RecvStream> for Source {
    #[inline]
    fn from(stream: RecvStream) -> Self {
        Self::H2(stream)
    }
}

impl Source {
    /// The next bytes; `None` at their end.
    #[inline]
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        match self {
            Self::H2(stream) => match ready!(stream.poll_data(cx)) {
                Some(Ok(chunk)) => Poll::Ready(Some(Ok(chunk))),
                Some(Err(error)) => Poll::Ready(Some(Err(reset::status(&error)))),
                None => Poll::Ready(None),
            },
            Self::Pipe(pipe) => pipe.poll_data(cx),
        }
    }

    /// Whether the peer has sent all, and all of it was taken.
    #[inline]
    pub(crate) fn is_end_stream(&self) -> bool {
        match self {
            Self::H2(stream) => stream.is_end_stream(),
            Self::Pipe(pipe) => pipe.is_end_stream(),
        }
    }

    /// Opens the window for so many bytes that were taken.
    #[inline]
    pub(crate) fn release(&mut self, count: usize) {
        match self {
            // An error means that the stream is gone, and its window with it.
            Self::H2(stream) => drop(stream.flow_control().release_capacity(count)),
            Self::Pipe(pipe) => pipe.release(count),
        }
    }

    /// The trailers, once the end is reached. Those of a request mean nothing, so that
    /// only h2 has any, for its clients.
    pub(crate) fn poll_trailers(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<HeaderMap>, Status>> {
        match self {
            Self::H2(stream) => stream.poll_trailers(cx).map_err(|error| reset::status(&error)),
            Self::Pipe(_) => Poll::Ready(Ok(None)),
        }
    }

    /// The number of the stream; 0, which no stream has, outside of HTTP/2.
    pub(crate) fn stream_id(&self) -> u32 {
        match self {
            Self::H2(stream) => stream.stream_id().as_u32(),
            Self::Pipe(_) => 0,
        }
    }
}
