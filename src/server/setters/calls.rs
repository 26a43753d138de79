//! The limits of a server for calls, for what they share, and for its end.

use std::time::Duration;

use crate::compression::Encoding;
use crate::server::Server;
use crate::transport::settings::MAX_WINDOW;

impl Server {
    /// How long a call may take, whatever deadline its client has set: what runs
    /// longer is DEADLINE_EXCEEDED. **Default:** no limit, since streams may be
    /// meant to last.
    #[must_use]
    pub fn max_call_duration(mut self, duration: Duration) -> Self {
        self.limits.max_call_duration = Some(duration);
        self
    }

    /// The greatest message that is taken, in bytes. A greater one ends its
    /// call with RESOURCE_EXHAUSTED before anything of it is buffered; one that
    /// is compressed, as soon as it has grown beyond. **Default:** 4 MiB.
    #[must_use]
    pub fn max_recv_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_recv_message_size = bytes;
        self
    }

    /// How much memory a message may take once it is decoded, in bytes: more is
    /// RESOURCE_EXHAUSTED, found out before anything is set aside. A few bytes on
    /// the wire can become many: an empty message in a list is two.
    /// **Default:** 16 times [`max_recv_message_size`](Self::max_recv_message_size).
    #[must_use]
    pub fn max_decoded_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_decoded_message_size = Some(bytes);
        self
    }

    /// Memory that the calls of all connections may take, in bytes: headers of calls
    /// that wait, with 4 KiB for each of these calls; messages that have come in
    /// part; messages that handlers were given, if they take more than 2 KiB; and
    /// answers that nobody takes. What does not fit ends its call with
    /// RESOURCE_EXHAUSTED. Calls that are answered at once are not counted. Clones
    /// of a server count together. **Default:** 1 GiB.
    ///
    /// What lies unread counts, and fails no call: its sender waits. Up to a quarter of the limit
    /// comes on top for what clients were allowed to send before the memory was used up,
    /// and 64 KiB for each connection ([`connection_window`](Self::connection_window)).
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.limits.memory_limit = bytes;
        self
    }

    /// How much of that may be of one connection. **Default:** half of
    /// [`memory_limit`](Self::memory_limit).
    ///
    /// Once a quarter of this is answers that wait, the handlers of the connection wait,
    /// too, as long as the client takes 1 MiB a second or more.
    #[must_use]
    pub fn memory_limit_per_connection(mut self, bytes: usize) -> Self {
        self.limits.memory_limit_per_connection = Some(bytes);
        self
    }

    /// How long a message that has begun may not go on (by 1 KiB at least, which
    /// who sends or takes a byte now and then does not). Then a call whose client
    /// does not send the rest is DEADLINE_EXCEEDED; one whose client does not take
    /// the answer is reset (ENHANCE_YOUR_CALM); and a connection whose peer takes
    /// nothing at all is cut. Between messages a stream may be idle for ever.
    /// **Default:** 60 seconds.
    #[must_use]
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.limits.stall_timeout = timeout.min(FOR_EVER);
        self
    }

    /// The greatest message that is sent, in bytes before it is compressed. A
    /// greater one is RESOURCE_EXHAUSTED, and nothing of it is sent. **Default:** no limit.
    #[must_use]
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_send_message_size = bytes;
        self
    }

    /// Compresses messages so, if the client says that it can read that.
    /// Small ones are sent as they are in any case, and so are those that would
    /// not become smaller. **Default:** [`Encoding::Identity`], nothing is compressed.
    ///
    /// A handler may choose otherwise, by
    /// [`Response::with_compression`](crate::Response::with_compression) and
    /// [`Sender::set_compression`](crate::Sender::set_compression).
    #[must_use]
    pub fn send_compression(mut self, encoding: Encoding) -> Self {
        self.limits.compression.encoding = encoding;
        self
    }

    /// From how many bytes on a message is compressed, where messages are.
    /// **Default:** 1,024: to compress less gains hardly a packet and costs more
    /// than the call.
    #[must_use]
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.limits.compression.from = bytes;
        self
    }

    /// Maximum size of the headers of a request, in bytes as HTTP/2 counts them:
    /// names, values, and 32 for each. **Default:** 16 KiB.
    ///
    /// The server announces it (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113, section
    /// 6.5.2). A larger list fails its own call: with RESOURCE_EXHAUSTED up to 320 KiB
    /// or three times the limit, if that is more, and with HTTP 431 beyond. A list of
    /// several times that size closes the connection.
    ///
    /// What the server sends is bounded by the limit that its client announces. A
    /// longer message of a status is cut, and details and metadata that do not fit are
    /// left out. Headers and trailers of a success that do not fit make it
    /// RESOURCE_EXHAUSTED.
    #[must_use]
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.limits.max_header_list_size = bytes;
        self
    }

    /// How many calls a connection may have open; more are refused in a way
    /// that clients try again. **Default:** 1,000.
    #[must_use]
    pub fn max_concurrent_streams(mut self, calls: u32) -> Self {
        self.limits.max_concurrent_streams = calls;
        self
    }

    /// How many bytes of one call its client may send ahead of the handler. **Default:** 256 KiB.
    ///
    /// More helps single streams on links that are both fast and long.
    /// It is what HTTP/2 calls the initial window of a stream (RFC 9113, section 6.9.2).
    #[must_use]
    pub fn stream_window(mut self, bytes: u32) -> Self {
        self.limits.stream_window = bytes.min(MAX_WINDOW);
        self
    }

    /// How many bytes of all calls of a connection its client may send beyond those
    /// that lie unread. **Default:** 4 MiB.
    ///
    /// What nobody reads does not count, so that it holds up no other call. It counts
    /// again where the limits of memory leave no room for it
    /// ([`memory_limit_per_connection`](Self::memory_limit_per_connection)).
    ///
    /// A window that was given cannot be taken back, so those of all connections are
    /// bounded. While they have less than an eighth of [`memory_limit`](Self::memory_limit),
    /// a new connection gets all. Up to a quarter it gets the window of one call, beyond that
    /// 64 KiB. It gets more when it has used up half of that and others have left.
    /// It is what HTTP/2 calls the window of a connection.
    #[must_use]
    pub fn connection_window(mut self, bytes: u32) -> Self {
        self.limits.connection_window = bytes.min(MAX_WINDOW);
        self
    }

    /// How long a new connection may take for its TLS handshake, if it has one,
    /// again to say that it speaks HTTP/2, and again to send its SETTINGS.
    /// **Default:** 10 seconds.
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake_timeout = timeout;
        self
    }

    /// How long the server serves on, as if nothing were, once it is told to stop
    /// and health says NOT_SERVING; only then it begins to drain.
    ///
    /// It is for load balancers and registries: as long as they need to notice and
    /// to send calls elsewhere, seconds as a rule. Less loses no call that was
    /// begun, but new calls may find the port closed.
    ///
    /// **Default:** none, since a server cannot know whether something routes to
    /// it, and a pause would be in the way of tests and of programs that are ended
    /// by hand.
    #[must_use]
    pub fn lame_duck(mut self, time: Duration) -> Self {
        self.limits.lame_duck = time;
        self
    }

    /// How long calls may go on once the server drains, which is when it has been
    /// told to stop and [`lame_duck`](Self::lame_duck) is over. What runs then is
    /// cut. **Default:** 25 seconds.
    #[must_use]
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.limits.drain_timeout = timeout;
        self
    }

    /// How many handlers may run for one connection: not only those of its open
    /// calls, but also those whose calls were cancelled and that have not ended
    /// yet. More are refused in a way that clients try again.
    /// **Default:** twice as many as [`max_concurrent_streams`](Self::max_concurrent_streams),
    /// since the handler of a cancelled call ends a little later than the call.
    #[must_use]
    pub fn max_handlers_per_connection(mut self, handlers: usize) -> Self {
        self.limits.max_handlers_per_connection = Some(handlers);
        self
    }

    /// How many handlers may run in all. A call beyond is RESOURCE_EXHAUSTED.
    /// **Default:** 100,000.
    #[must_use]
    pub fn max_handlers(mut self, handlers: usize) -> Self {
        self.limits.max_handlers = handlers;
        self
    }
}

/// As good as for ever, and what a clock can be set to.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
