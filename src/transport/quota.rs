//! How many streams a client may have open on one connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// What the server allows, and what is open.
///
/// h2 would queue streams beyond that itself, but it sends a queued stream even
/// after its call was cancelled: HEADERS and RST_STREAM at once. A server
/// counts many of these as an attack and ends the connection.
#[derive(Debug)]
pub(crate) struct Quota {
    limit: AtomicUsize,
    open: AtomicUsize,
    /// Calls in the queue: while there are some, no other call goes ahead of them.
    waiting: AtomicUsize,
    changed: Notify,
}

/// The right to one open stream, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Quota>);

impl Quota {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit: AtomicUsize::new(limit),
            open: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            changed: Notify::new(),
        })
    }

    /// A permit, if one is free and nobody waits for it.
    pub(crate) fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        if self.waiting.load(Ordering::SeqCst) > 0 { None } else { self.take() }
    }

    /// Waits for a permit.
    pub(crate) async fn acquire(self: Arc<Self>) -> Permit {
        let _waiting = Waiting::new(&self);
        loop {
            let changed = self.changed.notified();
            if let Some(permit) = self.take() {
                return permit;
            }
            changed.await;
        }
    }

    /// Follows what the server allows.
    pub(crate) fn set_limit(&self, limit: usize) {
        if self.limit.swap(limit, Ordering::SeqCst) != limit {
            self.changed.notify_waiters();
        }
    }

    /// Whether there are calls.
    pub(crate) fn is_in_use(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    fn take(self: &Arc<Self>) -> Option<Permit> {
        let limit = self.limit.load(Ordering::SeqCst);
        let taken =
            self.open.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |open| (open < limit).then_some(open + 1));
        taken.is_ok().then(|| Permit(Arc::clone(self)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            self.0.changed.notify_one();
        }
    }
}

/// Counts a call in the queue, however it leaves it.
struct Waiting<'a>(&'a Quota);

impl<'a> Waiting<'a> {
    fn new(quota: &'a Quota) -> Self {
        quota.waiting.fetch_add(1, Ordering::SeqCst);
        Self(quota)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C16: calls beyond the limit wait, and go on one by one.
    #[tokio::test]
    async fn who_comes_late_waits_for_who_leaves() {
        let quota = Quota::new(1);
        let first = quota.try_acquire().unwrap();
        assert!(quota.try_acquire().is_none());
        let waiting = tokio::spawn(Arc::clone(&quota).acquire());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        assert!(quota.try_acquire().is_none(), "nobody goes ahead of the queue");
        waiting.await.unwrap();
        assert!(quota.try_acquire().is_some());
    }

    /// C16: a limit of 0 holds everybody until it is raised.
    #[tokio::test]
    async fn a_raised_limit_lets_all_go_that_fit() {
        let quota = Quota::new(0);
        let calls: Vec<_> = (0..3).map(|_| tokio::spawn(Arc::clone(&quota).acquire())).collect();
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
        let quota = Quota::new(1);
        let held = quota.try_acquire().unwrap();
        let cancelled = tokio::spawn(Arc::clone(&quota).acquire());
        let next = tokio::spawn(Arc::clone(&quota).acquire());
        tokio::task::yield_now().await;
        drop(held);
        cancelled.abort();
        next.await.unwrap();
    }
}
