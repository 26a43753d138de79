//! What waits to be sent, and for how long.

use std::task::{Context, Poll};

use crate::call::{ConnectionContext, Stall};
use crate::transport::{Reservation, Share, Ticket};

/// The memory and the patience that an answer takes which cannot be sent.
///
/// It is nothing until something has to wait.
#[derive(Debug, Default)]
pub(crate) struct UnsentBytes(Option<Box<Account>>);

#[derive(Debug, Default)]
struct Account {
    reservation: Reservation,
    stall: Stall,
    ticket: Option<Ticket>,
    /// What holds handlers of the connection back.
    share: Share,
}

impl UnsentBytes {
    /// For so many bytes that have to wait: ready when they may do so no longer,
    /// since nobody has taken any for too long or since there is no memory. `held`
    /// tells that it was the gauge which held them back: it may have room by now.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        bytes: usize,
        held: bool,
        connection: &ConnectionContext,
    ) -> Poll<()> {
        let account = self.0.get_or_insert_default();
        if account.reservation.resize(&connection.budget, bytes).is_err() {
            tracing::debug!(peer = %connection.peer, bytes, "call reset: no memory for an answer that nobody takes");
            return Poll::Ready(());
        }
        account.share.set(&connection.backlog, bytes);
        if held {
            account.ticket.get_or_insert_with(|| connection.gauge.ticket()).wait(cx);
        }
        // As they get fewer the number grows.
        account.stall.poll(cx, (bytes as u64).wrapping_neg(), connection.terms.stall_timeout)
    }

    /// For a connection whose peer takes no more for now, and has taken `total`
    /// bytes: as for a call, with what its calls have handed over. Without memory
    /// it goes on nevertheless: that is bounded, and soon over for who reads.
    pub(crate) fn poll_written(
        &mut self,
        cx: &mut Context<'_>,
        total: u64,
        connection: &ConnectionContext,
    ) -> Poll<()> {
        let account = self.0.get_or_insert_default();
        let _ = account.reservation.resize(&connection.budget, connection.gauge.handed());
        account.stall.poll(cx, total, connection.terms.stall_timeout)
    }

    /// Nothing waits any more.
    #[inline]
    pub(crate) fn clear(&mut self) {
        if let Some(account) = &mut self.0 {
            account.reservation.clear();
            account.share.clear();
            account.stall.rest();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::limits::Limits;
    use crate::transport::{Budget, Peer};
    use crate::wakes::Wakes;
    use std::future::poll_fn;
    use std::sync::Arc;

    fn connection(memory: usize) -> Arc<ConnectionContext> {
        ConnectionContext::new(
            Peer::unknown(),
            Limits::default().terms(0),
            Budget::new(memory, Arc::default()),
            Arc::default(),
        )
    }

    /// Room may have come between the flush that was held back and this wait.
    #[tokio::test(start_paused = true)]
    async fn who_was_held_back_is_woken_although_there_is_room_by_now() {
        let (wakes, connection) = (Wakes::default(), connection(1000));
        let waker = wakes.waker();
        let mut unsent = UnsentBytes::default();
        let polled = unsent.poll(&mut Context::from_waker(&waker), 10, true, &connection);
        assert!(polled.is_pending());
        assert_eq!(wakes.count(), 1);
    }

    /// A full socket is no fault while others use the memory up; a call that waits is.
    #[tokio::test(start_paused = true)]
    async fn a_connection_outlives_a_lack_of_memory_and_a_call_does_not() {
        let connection = connection(5);
        connection.gauge.add(10);
        let mut unsent = UnsentBytes::default();
        assert!(poll_fn(|cx| Poll::Ready(unsent.poll_written(cx, 1, &connection))).await.is_pending());
        assert!(poll_fn(|cx| Poll::Ready(unsent.poll(cx, 10, false, &connection))).await.is_ready());
    }
}
