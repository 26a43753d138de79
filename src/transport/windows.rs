//! How wide the windows of a connection are, by how many calls are open and how
//! much lies unread.
//!
//! HTTP/2 has two windows: one of each stream, one of the connection. `h2` gives
//! back both when a stream is read, so streams that nobody reads would close the
//! connection for all others. Here the connection's window grows by what lies
//! unread. Once much does, the window of each stream shrinks where streams are
//! many, so that what can lie unread stays bounded.

use std::time::Duration;

use tokio::time::Instant;

use crate::transport::{BufferedIo, settings};

/// The windows that this side grants its peer on one connection.
#[derive(Debug)]
pub(crate) struct Windows {
    /// The greatest window of a stream, as it was set.
    stream: u32,
    /// How far the connection is open beyond what lies unread, as it was set.
    connection: u32,
    /// Up to so many calls each stream has its greatest window.
    few: usize,
    /// How much the connection's window may grow.
    growth: u32,
    /// The window of a stream that the peer was told last.
    told: u32,
    /// When the peer was told.
    told_at: Instant,
    /// Whether more calls are open than `told` is for: `h2` sends one SETTINGS at a time.
    late: bool,
    /// What `h2` aims at: what lies unread, and what the peer may still send.
    target: u32,
}

/// The connection of `h2`, of a server or of a client.
pub(crate) trait Flow {
    /// `false` while the peer has not acknowledged earlier SETTINGS.
    fn set_stream_window(&mut self, bytes: u32) -> bool;

    fn set_connection_window(&mut self, bytes: u32);
}

impl Windows {
    /// The windows of a connection that was set up with `stream` and `connection`,
    /// and whose window may grow by `growth` bytes.
    pub(crate) fn new(stream: u32, connection: u32, growth: usize) -> Self {
        let growth = u32::try_from(growth).unwrap_or(u32::MAX);
        Self {
            stream,
            connection,
            few: SHARED / stream.max(1) as usize,
            growth,
            told: stream,
            told_at: Instant::now(),
            late: false,
            target: connection,
        }
    }

    /// Fits the windows of streams to so many open calls. `true` if there is something
    /// for `h2` to send.
    #[inline]
    pub(crate) fn fit_streams(&mut self, calls: usize, h2: &mut impl Flow) -> bool {
        let is_pressed = self.target - self.connection >= PRESSED;
        if self.told == self.stream && !(is_pressed && calls > self.few) {
            return false;
        }
        self.tell(if is_pressed { calls } else { 0 }, h2)
    }

    #[inline(never)]
    fn tell(&mut self, calls: usize, h2: &mut impl Flow) -> bool {
        let fits = stream_window(calls).min(self.stream);
        self.late = fits < self.told;
        // To widen at once would make a SETTINGS of each burst, and peers count those.
        let widens = fits > self.told && (fits / 4 >= self.told || fits == self.stream);
        if !self.late && !(widens && self.told_at.elapsed() >= CALM) || !h2.set_stream_window(fits) {
            return false;
        }
        (self.told, self.told_at, self.late) = (fits, Instant::now(), false);
        true
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

    /// While `late`, a stream may still send more than is meant for so many calls.
    #[cold]
    fn grow(&mut self, left: u32, calls: usize, h2: &mut impl Flow, room: impl FnOnce(usize) -> bool) {
        let beyond = calls.saturating_sub(MANY).saturating_mul(2 * NARROWEST as usize);
        let most =
            self.connection.saturating_add(self.growth).saturating_add(u32::try_from(beyond).unwrap_or(u32::MAX));
        let target = self.target.saturating_add(self.connection - left).min(most).min(settings::MAX_WINDOW);
        if target > self.target && !self.late && room((target - self.target) as usize) {
            self.set_target(target, h2);
        }
    }

    fn set_target(&mut self, target: u32, h2: &mut impl Flow) {
        self.target = target;
        h2.set_connection_window(target);
    }
}

/// What a stream may send ahead of its reader where so many calls are open: all of
/// them together [`SHARED`].
fn stream_window(calls: usize) -> u32 {
    let calls = calls.checked_next_power_of_two().unwrap_or(usize::MAX);
    u32::try_from(SHARED / calls.max(1)).unwrap_or(u32::MAX).max(NARROWEST)
}

impl<B: bytes::Buf> Flow for h2::server::Connection<BufferedIo, B> {
    fn set_stream_window(&mut self, bytes: u32) -> bool {
        self.set_initial_window_size(bytes).is_ok()
    }

    fn set_connection_window(&mut self, bytes: u32) {
        self.set_target_window_size(bytes);
    }
}

impl<B: bytes::Buf> Flow for h2::client::Connection<BufferedIo, B> {
    fn set_stream_window(&mut self, bytes: u32) -> bool {
        self.set_initial_window_size(bytes).is_ok()
    }

    fn set_connection_window(&mut self, bytes: u32) {
        self.set_target_window_size(bytes);
    }
}

/// What the windows of all streams come to, where streams are many and much lies unread.
const SHARED: usize = 32 * 1024 * 1024;

/// So much lies unread where it is much.
const PRESSED: u32 = 8 * 1024 * 1024;

/// Beyond so many calls the connection may grow further with each.
const MANY: usize = 1024;

/// The narrowest window of a stream: a full frame.
const NARROWEST: u32 = 16 * 1024;

/// How long the windows of streams stay narrow at least.
const CALM: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u32 = 1024 * 1024;

    /// What `h2` would do, for as long as its peer acknowledges SETTINGS.
    #[derive(Default)]
    struct Peer {
        silent: bool,
        streams: Vec<u32>,
        connection: u32,
    }

    impl Flow for Peer {
        fn set_stream_window(&mut self, bytes: u32) -> bool {
            if !self.silent {
                self.streams.push(bytes);
            }
            !self.silent
        }

        fn set_connection_window(&mut self, bytes: u32) {
            self.connection = bytes;
        }
    }

    fn windows() -> (Windows, Peer) {
        (Windows::new(MIB, 4 * MIB, 256 << 20), Peer::default())
    }

    /// Windows of which much lies unread.
    fn pressed() -> (Windows, Peer) {
        let (mut windows, mut peer) = windows();
        for _ in 0..2 {
            windows.fit_connection(0, 1, &mut peer, |_| true);
        }
        (windows, peer)
    }

    #[tokio::test(start_paused = true)]
    async fn streams_share_so_much_however_many_they_are() {
        let (mut windows, mut peer) = pressed();
        for calls in [1, 32, 33, 64, 65, 1_000, 1_024, 5_000, 1_000_000, usize::MAX] {
            windows.fit_streams(calls, &mut peer);
        }
        assert_eq!(peer.streams, [MIB / 2, MIB / 4, MIB / 32, MIB / 64]);
    }

    #[tokio::test(start_paused = true)]
    async fn streams_are_wide_where_all_is_read() {
        let (mut windows, mut peer) = windows();
        assert!(!windows.fit_streams(1_000_000, &mut peer));
    }

    /// A peer that counts SETTINGS gets few of them, however calls come and go.
    #[tokio::test(start_paused = true)]
    async fn streams_are_widened_after_a_while_and_not_before() {
        let (mut windows, mut peer) = pressed();
        for _ in 0..100 {
            windows.fit_streams(1_000, &mut peer);
            windows.fit_streams(1, &mut peer);
        }
        assert_eq!(peer.streams, [MIB / 32]);
        tokio::time::advance(CALM).await;
        assert!(!windows.fit_streams(500, &mut peer), "twice as wide is not worth it");
        assert!(windows.fit_streams(1, &mut peer));
        assert_eq!(peer.streams, [MIB / 32, MIB]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_is_as_far_open_as_before_whatever_lies_unread() {
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

    #[tokio::test(start_paused = true)]
    async fn the_connection_grows_as_far_as_there_is_memory() {
        let (mut windows, mut peer) = windows();
        windows.fit_connection(0, 10, &mut peer, |_| false);
        assert_eq!(peer.connection, 0);
        for _ in 0..1_000 {
            windows.fit_connection(0, 10, &mut peer, |_| true);
        }
        assert_eq!(peer.connection, 260 * MIB);
        windows.fit_connection(0, MANY + 32, &mut peer, |_| true);
        assert_eq!(peer.connection, 261 * MIB);
        for _ in 0..1_000 {
            windows.fit_connection(-1, usize::MAX, &mut peer, |_| true);
        }
        assert_eq!(peer.connection, settings::MAX_WINDOW);
    }

    /// Who does not acknowledge SETTINGS could send more on each stream than is meant for so many.
    #[tokio::test(start_paused = true)]
    async fn the_connection_does_not_grow_before_its_streams_are_narrow() {
        let (mut windows, mut peer) = pressed();
        peer.silent = true;
        assert!(!windows.fit_streams(1_000, &mut peer));
        windows.fit_connection(0, 1_000, &mut peer, |_| true);
        assert_eq!(peer.connection, 12 * MIB);
        peer.silent = false;
        assert!(windows.fit_streams(1_000, &mut peer));
        windows.fit_connection(0, 1_000, &mut peer, |_| true);
        assert_eq!(peer.connection, 16 * MIB);
    }
}
