//! How many streams a client may have open on its connections.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::transport::Budget;
use crate::transport::Peer;
use crate::transport::header_lists::HeaderLists;

/// What the server allows on one connection, and what is open.
///
/// h2 would queue streams beyond that itself, but it sends a queued stream even
/// after its call was cancelled: HEADERS and RST_STREAM at once. A server
/// counts many of these as an attack and ends the connection.
#[derive(Debug)]
pub(crate) struct Quota {
    limit: AtomicUsize,
    open: AtomicUsize,
    /// Told of every change that may let a call go.
    queue: Arc<Queue>,
    /// The server that the connection goes to.
    peer: Peer,
    /// How large the headers of its calls may be.
    header_lists: Arc<HeaderLists>,
}

/// The calls that wait for a stream, whichever connection has it, and what the
/// calls on all connections share.
#[derive(Debug)]
pub(crate) struct Queue {
    /// The memory of what servers make the calls hold.
    memory: Arc<Budget>,
    /// While there are some, no other call goes ahead of them.
    waiting: AtomicUsize,
    changed: Notify,
}

/// The right to one open stream, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit(Option<Arc<Quota>>);

/// The server that a call went to. A call hands on what it had for its permit, so
/// that to know the server costs it nothing.
#[derive(Clone)]
pub(crate) struct Callee(Arc<Quota>);

impl Quota {
    pub(crate) fn new(limit: usize, queue: Arc<Queue>, peer: Peer, header_lists: Arc<HeaderLists>) -> Arc<Self> {
        Arc::new(Self { limit: AtomicUsize::new(limit), open: AtomicUsize::new(0), queue, peer, header_lists })
    }

    /// A permit, if one is free.
    #[inline]
    pub(crate) fn take(self: &Arc<Self>) -> Option<Permit> {
        let limit = self.limit.load(Ordering::SeqCst);
        let taken =
            self.open.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |open| (open < limit).then_some(open + 1));
        taken.is_ok().then(|| Permit(Some(Arc::clone(self))))
    }

    /// How many permits are free.
    pub(crate) fn room(&self) -> usize {
        self.limit.load(Ordering::SeqCst).saturating_sub(self.open.load(Ordering::SeqCst))
    }

    #[inline]
    fn give_back(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
        if !self.queue.is_empty() {
            self.queue.changed.notify_one();
        }
    }

    /// Follows what the server allows.
    #[inline]
    pub(crate) fn set_limit(&self, limit: usize) {
        // Its only writer is the connection's task.
        if self.limit.load(Ordering::Relaxed) != limit {
            self.limit.store(limit, Ordering::SeqCst);
            self.queue.wake_all();
        }
    }

    /// How many calls there are.
    #[inline]
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Whether there are calls.
    #[inline]
    pub(crate) fn is_in_use(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// Whether there is more than one call.
    #[inline]
    pub(crate) fn is_shared(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 1
    }
}

impl Default for Queue {
    fn default() -> Self {
        let memory = Budget::new(MEMORY_LIMIT, Arc::default());
        Self { memory, waiting: AtomicUsize::new(0), changed: Notify::new() }
    }
}

impl Permit {
    /// The memory of the call's channel.
    pub(crate) fn memory(&self) -> Option<&Arc<Budget>> {
        self.0.as_ref().map(|quota| quota.queue.memory())
    }
}

impl Queue {
    /// The memory of the channel.
    pub(crate) fn memory(&self) -> &Arc<Budget> {
        &self.memory
    }

    /// Whether nobody waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0
    }

    /// Asks until there is an answer: now, and again when something has
    /// changed or the time has come that was given in place of an answer.
    ///
    /// Who has just come asks with the number of those who have waited before:
    /// what is free now is meant for them, whose tasks may have been woken and
    /// not have run yet. Later it is 0.
    pub(crate) async fn wait<T>(&self, mut ask: impl FnMut(usize) -> Result<T, Option<Instant>>) -> T {
        let (_waiting, mut ahead) = Waiting::new(self);
        loop {
            let mut changed = pin!(self.changed.notified());
            // In the row before it asks: of two permits that come back meanwhile
            // each wakes one of those who wait.
            changed.as_mut().enable();
            match ask(ahead) {
                Ok(answer) => return answer,
                Err(None) => changed.await,
                // Late or not, it is asked again.
                Err(Some(time)) => drop(timeout_at(time, changed).await),
            }
            ahead = 0;
        }
    }

    /// Something has changed for all who wait.
    pub(crate) fn wake_all(&self) {
        self.changed.notify_waiters();
    }
}

impl Permit {
    /// Gives it back; what is left tells where the call went.
    #[inline]
    pub(crate) fn release(mut self) -> Option<Callee> {
        let quota = self.0.take()?;
        quota.give_back();
        Some(Callee(quota))
    }

    /// The server that the call goes to.
    pub(crate) fn callee(&self) -> Option<Callee> {
        self.0.clone().map(Callee)
    }

    /// How large the headers of the call may be.
    #[inline]
    pub(crate) fn header_lists(&self) -> Option<&HeaderLists> {
        self.0.as_deref().map(|quota| &*quota.header_lists)
    }
}

impl Drop for Permit {
    #[inline]
    fn drop(&mut self) {
        if let Some(quota) = &self.0 {
            quota.give_back();
        }
    }
}

impl Callee {
    pub(crate) fn peer(&self) -> &Peer {
        &self.0.peer
    }
}

impl fmt::Debug for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peer().fmt(f)
    }
}

/// Counts a call in the queue, however it leaves it.
struct Waiting<'a>(&'a Queue);

impl<'a> Waiting<'a> {
    /// Enters the queue; gives how many were in it.
    fn new(queue: &'a Queue) -> (Self, usize) {
        let ahead = queue.waiting.fetch_add(1, Ordering::SeqCst);
        (Self(queue), ahead)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How much memory the calls of a channel may hold that was told no number.
pub(crate) const MEMORY_LIMIT: usize = 1024 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::future::Future;
    use std::task::{Context, Waker};
    use std::time::Duration;
    use tokio::task::JoinHandle;

    fn quota(limit: usize) -> Arc<Quota> {
        Quota::new(limit, Arc::default(), Peer::unknown(), Arc::default())
    }

    fn waiting(quota: &Arc<Quota>) -> JoinHandle<Permit> {
        let quota = Arc::clone(quota);
        tokio::spawn(async move { quota.queue.wait(|_| quota.take().ok_or(None)).await })
    }

    /// C16: calls beyond the limit wait, and go on one by one.
    #[tokio::test]
    async fn who_comes_late_waits_for_who_leaves() {
        let quota = quota(1);
        let first = quota.take().unwrap();
        assert!(quota.take().is_none());
        let waiting = waiting(&quota);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        assert!(!quota.queue.is_empty(), "nobody goes ahead of the queue");
        waiting.await.unwrap();
        assert!(quota.queue.is_empty() && quota.take().is_some());
    }

    /// C16: a limit of 0 holds everybody until it is raised.
    #[tokio::test]
    async fn a_raised_limit_lets_all_go_that_fit() {
        let quota = quota(0);
        let calls: Vec<_> = (0..3).map(|_| waiting(&quota)).collect();
        tokio::task::yield_now().await;
        quota.set_limit(2);
        let mut permits = Vec::new();
        for call in calls {
            permits.push(call.await.unwrap());
            if permits.len() == 2 {
                assert_eq!(quota.open.load(Ordering::SeqCst), 2);
                permits.pop();
            }
        }
    }

    /// C12: a call that is cancelled in the queue holds up nobody.
    #[tokio::test]
    async fn leaving_the_queue_wakes_the_next() {
        let quota = quota(1);
        let held = quota.take().unwrap();
        let cancelled = waiting(&quota);
        let next = waiting(&quota);
        tokio::task::yield_now().await;
        drop(held);
        cancelled.abort();
        next.await.unwrap();
    }

    /// C16: two permits come back when two calls have asked for them and neither sleeps yet: each lets one go.
    #[test]
    fn no_permit_comes_back_unheard() {
        let (quota, cx) = (quota(2), &mut Context::from_waker(Waker::noop()));
        let mut held = vec![quota.take().unwrap(), quota.take().unwrap()];
        let mut second = pin!(quota.queue.wait(|_| {
            let permit = quota.take();
            held.clear();
            permit.ok_or(None)
        }));
        let got = RefCell::new(None);
        let mut first = pin!(quota.queue.wait(|_| {
            let permit = quota.take();
            // It keeps its permit: to give that back would wake the first.
            got.borrow_mut().get_or_insert_with(|| second.as_mut().poll(&mut Context::from_waker(Waker::noop())));
            permit.ok_or(None)
        }));
        assert!(first.as_mut().poll(cx).is_ready());
        assert!(got.take().is_some_and(|second| second.is_ready()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_names_a_time_is_asked_again_when_it_has_come() {
        let (queue, begin, mut asked) = (Queue::default(), Instant::now(), 0);
        let answer = queue.wait(|_| {
            asked += 1;
            if asked == 3 { Ok("yes") } else { Err(Some(begin + Duration::from_secs(asked))) }
        });
        assert_eq!(answer.await, "yes");
        assert_eq!(begin.elapsed().as_secs(), 2);
    }
}
