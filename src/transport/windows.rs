//! How far a connection is open, by how much lies unread.
//!
//! HTTP/2 has two windows: one of each stream, one of the connection. `h2` gives
//! back both when a stream is read, so streams that nobody reads would close the
//! connection for all others. Here the connection's window grows by what lies
//! unread, of which a stream can have as much as its window.

use crate::transport::{BufferedIo, settings};

/// The window that this side grants its peer on one connection.
#[derive(Debug)]
pub(crate) struct Windows {
    /// How far the connection is open beyond what lies unread, as it was set.
    connection: u32,
    /// How much further each call beyond [`MANY`] may open it.
    stream: u32,
    /// How much the connection's window may grow.
    growth: u32,
    /// What `h2` aims at: what lies unread, and what the peer may still send.
    target: u32,
}

/// The connection of `h2`, of a server or of a client.
pub(crate) trait Flow {
    fn set_connection_window(&mut self, bytes: u32);
}

impl Windows {
    /// The windows of a connection that was set up with `stream` and `connection`,
    /// and whose window may grow by `growth` bytes.
    pub(crate) fn new(stream: u32, connection: u32, growth: usize) -> Self {
        let growth = u32::try_from(growth).unwrap_or(u32::MAX);
        Self { connection, stream, growth, target: connection }
    }

    /// Fits the window of the connection, of which the peer has `left` bytes. `room` tells
    /// whether there is memory for so many bytes more.
    #[inline]
    pub(crate) fn fit_connection(
        &mut self,
        left: i64,
        calls: usize,
        h2: &mut impl Flow,
        room: impl FnOnce(usize) -> bool,
    ) {
        let left = u32::try_from(left).unwrap_or(0);
        if left < self.connection / 2 {
            self.grow(left, calls, h2, room);
        } else if left > self.connection / 2 * 3 && left <= self.target {
            // What lies unread has become less. If more is left than is aimed at, nothing is known of it.
            self.set_target((self.target - (left - self.connection)).max(self.connection), h2);
        }
    }

    #[cold]
    fn grow(&mut self, left: u32, calls: usize, h2: &mut impl Flow, room: impl FnOnce(usize) -> bool) {
        let beyond = calls.saturating_sub(MANY).saturating_mul(self.stream as usize);
        let most =
            self.connection.saturating_add(self.growth).saturating_add(u32::try_from(beyond).unwrap_or(u32::MAX));
        let target = self.target.saturating_add(self.connection - left).min(most).min(settings::MAX_WINDOW);
        if target > self.target && room((target - self.target) as usize) {
            self.set_target(target, h2);
        }
    }

    fn set_target(&mut self, target: u32, h2: &mut impl Flow) {
        self.target = target;
        h2.set_connection_window(target);
    }
}

impl<B: bytes::Buf> Flow for h2::server::Connection<BufferedIo, B> {
    fn set_connection_window(&mut self, bytes: u32) {
        self.set_target_window_size(bytes);
    }
}

impl<B: bytes::Buf> Flow for h2::client::Connection<BufferedIo, B> {
    fn set_connection_window(&mut self, bytes: u32) {
        self.set_target_window_size(bytes);
    }
}

/// Beyond so many calls the connection may grow further with each.
const MANY: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u32 = 1024 * 1024;

    /// What `h2` was told.
    #[derive(Default)]
    struct Peer {
        connection: u32,
    }

    impl Flow for Peer {
        fn set_connection_window(&mut self, bytes: u32) {
            self.connection = bytes;
        }
    }

    fn windows() -> (Windows, Peer) {
        (Windows::new(MIB, 4 * MIB, 256 << 20), Peer::default())
    }

    #[test]
    fn the_connection_is_as_far_open_as_before_whatever_lies_unread() {
        let (mut windows, mut peer) = windows();
        windows.fit_connection(i64::from(3 * MIB), 10, &mut peer, |_| true);
        assert_eq!(peer.connection, 0, "all is read");
        windows.fit_connection(i64::from(MIB), 10, &mut peer, |_| true);
        assert_eq!(peer.connection, 7 * MIB);
        windows.fit_connection(0, 10, &mut peer, |_| true);
        assert_eq!(peer.connection, 11 * MIB);
        // Of 11 MiB 4 lie unread; later none.
        windows.fit_connection(i64::from(7 * MIB), 10, &mut peer, |_| true);
        assert_eq!(peer.connection, 8 * MIB);
        windows.fit_connection(i64::from(8 * MIB), 10, &mut peer, |_| true);
        assert_eq!(peer.connection, 4 * MIB);
        windows.fit_connection(i64::from(8 * MIB), 10, &mut peer, |_| true);
        assert_eq!(peer.connection, 4 * MIB);
    }

    #[test]
    fn the_connection_grows_as_far_as_there_is_memory() {
        let (mut windows, mut peer) = windows();
        windows.fit_connection(0, 10, &mut peer, |_| false);
        assert_eq!(peer.connection, 0);
        for _ in 0..1_000 {
            windows.fit_connection(0, 10, &mut peer, |_| true);
        }
        assert_eq!(peer.connection, 260 * MIB);
        windows.fit_connection(0, MANY + 1, &mut peer, |_| true);
        assert_eq!(peer.connection, 261 * MIB);
        for _ in 0..1_000 {
            windows.fit_connection(-1, usize::MAX, &mut peer, |_| true);
        }
        assert_eq!(peer.connection, settings::MAX_WINDOW);
    }
}
