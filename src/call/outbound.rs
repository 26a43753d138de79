//! Payloads on their way into h2, at the pace of the peer's window.

use std::collections::VecDeque;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};

use crate::transport::Gauge;

/// DATA payloads in order, none of them empty.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    /// Empty if there is none.
    first: Bytes,
    /// How much was handed over since the window was last looked at.
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

impl Outbound {
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
    /// While `gauge` is full nothing is handed over, and nobody is woken by this:
    /// see [`is_held`](Self::is_held).
    pub(crate) fn poll_flush(
        &mut self,
        stream: &mut SendStream<Bytes>,
        end: bool,
        gauge: Option<&Gauge>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), h2::Error>> {
        while !self.first.is_empty() {
            if gauge.is_some_and(Gauge::is_full) {
                self.rest.get_or_insert_default().held = true;
                return Poll::Pending;
            }
            if let Some(rest) = &mut self.rest {
                rest.held = false;
            }
            let capacity = ready!(self.poll_room(stream, cx))?;
            if capacity == 0 {
                continue;
            }
            let part = if capacity < self.first.len() { self.first.split_to(capacity) } else { self.take_first() };
            if let Some(gauge) = gauge {
                gauge.add(part.len());
            }
            stream.send_data(part, end && self.first.is_empty())?;
        }
        Poll::Ready(Ok(()))
    }

    /// How much of the first payload may be handed over.
    fn poll_room(&mut self, stream: &mut SendStream<Bytes>, cx: &mut Context<'_>) -> Poll<Result<usize, h2::Error>> {
        let len = self.first.len();
        if self.unasked + len <= UNASKED {
            self.unasked += len;
            return Poll::Ready(Ok(len));
        }
        stream.reserve_capacity(len);
        let mut capacity = stream.capacity();
        if capacity == 0 {
            // Pending although there is capacity, once that was told: hence
            // the look before.
            capacity = match ready!(stream.poll_capacity(cx)) {
                Some(capacity) => capacity?,
                None => return Poll::Ready(Err(Reason::CANCEL.into())),
            };
        }
        if capacity > 0 {
            // It is what is left behind all that was handed over before.
            self.unasked = 0;
        }
        Poll::Ready(Ok(capacity))
    }

    fn take_first(&mut self) -> Bytes {
        let next = self.rest.as_mut().and_then(|rest| rest.payloads.pop_front());
        if self.rest.as_ref().is_some_and(|rest| rest.payloads.is_empty()) {
            self.rest = None;
        }
        std::mem::replace(&mut self.first, next.unwrap_or_default())
    }
}

/// So much of a call goes to h2 without a look at the peer's window: it costs
/// locks, and what a peer can hold up so is bounded by its streams.
pub(crate) const UNASKED: usize = 1024;
