//! How a channel is set up, and the ways to make one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::coop::consume_budget;

use crate::client::channel::Channel;
use crate::client::core::Core;
use crate::client::settings::{CallSettings, ConnectSettings};
use crate::client::target::Target;
use crate::error::Error;
#[cfg(feature = "tls")]
use crate::transport::ClientTls;
use crate::transport::InProcessConnector;
use crate::transport::settings::MAX_WINDOW;

/// Sets up a [`Channel`]: all that holds for its connections, and so for all its clones.
///
/// What holds for calls, such as the size of messages, is set on the [`Channel`] itself
/// and may differ between its clones.
///
#[cfg_attr(feature = "tls", doc = "```no_run")]
#[cfg_attr(not(feature = "tls"), doc = "```ignore")]
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use puregrpc::{Channel, ClientTls, Roots};
///
/// let channel = Channel::builder("https://localhost:50051")
///     .tls(ClientTls::new().roots(Roots::from_file("ca.pem")?))
///     .connect_timeout(Duration::from_secs(5))
///     .connect()
///     .await?
///     .max_recv_message_size(64 << 20);
/// # Ok(())
/// # }
/// ```
#[must_use = "it makes no channel before `build` or `connect`"]
pub struct ChannelBuilder {
    /// The first error is kept until a channel is made.
    target: Result<Target, Error>,
    settings: ConnectSettings,
}

impl Channel {
    /// Sets up a channel; what it is to connect to is written as for [`Channel`].
    pub fn builder(target: impl AsRef<str>) -> ChannelBuilder {
        ChannelBuilder::new(target)
    }

    /// Connects to a server, now: short for `Channel::builder(target).connect()`.
    ///
    /// # Errors
    ///
    /// If the address cannot be read ([`Error::is_address`]), or no connection
    /// can be made ([`Error::is_connect`]).
    pub async fn connect(target: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(target).connect().await
    }

    /// A channel that connects when its first call is made: short for
    /// `Channel::builder(target).build()`.
    ///
    /// # Errors
    ///
    /// If the address cannot be read.
    pub fn lazy(target: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(target).build()
    }

    /// A channel to a server in this process, by the connector that goes with
    /// its listener ([`in_process`](crate::in_process)).
    pub fn in_process(connector: InProcessConnector) -> Self {
        Self::with(Target::in_process(connector), ConnectSettings::default())
    }

    fn with(target: Target, settings: ConnectSettings) -> Self {
        Self { core: Arc::new(Core::new(target, settings)), settings: CallSettings::default() }
    }
}

impl ChannelBuilder {
    /// Sets up a channel, as [`Channel::builder`].
    pub fn new(target: impl AsRef<str>) -> Self {
        Self { target: Target::parse(target.as_ref()), settings: ConnectSettings::default() }
    }

    /// Sets up a channel to a server in this process, by the connector that goes with
    /// its listener ([`in_process`](crate::in_process)).
    pub fn in_process(connector: InProcessConnector) -> Self {
        Self { target: Ok(Target::in_process(connector)), settings: ConnectSettings::default() }
    }

    /// A channel that connects when its first call is made.
    ///
    /// # Errors
    ///
    /// If the address cannot be read, or is `http://…` and TLS is set
    /// ([`Error::is_address`]), or the settings of TLS cannot be used ([`Error::is_tls`]).
    pub fn build(self) -> Result<Channel, Error> {
        let settings = self.settings;
        self.target.map(|target| Channel::with(target, settings))
    }

    /// A channel that is connected.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), or if no connection can be made ([`Error::is_connect`]).
    pub async fn connect(self) -> Result<Channel, Error> {
        consume_budget().await;
        let channel = self.build()?;
        channel.ready().await?;
        Ok(channel)
    }

    /// Speaks TLS with these settings. They replace the defaults of an `https://`
    /// address, and turn TLS on for `host:port`, Unix-socket and in-process targets.
    ///
    /// This blocks while it reads the system's roots, if `tls` does not say whom to trust.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.target = self.target.and_then(|target| target.tls(tls));
        self
    }

    /// How long an attempt to connect may take, up to the server's greeting and with
    /// all addresses of a name together. **Default:** 20 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How many connections there may be to the server. **Default:** 1, as
    /// HTTP/2 asks of clients (RFC 9113, section 9.1); 0 is taken for 1.
    ///
    /// A server limits how many calls it takes at once on one connection, often to
    /// 100 or 200. Further calls wait until another call ends, which may take long if
    /// it is a stream. If more connections are allowed, the channel opens one when all
    /// are full; calls go to the oldest connection that has room. If it cannot be
    /// opened, calls wait as before, and the channel retries after the usual interval.
    /// A connection beyond the first that has had no calls for 30 to 60 seconds is
    /// closed. A connection that the server is closing does not count, though its
    /// calls continue.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.settings.max_connections = count;
        self
    }

    /// Memory that servers may make this channel hold, in bytes: headers and trailers
    /// of calls that wait or stream, and messages that nobody has received yet.
    /// A call for which there is no room ends with RESOURCE_EXHAUSTED. **Default:** 1 GiB.
    ///
    /// Calls that nobody reads may take half of it; then their server has to wait.
    /// The [`connection_window`](Self::connection_window) of each connection comes on top.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.settings.memory_limit = bytes;
        self
    }

    /// After how much silence of the server it is pinged, to see whether it is
    /// still there. **Default:** `None`, never.
    ///
    /// Less than 10 seconds is taken for 10 seconds. Servers of gRPC allow a ping
    /// every 5 minutes unless they are configured to allow more. If a server
    /// complains, the channel doubles the time.
    pub fn keepalive_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.keepalive.set_time(time.into());
        self
    }

    /// How long a server that was pinged may stay silent. Then its connection is
    /// given up, and its calls are UNAVAILABLE. **Default:** 20 seconds.
    pub fn keepalive_timeout(mut self, timeout: Duration) -> Self {
        self.settings.keepalive.timeout = timeout;
        self
    }

    /// Whether the server is pinged also while there are no calls. Servers
    /// allow that every 2 hours, unless they are configured to allow more.
    /// **Default:** no.
    pub fn keepalive_without_calls(mut self, ping: bool) -> Self {
        self.settings.keepalive.without_calls = ping;
        self
    }

    /// How many bytes of one call the server may send ahead of its reader.
    /// **Default:** 256 KiB.
    ///
    /// More helps single streams on links that are both fast and long.
    /// It is what HTTP/2 calls the initial window of a stream (RFC 9113, section 6.9.2).
    pub fn stream_window(mut self, bytes: u32) -> Self {
        self.settings.stream_window = bytes.min(MAX_WINDOW);
        self
    }

    /// How many bytes of all calls of a connection the server may send beyond those
    /// that lie unread. **Default:** 4 MiB.
    ///
    /// What nobody reads does not count, so that it holds up no other call. It counts
    /// again from 256 MiB on, and for each call beyond 1,000 there is the window of one more.
    /// It also counts where half of [`memory_limit`](Self::memory_limit) is used up.
    /// It is what HTTP/2 calls the window of a connection.
    pub fn connection_window(mut self, bytes: u32) -> Self {
        self.settings.connection_window = bytes.min(MAX_WINDOW);
        self
    }

    /// Maximum size of the headers or trailers of an answer, in bytes as HTTP/2 counts
    /// them: names, values, and 32 for each. **Default:** 32 KiB.
    ///
    /// The channel announces it to the server (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113,
    /// section 6.5.2). A larger list fails its own call. If it holds an error, the code
    /// stays: the message is cut, and details that do not fit are left out. If it holds a
    /// success, the call fails with RESOURCE_EXHAUSTED. The other calls of the connection
    /// go on, up to 320 KiB or three times the limit, if that is more; a list of several
    /// times that size closes the connection.
    ///
    /// What the channel sends is bounded by the limit of the server: metadata of a
    /// request beyond it fails the call with RESOURCE_EXHAUSTED before anything is sent.
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.settings.max_header_list_size = bytes;
        self
    }
}

impl fmt::Debug for ChannelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ChannelBuilder");
        match &self.target {
            Ok(target) => shown.field("target", &format_args!("{target}")),
            Err(error) => shown.field("target", error),
        };
        shown.field("settings", &self.settings).finish()
    }
}
