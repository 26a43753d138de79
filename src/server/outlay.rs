//! What waits to be sent, and for how long.

use std::task::{Context, Poll};

use crate::call::{Link, Stall};
use crate::transport::{Reservation, Ticket};

/// The memory and the patience that an answer takes which cannot be sent.
///
/// It is nothing until something has to wait.
#[derive(Debug, Default)]
pub(crate) struct Outlay(Option<Box<Account>>);

#[derive(Debug, Default)]
struct Account {
    reservation: Reservation,
    stall: Stall,
    ticket: Option<Ticket>,
}

impl Outlay {
    /// For so many bytes that have to wait: ready when they may do so no longer,
    /// since nobody has taken any for too long or since there is no memory.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, bytes: usize, link: &Link) -> Poll<()> {
        let account = self.0.get_or_insert_default();
        if account.reservation.resize(&link.budget, bytes).is_err() {
            tracing::debug!(peer = %link.peer, bytes, "call reset: no memory for an answer that nobody takes");
            return Poll::Ready(());
        }
        if link.gauge.is_full() {
            account.ticket.get_or_insert_with(|| link.gauge.ticket()).wait(cx);
        }
        // As they get fewer the number grows.
        account.stall.poll(cx, (bytes as u64).wrapping_neg(), link.terms.stall_timeout)
    }

    /// For a connection whose peer takes no more for now, and has taken `total`
    /// bytes: as for a call, with what its calls have handed over.
    pub(crate) fn poll_written(&mut self, cx: &mut Context<'_>, total: u64, link: &Link) -> Poll<()> {
        let account = self.0.get_or_insert_default();
        if account.reservation.resize(&link.budget, link.gauge.handed()).is_err() {
            return Poll::Ready(());
        }
        account.stall.poll(cx, total, link.terms.stall_timeout)
    }

    /// Nothing waits any more.
    #[inline]
    pub(crate) fn clear(&mut self) {
        if let Some(account) = &mut self.0 {
            account.reservation.clear();
            account.stall.rest();
        }
    }
}
