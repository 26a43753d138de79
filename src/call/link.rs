//! What all calls of one server connection share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::compression::Compression;
use crate::transport::Peer;

/// Who is at the other end, and what its calls may use.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) peer: Peer,
    pub(crate) max_recv_message_size: usize,
    pub(crate) max_send_message_size: usize,
    pub(crate) compression: Compression,
    /// How much of the connection's window each call may keep closed while it runs.
    pub(crate) kept_window: usize,
    /// Handlers that run as tasks, also those whose peers have gone.
    live: AtomicUsize,
}

impl Link {
    pub(crate) fn new(peer: Peer, recv: usize, send: usize, compression: Compression, kept_window: usize) -> Arc<Self> {
        Arc::new(Self {
            peer,
            max_recv_message_size: recv,
            max_send_message_size: send,
            compression,
            kept_window,
            live: AtomicUsize::new(0),
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

    /// The task of a handler has ended.
    pub(crate) fn leave(&self) {
        self.live.fetch_sub(1, Ordering::Relaxed);
    }
}
