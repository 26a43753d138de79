//! One call in memory, without HTTP/2.
//!
//! A pipe carries what a stream of h2 carries: the bytes of a request, the headers, bytes
//! and trailers of its answer, and a reset from either end. Each direction holds at most
//! [`WINDOW`] bytes. One end is the call's ([`Source`] and [`Respond`]). The other one, a
//! [`PipePeer`], belongs to whatever has the request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;

use crate::call::sink::{Abort, Gone, Respond};
use crate::call::source::Source;
use crate::status::Status;

/// A pipe for one call.
pub(crate) fn pipe() -> (Source, Respond, PipePeer) {
    let shared = Arc::new(Shared::default());
    let source = Source::Pipe(PipeReader(Arc::clone(&shared)));
    (source, Respond::Pipe(PipeWriter(Some(Arc::clone(&shared)))), PipePeer(shared))
}

/// How many bytes a pipe holds in each direction.
pub(crate) const WINDOW: usize = 64 * 1024;

#[derive(Debug, Default)]
struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    request: VecDeque<Bytes>,
    /// Bytes of the request that were written, and whose window is not open again.
    unreleased: usize,
    request_ended: bool,
    /// Whether the call reads no more.
    unread: bool,
    answer: VecDeque<Part>,
    /// Bytes of the answer that its peer has not taken.
    untaken: usize,
    /// Whether nothing can be added to the answer.
    answered: bool,
    /// How the peer has given the call up.
    reset: Option<Status>,
    /// The call, for more of the request.
    reader: Option<Waker>,
    /// The call, for room or a reset.
    writer: Option<Waker>,
    peer: Option<Waker>,
}

/// A part of an answer, as its peer takes it.
#[derive(Debug)]
pub(crate) enum Part {
    Headers(http::Response<()>),
    Data(Bytes),
    Trailers(HeaderMap),
    /// The call was aborted, and there is no more.
    Reset(Abort),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Remembers the task to wake.
fn wait(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

/// Wakes a task once the lock is free.
fn wake(mut state: MutexGuard<'_, State>, waker: impl FnOnce(&mut State) -> &mut Option<Waker>) {
    let waker = waker(&mut state).take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// The call's end of the request.
#[derive(Debug)]
pub(crate) struct PipeReader(Arc<Shared>);

impl PipeReader {
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        let mut state = self.0.lock();
        if let Some(chunk) = state.request.pop_front() {
            return Poll::Ready(Some(Ok(chunk)));
        }
        if let Some(status) = &state.reset {
            return Poll::Ready(Some(Err(status.clone())));
        }
        if state.request_ended {
            return Poll::Ready(None);
        }
        wait(&mut state.reader, cx);
        Poll::Pending
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        let state = self.0.lock();
        state.request_ended && state.request.is_empty()
    }

    pub(crate) fn release(&mut self, count: usize) {
        let mut state = self.0.lock();
        state.unreleased = state.unreleased.saturating_sub(count);
        wake(state, |state| &mut state.peer);
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.unread = true;
        state.request.clear();
        wake(state, |state| &mut state.peer);
    }
}

/// The call's end of the answer; nothing once it was opened, and so moved to the sink.
///
/// Dropping it before the answer is complete aborts the call.
#[derive(Debug)]
pub(crate) struct PipeWriter(Option<Arc<Shared>>);

impl PipeWriter {
    pub(crate) fn open(&mut self, response: http::Response<()>) -> Result<Self, Gone> {
        self.put(Part::Headers(response), false)?;
        Ok(Self(self.0.take()))
    }

    pub(crate) fn send_whole(&mut self, response: http::Response<()>) {
        let _ = self.put(Part::Headers(response), true);
    }

    pub(crate) fn send_data(&mut self, data: Bytes, end: bool) -> Result<(), Gone> {
        self.put(Part::Data(data), end)
    }

    pub(crate) fn send_trailers(&mut self, trailers: HeaderMap) {
        let _ = self.put(Part::Trailers(trailers), true);
    }

    pub(crate) fn send_reset(&mut self, abort: Abort) {
        if let Some(mut state) = self.live() {
            state.answer.clear();
            state.answer.push_back(Part::Reset(abort));
            state.answered = true;
            wake(state, |state| &mut state.peer);
        }
    }

    /// How many bytes there is room for.
    pub(crate) fn room(&self) -> usize {
        self.live().map_or(0, |state| state.room())
    }

    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Gone>> {
        let Some(mut state) = self.live() else {
            return Poll::Ready(Err(Gone));
        };
        match state.room() {
            0 => {
                wait(&mut state.writer, cx);
                Poll::Pending
            }
            room => Poll::Ready(Ok(room)),
        }
    }

    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut state) = self.live() else {
            return Poll::Ready(());
        };
        wait(&mut state.writer, cx);
        Poll::Pending
    }

    fn put(&mut self, part: Part, end: bool) -> Result<(), Gone> {
        let mut state = self.live().ok_or(Gone)?;
        if let Part::Data(data) = &part {
            state.untaken += data.len();
        }
        state.answer.push_back(part);
        state.answered = end;
        wake(state, |state| &mut state.peer);
        Ok(())
    }

    /// The state while both ends want the answer.
    fn live(&self) -> Option<MutexGuard<'_, State>> {
        let state = self.0.as_ref()?.lock();
        (!state.answered && state.reset.is_none()).then_some(state)
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.send_reset(Abort::Cancelled);
    }
}

impl State {
    fn room(&self) -> usize {
        WINDOW.saturating_sub(self.untaken)
    }
}

/// The end of the one who calls. Dropping it gives the call up.
#[derive(Debug)]
pub(crate) struct PipePeer(Arc<Shared>);

impl PipePeer {
    /// Ready when more of the request may be [written](Self::write), or when nobody reads it.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.unread || state.unreleased < WINDOW {
            return Poll::Ready(());
        }
        wait(&mut state.peer, cx);
        Poll::Pending
    }

    /// Adds bytes to the request, which end it with `end`. If nobody reads them they are
    /// dropped.
    pub(crate) fn write(&mut self, chunk: Bytes, end: bool) {
        let mut state = self.0.lock();
        if !state.unread && !chunk.is_empty() {
            state.unreleased += chunk.len();
            state.request.push_back(chunk);
        }
        state.request_ended |= end;
        wake(state, |state| &mut state.reader);
    }

    /// Gives the call up: its handler is dropped, and a receiver in it gets this status.
    pub(crate) fn reset(&mut self, status: Status) {
        let mut state = self.0.lock();
        if state.answered || state.reset.is_some() {
            return;
        }
        state.reset = Some(status);
        state.request.clear();
        state.answer.clear();
        let reader = state.reader.take();
        wake(state, |state| &mut state.writer);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// The next part of the answer; `None` at its end.
    pub(crate) fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Part>> {
        let mut state = self.0.lock();
        let Some(part) = state.answer.pop_front() else {
            if state.answered || state.reset.is_some() {
                return Poll::Ready(None);
            }
            wait(&mut state.peer, cx);
            return Poll::Pending;
        };
        if let Part::Data(data) = &part {
            state.untaken -= data.len();
            wake(state, |state| &mut state.writer);
        }
        Poll::Ready(Some(part))
    }
}

impl Drop for PipePeer {
    fn drop(&mut self) {
        self.reset(Status::cancelled("the caller has given the call up"));
    }
}
