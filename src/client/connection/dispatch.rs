//! Calls that the connection's task makes for those who want them.
//!
//! h2 guards a connection by one lock. Were every call to send and to receive
//! from its own task, threads would wait for it and pass it back and forth;
//! so small calls are handed over whole, and their answers are handed back.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h2::client::SendRequest;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;

use crate::call::download::Download;
use crate::client::connection::orders::{Delivery, Made, Order};
use crate::client::connection::quiet_waker::QuietWaker;
use crate::client::connection::task_set::TaskSet;
use crate::client::connection::{Connection, cannot_be_sent, is_usable};

impl Order {
    /// Sends it, unless nobody wants it any more.
    fn send(self, requests: &SendRequest<Bytes>) -> Option<SentCall> {
        if self.reply.is_closed() {
            return None;
        }
        let mut requests = requests.clone();
        match requests.send_request(self.request, false) {
            Ok((response, mut stream)) => {
                // Without reserved window, since it is bounded by a frame a
                // stream; the download reports why if the stream is gone.
                let _ = stream.send_data(self.payload, true);
                let download = Download::new(response, self.timer, self.permit);
                Some(SentCall(Some((Box::new(Made { download, chunk: None }), self.reply))))
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
}

/// The connection's side.
pub(crate) struct Dispatcher {
    /// Once nobody has it, nobody waits for any order.
    connection: Weak<Connection>,
    /// Those that were taken and not sent yet.
    taken: VecDeque<Order>,
    sent: TaskSet<SentCall>,
    /// What those calls wake.
    waker: QuietWaker,
}

impl Dispatcher {
    pub(crate) fn new(connection: &Arc<Connection>) -> Self {
        let connection = Arc::downgrade(connection);
        let waker = QuietWaker::default();
        Self { connection, taken: VecDeque::new(), sent: TaskSet::new(waker.waker().clone()), waker }
    }

    /// Sends what has been ordered; whether there was any. [`deliver`](Self::deliver) must follow.
    pub(crate) fn send(&mut self, cx: &mut Context<'_>) -> bool {
        self.waker.mute();
        let Some(connection) = self.connection.upgrade() else {
            return false;
        };
        if self.taken.is_empty() {
            connection.orders.take(&mut self.taken, cx);
        }
        let turn = self.taken.len().min(MOST);
        for order in self.taken.drain(..turn) {
            if let Some(call) = order.send(&connection.requests) {
                self.sent.add(call);
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
        self.waker.unmute(cx);
        let all = poll_fn(|_| {
            self.sent.poll();
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
struct SentCall(Option<(Box<Made>, oneshot::Sender<Delivery>)>);

impl Future for SentCall {
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

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("sent", &self.sent.len()).finish_non_exhaustive()
    }
}

/// How many calls are sent in a turn: what they are answered is to be read, too.
const MOST: usize = 256;

/// How many orders a connection may keep room for.
const KEPT: usize = 64;

/// Up to this size an answer is likely to be followed by its end at once.
const SMALL: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::connection::orders::{Orders, order};
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
