//! The receivers of a connection that nothing else looks after.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::call::reply::{SharedDownload, WeakDownload};

/// The calls of a connection that stream answers and have no task of their own.
///
/// `h2` charges each small frame that lies unread, and ends the connection when
/// they are too many. A receiver that sleeps takes none out of `h2`, so the
/// connection's task does it for all of them, once in some thousand small frames.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    calls: Mutex<Vec<WeakDownload>>,
    /// How many small frames had come when the calls were last looked at.
    seen: AtomicU32,
}

impl Readers {
    /// Looks after this call, for as long as it has a receiver.
    pub(crate) fn add(&self, download: &SharedDownload) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == calls.capacity() {
            // Before the list grows it loses those that are over.
            calls.retain(WeakDownload::is_alive);
        }
        calls.push(download.downgrade());
    }

    /// After so many small frames in all.
    #[inline]
    pub(crate) fn look(&self, small: u32) {
        if small.wrapping_sub(self.seen.load(Ordering::Relaxed)) >= MOST {
            self.gather(small);
        }
    }

    #[cold]
    fn gather(&self, small: u32) {
        self.seen.store(small, Ordering::Relaxed);
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        for call in calls.iter().filter_map(WeakDownload::upgrade) {
            call.gather_unless_waited_for();
        }
    }
}

/// How many small frames may come between two looks. A turn brings up to 26,000
/// more, and `h2` bears some 65,000.
const MOST: u32 = 16 * 1024;
