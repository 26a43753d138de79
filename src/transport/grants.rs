//! How wide the connections of a server begin.
//!
//! A window that a peer was given cannot be taken back: each connection may fill
//! its own at any time. So the windows of all connections together are bounded.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::transport::{Budget, Reservation};

/// What the connections of a server may have granted in all.
#[derive(Debug)]
pub(crate) struct Grants {
    all: Arc<Budget>,
    /// The part of it for connections that get as much as was set.
    wide: Arc<Budget>,
}

/// The window of one connection while all is read.
#[derive(Debug)]
pub(crate) struct Grant {
    window: u32,
    /// What was set.
    most: u32,
    /// What one call needs.
    stream: u32,
    held: Reservation,
    grants: Option<Arc<Grants>>,
}

impl Grants {
    /// Half of the bytes, of which `granted` are taken, are for connections as wide as they are set, the other half
    /// is for those that come later and get as much as one call needs. All further
    /// ones begin with what HTTP/2 gives every connection.
    pub(crate) fn new(bytes: usize, granted: Arc<AtomicUsize>) -> Arc<Self> {
        let all = Budget::new(bytes, granted);
        let wide = all.part(bytes / 2);
        Arc::new(Self { all, wide })
    }

    /// The window of a new connection that was set to `connection`, whose calls have `stream`.
    pub(crate) fn grant(self: &Arc<Self>, stream: u32, connection: u32) -> Grant {
        let grants = Some(Arc::clone(self));
        let window = connection.min(LEAST);
        let mut grant = Grant { window, most: connection, stream, held: Reservation::default(), grants };
        grant.widen();
        grant
    }
}

impl Grant {
    /// A window of which nobody keeps count.
    pub(crate) fn fixed(window: u32) -> Self {
        Self { window, most: window, stream: window, held: Reservation::default(), grants: None }
    }

    pub(crate) fn window(&self) -> u32 {
        self.window
    }

    /// Makes the window as wide as there is room for.
    pub(crate) fn widen(&mut self) {
        let Some(grants) = &self.grants else { return };
        for (window, budget) in [(self.most, &grants.wide), (self.stream.min(self.most), &grants.all)] {
            let mut held = Reservation::default();
            if window > self.window && held.resize(budget, (window - LEAST) as usize).is_ok() {
                (self.window, self.held) = (window, held);
            }
        }
    }
}

/// The window that HTTP/2 gives every connection (RFC 9113, section 6.9.2).
const LEAST: u32 = 65_535;

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u32 = 1024;

    #[test]
    fn the_first_connections_are_as_wide_as_set_and_later_ones_have_less() {
        let grants = Grants::new(2000 * KIB as usize, Arc::default());
        let first = grants.grant(256 * KIB, 1000 * KIB);
        let mut others: Vec<_> = (0..7).map(|_| grants.grant(256 * KIB, 1000 * KIB)).collect();
        let windows: Vec<_> = others.iter().map(Grant::window).collect();
        assert_eq!(first.window(), 1000 * KIB);
        assert_eq!(windows, [vec![256 * KIB; 5], vec![LEAST; 2]].concat());
        // Who leaves makes room.
        drop(first);
        others[6].widen();
        others[0].widen();
        let windows: Vec<_> = others.iter().map(Grant::window).collect();
        assert_eq!((windows[6], windows[0]), (1000 * KIB, 256 * KIB));
        others.truncate(1);
        others[0].widen();
        assert_eq!(others[0].window(), 1000 * KIB);
    }

    #[test]
    fn what_is_set_below_the_least_stays() {
        let grants = Grants::new(0, Arc::default());
        assert_eq!(grants.grant(256 * KIB, 1000).window(), 1000);
        assert_eq!(grants.grant(256 * KIB, 1000 * KIB).window(), LEAST);
        assert_eq!(Grants::new(1 << 30, Arc::default()).grant(1000, 1000 * KIB).window(), 1000 * KIB);
    }
}
