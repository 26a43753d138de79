//! Where the bytes of a call go.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::HeaderMap;

use crate::call::pipe::PipeWriter;

/// The stream is gone: there is nobody left to send to.
#[derive(Debug)]
pub(crate) struct Gone;

impl From<h2::Error> for Gone {
    fn from(_: h2::Error) -> Self {
        Self
    }
}

/// Why this side aborts a call. The peer gets no status then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abort {
    /// The call was given up.
    Cancelled,
    /// Nothing of the call was begun, so that it can be made again.
    Unprocessed,
    /// The peer does not take the answer.
    Stalled,
}

impl Abort {
    fn reason(self) -> Reason {
        match self {
            Self::Cancelled => Reason::CANCEL,
            Self::Unprocessed => Reason::REFUSED_STREAM,
            Self::Stalled => Reason::ENHANCE_YOUR_CALM,
        }
    }
}

/// Takes payloads as far as there is room for them.
pub(crate) trait DataSink {
    /// Asks for room for `len` bytes; returns how much of it there is by now.
    fn reserve(&mut self, len: usize) -> usize;

    /// Ready when there is more room than there was.
    fn poll_capacity(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Gone>>;

    /// Sends a payload; with `end` it is the last of the stream.
    fn send_data(&mut self, data: Bytes, end: bool) -> Result<(), Gone>;
}

impl DataSink for SendStream<Bytes> {
    #[inline]
    fn reserve(&mut self, len: usize) -> usize {
        self.reserve_capacity(len);
        self.capacity()
    }

    #[inline]
    fn poll_capacity(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Gone>> {
        match ready!(Self::poll_capacity(self, cx)) {
            Some(room) => Poll::Ready(room.map_err(Gone::from)),
            None => Poll::Ready(Err(Gone)),
        }
    }

    #[inline]
    fn send_data(&mut self, data: Bytes, end: bool) -> Result<(), Gone> {
        Ok(Self::send_data(self, data, end)?)
    }
}

/// The transport of an answer whose headers were not sent.
#[derive(Debug)]
pub(crate) enum Respond {
    H2(SendResponse<Bytes>),
    Pipe(PipeWriter),
}

impl Respond {
    /// Sends the headers; the rest goes into the sink.
    #[inline]
    pub(crate) fn send_response(&mut self, response: http::Response<()>) -> Result<Sink, Gone> {
        match self {
            Self::H2(respond) => Ok(Sink::H2(respond.send_response(response, false)?)),
            Self::Pipe(pipe) => pipe.open(response).map(Sink::Pipe),
        }
    }

    /// Sends an answer without any body. If the stream is gone, nobody misses it.
    pub(crate) fn send_whole(&mut self, response: http::Response<()>) {
        match self {
            Self::H2(respond) => drop(respond.send_response(response, true)),
            Self::Pipe(pipe) => pipe.send_whole(response),
        }
    }

    /// Ready when the peer has given the call up or is gone.
    #[inline]
    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::H2(respond) => respond.poll_reset(cx).map(drop),
            Self::Pipe(pipe) => pipe.poll_reset(cx),
        }
    }

    pub(crate) fn send_reset(&mut self, abort: Abort) {
        match self {
            Self::H2(respond) => respond.send_reset(abort.reason()),
            Self::Pipe(pipe) => pipe.send_reset(abort),
        }
    }
}

/// The transport of an answer whose headers were sent.
///
/// It wakes one task: the one that polled last, by `poll_capacity` or `poll_reset`.
#[derive(Debug)]
pub(crate) enum Sink {
    H2(SendStream<Bytes>),
    Pipe(PipeWriter),
}

impl Sink {
    /// Ends the stream with trailers. If it is gone, nobody misses them.
    #[inline]
    pub(crate) fn send_trailers(&mut self, trailers: HeaderMap) {
        match self {
            Self::H2(stream) => drop(stream.send_trailers(trailers)),
            Self::Pipe(pipe) => pipe.send_trailers(trailers),
        }
    }

    /// Ready when the peer has given the call up or is gone.
    #[inline]
    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::H2(stream) => stream.poll_reset(cx).map(drop),
            Self::Pipe(pipe) => pipe.poll_reset(cx),
        }
    }

    pub(crate) fn send_reset(&mut self, abort: Abort) {
        match self {
            Self::H2(stream) => stream.send_reset(abort.reason()),
            Self::Pipe(pipe) => pipe.send_reset(abort),
        }
    }
}

impl DataSink for Sink {
    #[inline]
    fn reserve(&mut self, len: usize) -> usize {
        match self {
            Self::H2(stream) => stream.reserve(len),
            Self::Pipe(pipe) => pipe.room(),
        }
    }

    #[inline]
    fn poll_capacity(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Gone>> {
        match self {
            Self::H2(stream) => DataSink::poll_capacity(stream, cx),
            Self::Pipe(pipe) => pipe.poll_room(cx),
        }
    }

    #[inline]
    fn send_data(&mut self, data: Bytes, end: bool) -> Result<(), Gone> {
        match self {
            Self::H2(stream) => DataSink::send_data(stream, data, end),
            Self::Pipe(pipe) => pipe.send_data(data, end),
        }
    }
}
