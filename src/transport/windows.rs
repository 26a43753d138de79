//! How far a connection is open, by how much lies unread.
//!
//! HTTP/2 has two windows: one of each stream, one of the connection. `h2` gives
//! back both when a stream is read, so streams that nobody reads would close the
//! connection for all others. Here the connection's window grows by what lies
//! unread, of which a stream can have as much as its window.

use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use tokio::time::Instant;

use crate::transport::{Alarm, Budget, BufferedIo, Grant, Reservation, settings};

/// The window that this side grants its peer on one connection.
#[derive(Debug)]
pub(crate) struct Windows {
    /// How far the connection is open beyond what lies unread.
    grant: Grant,
    /// How much further each call beyond [`MANY`] may open it.
    stream: u32,
    /// How much the connection's window may grow.
    growth: u32,
    /// What `h2` aims at: what lies unread, and what the peer may still send.
    target: u32,
    memory: Arc<Budget>,
    /// The memory of what the window has grown by, where nobody else counts what lies unread.
    held: Option<Reservation>,
    /// Rings when the window could not grow, for another look at the memory.
    retry: Alarm,
}

/// The connection of `h2`, of a server or of a client.
pub(crate) trait Flow {
    fn set_connection_window(&mut self, bytes: u32);
}

impl Windows {
    /// The windows of a server's connection, which may grow by `growth` bytes while
    /// `memory` has room. Whoever takes the bytes out of `h2` counts them.
    pub(crate) fn of_server(stream: u32, grant: Grant, growth: usize, memory: &Arc<Budget>) -> Self {
        let growth = u32::try_from(growth).unwrap_or(u32::MAX);
        let memory = Arc::clone(memory);
        Self { target: grant.window(), grant, stream, growth, memory, held: None, retry: Alarm::default() }
    }

    /// The windows of a client's connection. What they grow by is counted here, and
    /// leaves half of the memory to the calls that are read.
    pub(crate) fn of_client(stream: u32, connection: u32, memory: &Arc<Budget>) -> Self {
        let windows = Self::of_server(stream, Grant::fixed(connection), settings::UNREAD, memory);
        Self { held: Some(Reservation::default()), ..windows }
    }

    /// Fits the window of the connection, of which the peer has `left` bytes.
    #[inline]
    pub(crate) fn fit_connection(&mut self, cx: &mut Context<'_>, left: i64, calls: usize, h2: &mut impl Flow) {
        let left = u32::try_from(left).unwrap_or(0);
        let open = self.grant.window();
        if left < open / 2 {
            self.grow(cx, left, calls, h2);
        } else if left > open / 2 * 3 && left <= self.target {
            // What lies unread has become less. If more is left than is aimed at, nothing is known of it.
            self.set_target((self.target - (left - open)).max(open), h2);
        }
    }

    #[cold]
    fn grow(&mut self, cx: &mut Context<'_>, left: u32, calls: usize, h2: &mut impl Flow) {
        self.grant.widen();
        let open = self.grant.window();
        let beyond = calls.saturating_sub(MANY).saturating_mul(self.stream as usize);
        let most = open.saturating_add(self.growth).saturating_add(u32::try_from(beyond).unwrap_or(u32::MAX));
        let target = self.target.saturating_add(open - left).min(most).min(settings::MAX_WINDOW);
        let more = target.saturating_sub(self.target);
        let room = self.room();
        if more > room {
            // Memory may come free on another connection, which does not wake this one.
            self.retry.set(cx, Some(Instant::now() + RETRY));
        }
        if more.min(room) > 0 {
            self.set_target(self.target + more.min(room), h2);
        }
    }

    /// How much memory there is to grow.
    fn room(&self) -> u32 {
        let kept = if self.held.is_some() { self.memory.limit() / 2 } else { 0 };
        u32::try_from(self.memory.room().saturating_sub(kept)).unwrap_or(u32::MAX)
    }

    fn set_target(&mut self, target: u32, h2: &mut impl Flow) {
        self.target = target;
        if let Some(held) = &mut self.held {
            held.hold(&self.memory, target.saturating_sub(self.grant.window()) as usize);
        }
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

/// How long a window that could not grow waits until it is tried again.
const RETRY: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    use tokio::time::sleep;

    use crate::transport::Grants;
    use crate::wakes::Wakes;

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

    fn windows(memory: &Arc<Budget>) -> (Windows, Peer) {
        (Windows::of_server(MIB, Grant::fixed(4 * MIB), 256 << 20, memory), Peer::default())
    }

    fn memory(mib: u32) -> Arc<Budget> {
        Budget::new((mib * MIB) as usize, Arc::default())
    }

    impl Windows {
        fn fit(&mut self, left: u32, calls: usize, peer: &mut Peer) {
            self.fit_connection(&mut Context::from_waker(Waker::noop()), i64::from(left), calls, peer);
        }
    }

    #[test]
    fn the_connection_is_as_far_open_as_before_whatever_lies_unread() {
        let (mut windows, mut peer) = windows(&memory(1_000));
        windows.fit(3 * MIB, 10, &mut peer);
        assert_eq!(peer.connection, 0, "all is read");
        windows.fit(MIB, 10, &mut peer);
        assert_eq!(peer.connection, 7 * MIB);
        windows.fit(0, 10, &mut peer);
        assert_eq!(peer.connection, 11 * MIB);
        // Of 11 MiB 4 lie unread; later none.
        windows.fit(7 * MIB, 10, &mut peer);
        assert_eq!(peer.connection, 8 * MIB);
        windows.fit(8 * MIB, 10, &mut peer);
        assert_eq!(peer.connection, 4 * MIB);
        windows.fit(8 * MIB, 10, &mut peer);
        assert_eq!(peer.connection, 4 * MIB);
    }

    #[test]
    fn the_connection_grows_as_far_as_it_may() {
        let (mut windows, mut peer) = windows(&memory(1_000));
        for _ in 0..1_000 {
            windows.fit(0, 10, &mut peer);
        }
        assert_eq!(peer.connection, 260 * MIB);
        windows.fit(0, MANY + 1, &mut peer);
        assert_eq!(peer.connection, 261 * MIB);
        for _ in 0..1_000 {
            windows.fit(0, usize::MAX, &mut peer);
        }
        assert_eq!(peer.connection, settings::MAX_WINDOW);
    }

    /// Memory that comes free elsewhere wakes nobody: the connection looks again by itself.
    #[tokio::test(start_paused = true)]
    async fn the_connection_waits_for_memory() {
        let memory = memory(10);
        let (mut windows, mut peer) = windows(&memory);
        let mut used = Reservation::default();
        used.resize(&memory, (9 * MIB) as usize).unwrap();
        windows.fit(0, 10, &mut peer);
        assert_eq!(peer.connection, 5 * MIB, "as much as there is");
        used.resize(&memory, (10 * MIB) as usize).unwrap();
        let wakes = Wakes::default();
        let waker = wakes.waker();
        let mut cx = Context::from_waker(&waker);
        for round in 1..=2 {
            windows.fit_connection(&mut cx, 0, 10, &mut peer);
            assert_eq!((peer.connection, wakes.count()), (5 * MIB, round - 1));
            sleep(RETRY).await;
            assert_eq!(wakes.count(), round);
        }
        used.clear();
        windows.fit_connection(&mut cx, 0, 10, &mut peer);
        assert_eq!(peer.connection, 9 * MIB);
    }

    /// What a client's connections grow by is counted, and leaves half of the memory to what is read.
    #[tokio::test]
    async fn a_clients_connections_share_half_of_the_memory() {
        let memory = memory(80);
        let (mut one, mut two) = (Windows::of_client(MIB, 4 * MIB, &memory), Windows::of_client(MIB, 4 * MIB, &memory));
        let (mut first, mut second) = (Peer::default(), Peer::default());
        (0..5).for_each(|_| one.fit(0, 10, &mut first));
        (0..1_000).for_each(|_| two.fit(0, 10, &mut second));
        assert_eq!((first.connection, second.connection), (24 * MIB, 24 * MIB));
        assert!(memory.has_room((40 * MIB) as usize) && !memory.has_room((40 * MIB) as usize + 1));
        // What was read makes room.
        one.fit(24 * MIB, 10, &mut first);
        assert!(memory.has_room((60 * MIB) as usize));
        drop((one, two));
        assert!(memory.has_room((80 * MIB) as usize));
    }

    /// A connection that began with little gets what was set once others have left.
    #[test]
    fn the_connection_is_widened_by_use() {
        let grants = Grants::new((8 * MIB) as usize, Arc::default());
        let first = grants.grant(MIB, 4 * MIB);
        let (mut windows, mut peer) = windows(&memory(1_000));
        windows = Windows { grant: grants.grant(MIB, 4 * MIB), target: MIB, ..windows };
        windows.fit(MIB, 10, &mut peer);
        assert_eq!(peer.connection, 0);
        drop(first);
        windows.fit(MIB / 4, 10, &mut peer);
        assert_eq!(peer.connection, 4 * MIB + MIB / 4 * 3);
    }
}
