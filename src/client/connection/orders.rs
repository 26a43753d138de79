//! Calls that are handed to the task of their connection, and what becomes of them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;
use http::Request;
use tokio::sync::oneshot;

use crate::call::deadline::Timer;
use crate::call::download::Download;
use crate::status::Status;
use crate::transport::Permit;

/// The calls that a connection's task has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Orders(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    orders: VecDeque<Order>,
    /// The connection's task, if it waits to be woken.
    task: Option<Waker>,
    /// Whether the connection is over.
    closed: bool,
}

/// A call to be made: a request with one message, which fits into one frame.
pub(crate) struct Order {
    pub(crate) request: Request<()>,
    pub(crate) payload: Bytes,
    pub(crate) timer: Timer,
    pub(crate) permit: Permit,
    pub(crate) reply: oneshot::Sender<Delivery>,
}

/// What becomes of an order. Without any, the connection is over, and h2 does not know why.
#[derive(Debug)]
pub(crate) enum Delivery {
    Made(Box<Made>),
    /// The connection is over or about to go: here is the message again.
    Unsent(Bytes),
    Failed(Status),
}

/// A call that was made: it is over, or its answer has begun, and the rest is
/// received by who wants it.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) download: Download,
    /// What was received first.
    pub(crate) chunk: Option<Bytes>,
}

impl Orders {
    /// Hands a call over. The caller keeps the connection while it waits for the reply.
    pub(crate) fn push(&self, order: Order) {
        let mut waiting = self.lock();
        if waiting.closed {
            drop(waiting);
            return order.return_unsent();
        }
        waiting.orders.push_back(order);
        let task = waiting.task.take();
        drop(waiting);
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Takes all orders; the next one wakes the task.
    pub(crate) fn take(&self, into: &mut VecDeque<Order>, cx: &mut Context<'_>) {
        let mut waiting = self.lock();
        std::mem::swap(&mut waiting.orders, into);
        if waiting.task.as_ref().is_none_or(|task| !task.will_wake(cx.waker())) {
            waiting.task = Some(cx.waker().clone());
        }
    }

    /// From now on nothing is taken; gives what was not.
    pub(crate) fn close(&self) -> VecDeque<Order> {
        let mut waiting = self.lock();
        waiting.closed = true;
        std::mem::take(&mut waiting.orders)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Order {
    /// Hands the message back: it was not sent.
    pub(crate) fn return_unsent(self) {
        let _ = self.reply.send(Delivery::Unsent(self.payload));
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").field("uri", self.request.uri()).finish_non_exhaustive()
    }
}

/// An order that waits for its delivery.
#[cfg(test)]
pub(crate) fn order() -> (Order, oneshot::Receiver<Delivery>) {
    use std::sync::Arc;

    let (reply, delivery) = oneshot::channel();
    let mut request = Request::new(());
    *request.uri_mut() = http::Uri::from_static("http://test/pkg.Service/Method");
    let peer = crate::transport::Peer::unknown();
    let permit = crate::transport::Quota::new(1, Arc::default(), peer, Arc::default()).take().unwrap();
    let order = Order { request, payload: Bytes::from_static(b"message"), timer: Timer::default(), permit, reply };
    (order, delivery)
}
