//! Calls that the connection's task makes for those who want them.
//!
//! h2 guards a connection by one lock. Were every call to send and to receive
//! from its own task, threads would wait for it and pass it back and forth;
//! so small calls are handed over whole, and their answers are handed back.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;

use crate::call::deadline::Timer;
use crate::call::download::Download;
use crate::client::calls::outgoing::cannot_be_sent;
use crate::client::connection::quiet_waker::Bell;
use crate::client::connection::task_set::Errands;
use crate::client::connection::{Connection, is_usable};
use crate::status::Status;
use crate::transport::Permit;

/// The calls that a connection's task has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Orders(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    orders: VecDeque<Order>,
    /// The connection's task, if it is to be told.
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
    /// Hands a call over. Whoever does keeps the connection while he waits for the reply.
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

    /// Takes all that there are; the task is told of the next.
    fn take(&self, into: &mut VecDeque<Order>, cx: &mut Context<'_>) {
        let mut waiting = self.lock();
        std::mem::swap(&mut waiting.orders, into);
        if waiting.task.as_ref().is_none_or(|task| !task.will_wake(cx.waker())) {
            waiting.task = Some(cx.waker().clone());
        }
    }

    /// From now on nothing is taken; gives what was not.
    fn close(&self) -> VecDeque<Order> {
        let mut waiting = self.lock();
        waiting.closed = true;
        std::mem::take(&mut waiting.orders)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Order {
    /// Sends it, unless nobody wants it any more.
    fn send(self, requests: &SendRequest<Bytes>) -> Option<Errand> {
        if self.reply.is_closed() {
            return None;
        }
        let mut requests = requests.clone();
        match requests.send_request(self.request, false) {
            Ok((response, mut stream)) => {
                // Without reserved window, since it is bounded by a frame a
                // stream; the download tells why if the stream is gone.
                let _ = stream.send_data(self.payload, true);
                let download = Download::new(response, self.timer, self.permit);
                Some(Errand(Some((Box::new(Made { download, chunk: None }), self.reply))))
            }
            Err(error) => {
                let usable = is_usable(&mut requests);
                let unsent =
                    if usable { Delivery::Failed(cannot_be_sent(error)) } else { Delivery::Unsent(self.payload) };
                let _ = self.reply.send(unsent);
                None
            }
        }
    }

    fn return_unsent(self) {
        let _ = self.reply.send(Delivery::Unsent(self.payload));
    }
}

/// The connection's side.
pub(crate) struct Dispatcher {
    /// Once nobody has it, nobody waits for any order.
    connection: Weak<Connection>,
    /// Those that were taken and not sent yet.
    taken: VecDeque<Order>,
    errands: Errands<Errand>,
    /// What the errands ring.
    bell: Bell,
}

impl Dispatcher {
    pub(crate) fn new(connection: &Arc<Connection>) -> Self {
        let connection = Arc::downgrade(connection);
        let bell = Bell::default();
        Self { connection, taken: VecDeque::new(), errands: Errands::new(bell.waker().clone()), bell }
    }

    /// Sends what has been ordered; whether there was any. [`deliver`](Self::deliver) must follow.
    pub(crate) fn send(&mut self, cx: &mut Context<'_>) -> bool {
        self.bell.mute();
        let Some(connection) = self.connection.upgrade() else {
            return false;
        };
        if self.taken.is_empty() {
            connection.orders.take(&mut self.taken, cx);
        }
        let turn = self.taken.len().min(MOST);
        for order in self.taken.drain(..turn) {
            if let Some(errand) = order.send(&connection.requests) {
                self.errands.add(errand);
            }
        }
        if !self.taken.is_empty() {
            cx.waker().wake_by_ref();
        } else if self.taken.capacity() > KEPT {
            self.taken = VecDeque::new();
        }
        turn > 0
    }

    /// Hands back the calls whose answers have come. Each is looked at, whatever
    /// the budget of the task: after the last turn of a connection nobody will.
    pub(crate) fn deliver(&mut self, cx: &mut Context<'_>) {
        self.bell.unmute(cx);
        let all = poll_fn(|_| {
            self.errands.poll();
            Poll::Ready(())
        });
        let _ = pin!(unconstrained(all)).poll(cx);
    }
}

/// The connection is over. h2 has gone before and has told all calls why; who
/// has ordered and not been served looks for another connection.
impl Drop for Dispatcher {
    fn drop(&mut self) {
        // After a panic within h2 there is nothing to be heard from it.
        if !std::thread::panicking() {
            self.deliver(&mut Context::from_waker(Waker::noop()));
        }
        if let Some(connection) = self.connection.upgrade() {
            let untaken = connection.orders.close();
            self.taken.drain(..).chain(untaken).for_each(Order::return_unsent);
        }
    }
}

/// A call that is being made.
struct Errand(Option<(Box<Made>, oneshot::Sender<Delivery>)>);

impl Future for Errand {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some((made, reply)) = &mut self.0
            && !made.poll(cx)
        {
            // Who wants it no more drops what the reply goes to.
            ready!(reply.poll_closed(cx));
        }
        if let Some((made, reply)) = self.0.take() {
            let _ = reply.send(Delivery::Made(made));
        }
        Poll::Ready(())
    }
}

impl Made {
    /// Receives; whether it is to be handed back.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        match self.download.poll_chunk(cx) {
            Poll::Ready(Ok(Some(chunk))) => {
                // The end mostly comes with it.
                if chunk.len() <= SMALL {
                    self.download.gather(cx);
                }
                self.chunk = Some(chunk);
                true
            }
            Poll::Ready(_) => true,
            Poll::Pending => false,
        }
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").field("uri", self.request.uri()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("errands", &self.errands.len()).finish_non_exhaustive()
    }
}

/// How many calls are sent in a turn: what they are answered is to be read, too.
const MOST: usize = 256;

/// How many orders a connection may keep room for.
const KEPT: usize = 64;

/// Up to this size an answer is likely to be followed by its end at once.
const SMALL: usize = 8 * 1024;

/// An order that waits for its delivery.
#[cfg(test)]
pub(crate) fn order() -> (Order, oneshot::Receiver<Delivery>) {
    let (reply, delivery) = oneshot::channel();
    let mut request = Request::new(());
    *request.uri_mut() = http::Uri::from_static("http://test/pkg.Service/Method");
    let peer = crate::transport::Peer::unknown();
    let permit = crate::transport::Quota::new(1, Arc::default(), peer, Arc::default()).take().unwrap();
    let order = Order { request, payload: Bytes::from_static(b"message"), timer: Timer::default(), permit, reply };
    (order, delivery)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Peer, Quota};

    async fn comes_back(delivery: oneshot::Receiver<Delivery>) -> bool {
        matches!(delivery.await, Ok(Delivery::Unsent(payload)) if payload == "message")
    }

    /// C13: a call that a connection has not taken before its end can go to another one.
    #[tokio::test]
    async fn what_was_not_taken_comes_back() {
        let (near, _far) = tokio::io::duplex(1024);
        let (requests, _) = h2::client::handshake(near).await.unwrap();
        let quota = Quota::new(1, Arc::default(), Peer::unknown(), Arc::default());
        let connection = Arc::new(Connection { requests, orders: Orders::default(), quota, readers: Arc::default() });
        let dispatcher = Dispatcher::new(&connection);
        let (before, after) = (order(), order());
        connection.orders.push(before.0);
        drop(dispatcher);
        assert!(comes_back(before.1).await);
        connection.orders.push(after.0);
        assert!(comes_back(after.1).await);
    }
}
