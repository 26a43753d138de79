//! How large the lists of headers on a connection may be, in either direction
//! (RFC 9113, sections 6.5.2 and 10.5.1).

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::transport::settings;

/// What each side takes of one list.
#[derive(Debug)]
pub(crate) struct HeaderLists {
    /// What this side announces.
    own: u32,
    /// What the peer has announced; [`UNSAID`] before.
    peer: AtomicU32,
    /// Streams on which a list came that h2 does not keep whole.
    oversized: Mutex<Vec<u32>>,
    any_oversized: AtomicBool,
}

impl HeaderLists {
    pub(crate) fn new(own: u32) -> Self {
        let own = own.min(MOST);
        Self { own, peer: AtomicU32::new(UNSAID), oversized: Mutex::default(), any_oversized: AtomicBool::new(false) }
    }

    /// How many bytes a list may have that is received.
    pub(crate) fn own(&self) -> usize {
        self.own as usize
    }

    /// How many bytes a list may have that is sent.
    #[inline]
    pub(crate) fn peer(&self) -> usize {
        match self.peer.load(Ordering::Relaxed) {
            UNSAID => PRUDENT,
            said => said as usize,
        }
    }

    /// How many bytes a status may have with all that belongs to it. C core, which
    /// announces 16 KiB unless it is set up otherwise, rejects lists from half of that
    /// on at random, the more often the larger they are; the code would be lost.
    pub(crate) fn peer_of_status(&self) -> usize {
        match self.peer() {
            CORE => CORE / 2,
            other => other,
        }
    }

    /// Whether the peer has said how much it takes.
    pub(crate) fn is_said(&self) -> bool {
        self.peer.load(Ordering::Relaxed) != UNSAID
    }

    /// The peer announces what it takes.
    pub(crate) fn note_peer(&self, limit: u32) {
        self.peer.store(limit.min(UNSAID - 1), Ordering::Relaxed);
    }

    /// What h2 is given as the limit, of which it must know nothing less: a list
    /// between the two ends its call with a status, while h2 knows but to reset the
    /// stream, to drop fields of trailers, or to end the connection at four times its
    /// limit. Nothing is set aside for it.
    pub(crate) fn for_h2(own: u32) -> u32 {
        own.saturating_mul(3).max(settings::LEAST_HEADER_LIST)
    }

    /// A block of headers of more bytes than this, as it is sent, is one that h2 does
    /// not keep whole. If h2 has dropped a field and what it kept is within this side's
    /// limit, that field takes the rest up to h2's limit, and so is no entry of HPACK's
    /// table (4 KiB). As a literal it takes at least five bits a character. A block
    /// within the limit takes less.
    pub(crate) fn oversized_block(&self) -> usize {
        (Self::for_h2(self.own) - self.own) as usize / 8 * 5 - SLACK
    }

    /// Such a block comes on this stream.
    #[cold]
    pub(crate) fn note_oversized(&self, stream: u32) {
        self.oversized.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        self.any_oversized.store(true, Ordering::Release);
    }

    /// Whether such a block has come on this stream.
    ///
    /// The stream is asked for only if there is any such, since h2 takes a lock to name it.
    #[inline]
    pub(crate) fn is_oversized(&self, stream: impl FnOnce() -> u32) -> bool {
        self.any_oversized.load(Ordering::Acquire) && self.take(stream())
    }

    #[cold]
    fn take(&self, stream: u32) -> bool {
        let mut oversized = self.oversized.lock().unwrap_or_else(PoisonError::into_inner);
        let before = oversized.len();
        oversized.retain(|other| *other != stream);
        before > oversized.len()
    }
}

/// As both sides announce it where nothing else is set.
impl Default for HeaderLists {
    fn default() -> Self {
        Self::new(settings::MAX_HEADER_LIST_SIZE)
    }
}

/// Beyond any list that a call may have: what follows from a limit stays a number of
/// 32 bits.
const MOST: u32 = 1 << 28;

/// Stands for "not announced".
const UNSAID: u32 = u32::MAX;

/// What is sent at most to a peer that has not said what it takes. gRPC's C core,
/// Java and tonic announce 8 to 16 KiB. Those that announce nothing are Go, which takes
/// 16 MiB, and what stands on nghttp2 (Node, Apache, Envoy), which takes 64 KiB and
/// beyond that fails other calls of the connection, too. What is left of these is for
/// headers that proxies add.
const PRUDENT: usize = 48 * 1024;

/// What C core announces.
const CORE: usize = 16 * 1024;

/// What the other fields of a block may take.
const SLACK: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_announced_holds() {
        let lists = HeaderLists::new(100);
        assert_eq!((lists.own(), lists.peer(), lists.is_said()), (100, PRUDENT, false));
        for limit in [0, 16_384, u32::MAX] {
            lists.note_peer(limit);
            assert_eq!((lists.peer(), lists.is_said()), (limit.min(u32::MAX - 1) as usize, true));
        }
    }

    /// A block within the limit is never taken for one that h2 does not keep whole.
    #[test]
    fn the_sizes_are_far_enough_apart() {
        for own in [0, 1, 8192, 16_384, 65_536, 1 << 20, 1 << 30, u32::MAX] {
            let lists = HeaderLists::new(own);
            assert!(lists.oversized_block() > lists.own(), "{own}");
            assert!(HeaderLists::for_h2(lists.own) > lists.own, "{own}");
        }
    }

    #[test]
    fn streams_are_noted_once() {
        let lists = HeaderLists::default();
        assert!(!lists.is_oversized(|| 1));
        lists.note_oversized(1);
        assert!(!lists.is_oversized(|| 3) && lists.is_oversized(|| 1) && !lists.is_oversized(|| 1));
    }
}
