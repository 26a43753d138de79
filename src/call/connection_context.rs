//! What all calls of one server connection share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::compression::Compression;
use crate::transport::{Backlog, Budget, Gauge, HeaderLists, Peer};

/// Who is at the other end, and what its calls may use.
#[derive(Debug)]
pub(crate) struct ConnectionContext {
    pub(crate) peer: Peer,
    pub(crate) terms: Terms,
    /// The memory of the connection, which is a part of the server's.
    pub(crate) budget: Arc<Budget>,
    /// What its calls have handed over to be written.
    pub(crate) gauge: Arc<Gauge>,
    /// Answers of the connection that wait.
    pub(crate) backlog: Arc<Backlog>,
    /// How large the headers of its calls may be.
    pub(crate) header_lists: Arc<HeaderLists>,
    /// Handlers that run as tasks, also those whose peers have gone.
    live: AtomicUsize,
    /// Whether the connection has ended by an error, and its calls with it.
    lost: AtomicBool,
}

/// What holds for each call of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) max_recv_message_size: usize,
    pub(crate) max_decoded_message_size: usize,
    pub(crate) max_send_message_size: usize,
    pub(crate) compression: Compression,
    /// How much of the connection's window each call may keep closed while it runs.
    pub(crate) kept_window: usize,
    /// How long a message that has begun may not go on, in either direction.
    pub(crate) stall_timeout: Duration,
}

impl ConnectionContext {
    pub(crate) fn new(peer: Peer, terms: Terms, budget: Arc<Budget>, header_lists: Arc<HeaderLists>) -> Arc<Self> {
        let backlog = Backlog::new(budget.limit());
        Arc::new(Self {
            peer,
            terms,
            budget,
            backlog,
            gauge: Arc::default(),
            header_lists,
            live: AtomicUsize::new(0),
            lost: AtomicBool::new(false),
        })
    }

    /// How many handlers run as tasks.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Counts a handler that becomes a task, until [`leave`](Self::leave).
    pub(crate) fn enter(&self) {
        self.live.fetch_add(1, Ordering::Relaxed);
    }

    /// The connection has ended by an error; gives how many handlers it takes with it.
    pub(crate) fn lose(&self) -> usize {
        if self.lost.swap(true, Ordering::Relaxed) { 0 } else { self.live() }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// The task of a handler has ended.
    pub(crate) fn leave(&self) {
        self.live.fetch_sub(1, Ordering::Relaxed);
    }
}
