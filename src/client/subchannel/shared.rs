//! What the calls of a subchannel share with the tasks of its connections.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

use crate::client::connection::Connection;
use crate::client::connectivity::States;
use crate::client::subchannel::pool::{Pool, Pooled, StreamSlot};
use crate::transport::{Losses, Permit};

/// The pool under its lock, and what depends on it.
///
/// The tasks of connections hold it weakly: it ends with the last handle of the channel,
/// and the connections that it holds with their last call.
#[derive(Debug)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    pub(crate) states: Arc<States>,
    pub(crate) losses: Losses,
    /// How often the server has ended a connection for our pings.
    complaints: AtomicU32,
}

#[derive(Debug)]
struct Inner {
    pool: Pool<Arc<Connection>>,
    /// The task that makes a connection, until it is made.
    task: Option<AbortHandle>,
}

impl Shared {
    pub(crate) fn new(max_connections: usize) -> Self {
        let inner = Mutex::new(Inner { pool: Pool::new(max_connections), task: None });
        Self { inner, states: Arc::default(), losses: Losses::default(), complaints: AtomicU32::new(0) }
    }

    #[inline]
    pub(crate) fn try_place(&self) -> Option<StreamSlot<Arc<Connection>>> {
        self.lock().pool.try_place()
    }

    /// Looks at the pool or changes it, and announces the state that comes of it.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Pool<Arc<Connection>>) -> T) -> T {
        self.change(|inner| change(&mut inner.pool))
    }

    /// The connection that was begun is made, or cannot be: its task is not aborted any more.
    pub(crate) fn settle(&self, change: impl FnOnce(&mut Pool<Arc<Connection>>)) {
        self.change(|inner| {
            inner.task = None;
            change(&mut inner.pool);
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.lock();
        let result = change(&mut inner);
        let is_news = self.states.note(inner.pool.state());
        drop(inner);
        if is_news {
            self.states.announce();
        }
        result
    }

    /// The connection of this number is made by this task, unless it is made already.
    pub(crate) fn set_task(&self, number: u64, task: AbortHandle) {
        let mut inner = self.lock();
        if inner.pool.is_connecting(number) {
            inner.task = Some(task);
        }
    }

    /// Ends the task that makes a connection.
    pub(crate) fn abort(&self) {
        let task = self.lock().task.take();
        if let Some(task) = task {
            task.abort();
        }
    }

    pub(crate) fn complaints(&self) -> u32 {
        self.complaints.load(Ordering::Relaxed)
    }

    /// The server complains of the pings of a connection that was made after `before` complaints.
    /// Others may have heard the same.
    pub(crate) fn complain(&self, before: u32) {
        self.complaints.fetch_max(before + 1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled for Arc<Connection> {
    type Permit = Permit;

    fn is_usable(&self) -> bool {
        Connection::is_usable(self)
    }

    #[inline]
    fn take(&self) -> Option<Permit> {
        self.quota.take()
    }

    fn room(&self) -> usize {
        self.quota.room()
    }

    fn is_in_use(&self) -> bool {
        self.quota.is_in_use()
    }
}
