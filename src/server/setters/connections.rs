//! The limits of a server for connections.

use std::time::Duration;

use crate::server::Server;

impl Server {
    /// How many connections may be open, of all clones of the server together.
    /// One beyond is closed at once. If a connection is at least 5 seconds old and
    /// has made no call, the server closes that one instead (GOAWAY, NO_ERROR),
    /// the oldest first: idle connections cannot keep clients out. A client that
    /// connected early loses nothing; it connects again with its next call. **Default:** 10,000, or as many as the
    /// process has file descriptors for, an eighth of them (1,024 at most) left
    /// to the rest of the program.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.limits.max_connections = Some(connections);
        self
    }

    /// How many connections may be open from one IP address; an IPv6 network of
    /// 2⁶⁴ addresses counts as one. One beyond is closed at once, unless an older
    /// connection from the same address has made no call: see
    /// [`max_connections`](Self::max_connections). **Default:** no limit, since behind a proxy or a gateway all clients come
    /// from the same address.
    #[must_use]
    pub fn max_connections_per_ip(mut self, connections: usize) -> Self {
        self.limits.max_connections_per_ip = Some(connections);
        self
    }

    /// How long the headers of a call may take from their first byte to their
    /// last; so, too, any other frame but DATA. **Default:** 10 seconds.
    #[must_use]
    pub fn header_block_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_block_timeout = timeout;
        self
    }

    /// How many frames that carry nothing for a call (PING, PRIORITY,
    /// WINDOW_UPDATE, RST_STREAM, unknown ones) a connection may send at once,
    /// apart from 1,000 a second and ten for each HEADERS and DATA frame that
    /// calls bring with them. More end the connection. **Default:** 10,000.
    #[must_use]
    pub fn max_control_frames(mut self, frames: u32) -> Self {
        self.limits.max_control_frames = frames;
        self
    }

    /// How many calls a connection may cancel within half a second of their
    /// beginning, apart from 100 a second and one for each call that ended well.
    /// More end the connection. Calls that the server has to reset for a fault
    /// of the client count, too. Who lets calls last for a second may cancel
    /// them all. **Default:** twice
    /// [`max_concurrent_streams`](Self::max_concurrent_streams), and at least 1,000.
    #[must_use]
    pub fn max_quick_cancels(mut self, calls: u32) -> Self {
        self.limits.max_quick_cancels = Some(calls);
        self
    }

    /// How long clients have to wait between two pings, unless they were sent
    /// something in between. A client that does it sooner for the third time
    /// loses its connection, as gRFC A8 wants it. **Default:** 5 minutes.
    #[must_use]
    pub fn permit_keepalive_time(mut self, time: Duration) -> Self {
        self.limits.permit_keepalive_time = time;
        self
    }

    /// Whether clients may ping as often while they have no calls; if not, they
    /// have to wait 2 hours. **Default:** no.
    #[must_use]
    pub fn permit_keepalive_without_calls(mut self, permit: bool) -> Self {
        self.limits.permit_keepalive_without_calls = permit;
        self
    }

    /// After how much silence a client is pinged, to see whether it is still
    /// there, also when it has no calls; `None` is never. **Default:** 2 hours.
    #[must_use]
    pub fn keepalive_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.limits.keepalive_time = time.into();
        self
    }

    /// How long a client that was pinged may stay silent. Then its connection is
    /// cut, and its calls are cancelled. **Default:** 20 seconds.
    #[must_use]
    pub fn keepalive_timeout(mut self, timeout: Duration) -> Self {
        self.limits.keepalive_timeout = timeout;
        self
    }

    /// After how long a connection without calls is ended; `None` is never.
    /// Nothing is lost by it: clients connect again with their next call.
    /// **Default:** 30 minutes, after which gRPC's clients leave by themselves.
    #[must_use]
    pub fn max_connection_idle(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.limits.max_connection_idle = time.into();
        self
    }

    /// How long a connection may last, give or take a tenth at random; then it
    /// takes no new calls. Those that it has go on for the
    /// [grace](Self::max_connection_age_grace). **Default:** `None`, for ever.
    #[must_use]
    pub fn max_connection_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.limits.max_connection_age = age.into();
        self
    }

    /// How long the calls of a connection that is too old may go on. What runs
    /// then is cut. **Default:** `None`, to their end.
    #[must_use]
    pub fn max_connection_age_grace(mut self, grace: impl Into<Option<Duration>>) -> Self {
        self.limits.max_connection_age_grace = grace.into();
        self
    }
}
