//! Payloads on their way to the transport, at the pace of the peer's window.

use std::collections::VecDeque;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::call::sink::{DataSink, Gone};
use crate::transport::Gauge;

/// DATA payloads in order, none of them empty.
#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    /// Empty if there is none.
    first: Bytes,
    /// How much was handed over since the window was last looked at, and not counted.
    unasked: usize,
    /// Most streams never have more than one, and an idle one holds no room for more.
    rest: Option<Box<Rest>>,
}

#[derive(Debug, Default)]
struct Rest {
    payloads: VecDeque<Bytes>,
    /// Whether it was the gauge that ended the last flush.
    held: bool,
}

impl SendQueue {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.payloads.iter().map(Bytes::len).sum());
        self.first.len() + rest
    }

    /// Whether the last flush was held back by the gauge: who waits has to take a
    /// ticket, even if there is room by now.
    pub(crate) fn is_held(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.held)
    }

    #[inline]
    pub(crate) fn push(&mut self, payload: Bytes) {
        if self.first.is_empty() {
            self.first = payload;
        } else if !payload.is_empty() {
            self.rest.get_or_insert_default().payloads.push_back(payload);
        }
    }

    pub(crate) fn extend(&mut self, payloads: impl IntoIterator<Item = Bytes>) {
        for payload in payloads {
            self.push(payload);
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Hands to h2 what the window takes; ready when all is handed over. With
    /// `end`, the last payload also ends the stream.
    ///
    /// But for [`UNASKED`] bytes, never more is handed over than capacity was given
    /// for: h2 would buffer it without bound. Only what is at hand is asked for:
    /// capacity that one stream holds without need is missing to all others.
    ///
    /// While `gauge` is full nothing more is handed over, and nobody is woken by
    /// this: see [`is_held`](Self::is_held).
    pub(crate) fn poll_flush(
        &mut self,
        sink: &mut impl DataSink,
        end: bool,
        gauge: Option<&Gauge>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Gone>> {
        while !self.first.is_empty() {
            let len = self.first.len();
            let part = if self.unasked + len <= UNASKED {
                self.unasked += len;
                self.take_first()
            } else {
                ready!(self.poll_part(sink, gauge, cx))?
            };
            sink.send_data(part, end && self.first.is_empty())?;
        }
        Poll::Ready(Ok(()))
    }

    /// As much of the first payload as there is room for.
    #[inline(never)]
    fn poll_part(
        &mut self,
        sink: &mut impl DataSink,
        gauge: Option<&Gauge>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, Gone>> {
        let full = gauge.is_some_and(Gauge::is_full);
        if full || self.rest.is_some() {
            self.rest.get_or_insert_default().held = full;
        }
        if full {
            return Poll::Pending;
        }
        let room = ready!(poll_room(sink, self.first.len(), cx))?;
        let part = if room < self.first.len() { self.first.split_to(room) } else { self.take_first() };
        // The room is what is left behind all that was handed over before.
        let unasked = std::mem::take(&mut self.unasked);
        if let Some(gauge) = gauge {
            gauge.add(unasked + part.len());
        }
        Poll::Ready(Ok(part))
    }

    fn take_first(&mut self) -> Bytes {
        let next = self.rest.as_mut().and_then(|rest| rest.payloads.pop_front());
        if self.rest.as_ref().is_some_and(|rest| rest.payloads.is_empty()) {
            self.rest = None;
        }
        std::mem::replace(&mut self.first, next.unwrap_or_default())
    }
}

/// How much of `len` bytes the window of the peer takes: one byte at least.
fn poll_room(sink: &mut impl DataSink, len: usize, cx: &mut Context<'_>) -> Poll<Result<usize, Gone>> {
    // Once room was told, to poll is to wait for more: hence the look before.
    let mut room = sink.reserve(len);
    while room == 0 {
        room = ready!(sink.poll_capacity(cx))?;
    }
    Poll::Ready(Ok(room))
}

/// So much of a call goes to h2 without a look at the peer's window and at the
/// gauge: that costs locks, and what a peer can hold up so is bounded by its streams.
pub(crate) const UNASKED: usize = 1024;
