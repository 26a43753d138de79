//! What can be set: for the calls of a handle, and for the connections of a channel.

use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderValue;

use crate::call::message_reader::MessageReader;
use crate::client::calls::headers::CommonHeaders;
use crate::client::connection::keepalive::Keepalive;
use crate::compression::Compression;
use crate::transport::{MEMORY_LIMIT, settings};

/// What a handle of a channel may change, for its calls; the setters of `Channel` document it.
#[derive(Clone, Debug)]
pub(crate) struct CallSettings {
    pub(crate) max_recv_message_size: usize,
    /// 16 times `max_recv_message_size`, unless it is set.
    pub(crate) max_decoded_message_size: Option<usize>,
    pub(crate) max_send_message_size: usize,
    pub(crate) compression: Compression,
    pub(crate) headers: Arc<CommonHeaders>,
}

/// What is fixed for a channel and the same for all its handles and connections; the
/// setters of `ChannelBuilder` document it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) max_connections: usize,
    pub(crate) memory_limit: usize,
    pub(crate) keepalive: Keepalive,
    pub(crate) stream_window: u32,
    pub(crate) connection_window: u32,
    pub(crate) max_header_list_size: u32,
}

impl Default for ConnectSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(20),
            max_connections: 1,
            memory_limit: MEMORY_LIMIT,
            keepalive: Keepalive::default(),
            stream_window: settings::STREAM_WINDOW,
            connection_window: settings::CONNECTION_WINDOW,
            max_header_list_size: settings::CHANNEL_HEADER_LIST,
        }
    }
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            max_recv_message_size: 4 * 1024 * 1024,
            max_decoded_message_size: None,
            max_send_message_size: usize::MAX,
            compression: Compression::default(),
            headers: Arc::new(CommonHeaders::new(HeaderValue::from_static(USER_AGENT))),
        }
    }
}

impl CallSettings {
    /// What takes the answers of a call.
    pub(crate) fn message_reader(&self) -> MessageReader {
        MessageReader::new(self.max_recv_message_size, self.max_decoded())
    }

    /// How much memory a message may take once it is decoded.
    fn max_decoded(&self) -> usize {
        self.max_decoded_message_size.unwrap_or(self.max_recv_message_size.saturating_mul(16))
    }
}

pub(crate) const USER_AGENT: &str = concat!("grpc-rust-puregrpc/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promises::{Promises, bytes, time, words};

    /// A default is not changed, nor a setter added, without those who read of it.
    #[test]
    fn every_default_is_the_one_that_is_promised() {
        let (calls, connections) = (CallSettings::default(), ConnectSettings::default());
        let sources = [include_str!("channel.rs"), include_str!("builder.rs")];
        let others = ["tls", "send_compression", "compress_from", "max_connections", "user_agent"];
        assert_eq!(calls.max_decoded(), 16 * calls.max_recv_message_size);
        assert!(!connections.keepalive.without_calls);
        Promises::of("Channel", &sources, &others).check(&[
            ("max_recv_message_size", bytes(calls.max_recv_message_size)),
            ("max_decoded_message_size", words("16 times")),
            ("memory_limit", bytes(connections.memory_limit)),
            ("max_send_message_size", bytes(calls.max_send_message_size)),
            ("stream_window", bytes(connections.stream_window as usize)),
            ("connection_window", bytes(connections.connection_window as usize)),
            ("max_header_list_size", bytes(connections.max_header_list_size as usize)),
            ("connect_timeout", time(connections.connect_timeout)),
            ("keepalive_time", time(connections.keepalive.time)),
            ("keepalive_timeout", time(connections.keepalive.timeout)),
            ("keepalive_without_calls", [words("no"), words("not pinged")].concat()),
        ]);
    }
}
