//! Sets up a blocking channel.

use std::time::Duration;

#[cfg(feature = "tls")]
use crate::ClientTls;
use crate::blocking::channel::Channel;
use crate::{Error, InProcessConnector};

/// Sets up a blocking [`Channel`] and the settings of its connections.
///
/// The settings are those of [`puregrpc::ChannelBuilder`](crate::ChannelBuilder).
#[derive(Debug)]
#[must_use = "it makes no channel before `build` or `connect`"]
pub struct ChannelBuilder(crate::ChannelBuilder);

impl Channel {
    /// Sets up a channel, with TLS, keepalive and limits of connections
    /// ([`puregrpc::Channel::builder`](crate::Channel::builder)).
    ///
    #[cfg_attr(feature = "tls", doc = "```no_run")]
    #[cfg_attr(not(feature = "tls"), doc = "```ignore")]
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use puregrpc::{ClientTls, Roots, blocking};
    ///
    /// let channel = blocking::Channel::builder("https://localhost:50051")
    ///     .tls(ClientTls::new().roots(Roots::from_file("ca.pem")?))
    ///     .connect()?
    ///     .max_recv_message_size(64 << 20);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(target: impl AsRef<str>) -> ChannelBuilder {
        ChannelBuilder::new(target)
    }

    /// Connects to a server now: short for `Channel::builder(target).connect()`.
    ///
    /// # Errors
    ///
    /// If the address is malformed ([`Error::is_address`]), or no connection can be
    /// made ([`Error::is_connect`]).
    pub fn connect(target: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(target).connect()
    }

    /// A channel that connects with its first call: short for
    /// `Channel::builder(target).build()`.
    ///
    /// # Errors
    ///
    /// If the address is malformed, or no thread can be started.
    pub fn lazy(target: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(target).build()
    }
}

impl ChannelBuilder {
    /// Sets up a channel, as [`Channel::builder`].
    pub fn new(target: impl AsRef<str>) -> Self {
        Self(crate::ChannelBuilder::new(target))
    }

    /// Sets up a channel to a server in this process, by the connector that goes with
    /// its listener ([`in_process`](crate::in_process)).
    pub fn in_process(connector: InProcessConnector) -> Self {
        Self(crate::ChannelBuilder::in_process(connector))
    }

    /// A channel that connects with its first call.
    ///
    /// # Errors
    ///
    /// As [`puregrpc::ChannelBuilder::build`](crate::ChannelBuilder::build), or if no
    /// thread can be started.
    pub fn build(self) -> Result<Channel, Error> {
        Channel::new(self.0.build()?)
    }

    /// A connected channel.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), or if no connection can be made ([`Error::is_connect`]).
    pub fn connect(self) -> Result<Channel, Error> {
        let channel = self.build()?;
        channel.ready()?;
        Ok(channel)
    }

    /// As [`puregrpc::ChannelBuilder::tls`](crate::ChannelBuilder::tls).
    #[cfg(feature = "tls")]
    pub fn tls(self, tls: ClientTls) -> Self {
        Self(self.0.tls(tls))
    }

    /// As [`puregrpc::ChannelBuilder::connect_timeout`](crate::ChannelBuilder::connect_timeout).
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self(self.0.connect_timeout(timeout))
    }

    /// As [`puregrpc::ChannelBuilder::max_connections`](crate::ChannelBuilder::max_connections).
    pub fn max_connections(self, count: usize) -> Self {
        Self(self.0.max_connections(count))
    }

    /// As [`puregrpc::ChannelBuilder::memory_limit`](crate::ChannelBuilder::memory_limit).
    pub fn memory_limit(self, bytes: usize) -> Self {
        Self(self.0.memory_limit(bytes))
    }

    /// As [`puregrpc::ChannelBuilder::keepalive_time`](crate::ChannelBuilder::keepalive_time).
    pub fn keepalive_time(self, time: impl Into<Option<Duration>>) -> Self {
        Self(self.0.keepalive_time(time))
    }

    /// As [`puregrpc::ChannelBuilder::keepalive_timeout`](crate::ChannelBuilder::keepalive_timeout).
    pub fn keepalive_timeout(self, timeout: Duration) -> Self {
        Self(self.0.keepalive_timeout(timeout))
    }

    /// As [`puregrpc::ChannelBuilder::keepalive_without_calls`](crate::ChannelBuilder::keepalive_without_calls).
    pub fn keepalive_without_calls(self, ping: bool) -> Self {
        Self(self.0.keepalive_without_calls(ping))
    }

    /// As [`puregrpc::ChannelBuilder::stream_window`](crate::ChannelBuilder::stream_window).
    pub fn stream_window(self, bytes: u32) -> Self {
        Self(self.0.stream_window(bytes))
    }

    /// As [`puregrpc::ChannelBuilder::connection_window`](crate::ChannelBuilder::connection_window).
    pub fn connection_window(self, bytes: u32) -> Self {
        Self(self.0.connection_window(bytes))
    }

    /// As [`puregrpc::ChannelBuilder::max_header_list_size`](crate::ChannelBuilder::max_header_list_size).
    pub fn max_header_list_size(self, bytes: u32) -> Self {
        Self(self.0.max_header_list_size(bytes))
    }
}
