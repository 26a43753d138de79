//! What can be set on a channel.

use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderValue;

use crate::call::intake::Intake;
use crate::client::headers::CommonHeaders;
use crate::client::keepalive::Keepalive;
use crate::compression::Compression;

/// The settings of one handle of a channel; the setters document them.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) max_recv_message_size: usize,
    /// 16 times `max_recv_message_size`, unless it is set.
    pub(crate) max_decoded_message_size: Option<usize>,
    pub(crate) max_send_message_size: usize,
    pub(crate) compression: Compression,
    pub(crate) max_connections: usize,
    pub(crate) connect_timeout: Duration,
    pub(crate) keepalive: Keepalive,
    pub(crate) headers: Arc<CommonHeaders>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_recv_message_size: 4 * 1024 * 1024,
            max_decoded_message_size: None,
            max_send_message_size: usize::MAX,
            compression: Compression::default(),
            max_connections: 1,
            connect_timeout: Duration::from_secs(20),
            keepalive: Keepalive::default(),
            headers: Arc::new(CommonHeaders::new(HeaderValue::from_static(USER_AGENT))),
        }
    }
}

impl Settings {
    /// What takes the answers of a call.
    pub(crate) fn intake(&self) -> Intake {
        let max_recv = self.max_recv_message_size;
        Intake::new(max_recv, self.max_decoded_message_size.unwrap_or(max_recv.saturating_mul(16)))
    }
}

pub(crate) const USER_AGENT: &str = concat!("grpc-rust-puregrpc/", env!("CARGO_PKG_VERSION"));
