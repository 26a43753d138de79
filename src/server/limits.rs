//! What a server allows, with its defaults.

use std::time::Duration;

use crate::transport::settings;

/// The limits of a server; each has a setter of its name on
/// [`Server`](crate::Server), where its meaning is written.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) max_recv_message_size: usize,
    pub(crate) max_send_message_size: usize,
    pub(crate) max_header_list_size: u32,
    pub(crate) max_concurrent_streams: u32,
    pub(crate) max_handlers_per_connection: Option<usize>,
    pub(crate) max_handlers: usize,
    pub(crate) stream_window: u32,
    pub(crate) connection_window: u32,
    pub(crate) handshake_timeout: Duration,
    pub(crate) lame_duck: Duration,
    pub(crate) drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_recv_message_size: 4 * 1024 * 1024,
            max_send_message_size: usize::MAX,
            max_header_list_size: settings::MAX_HEADER_LIST_SIZE,
            max_concurrent_streams: 1000,
            max_handlers_per_connection: None,
            max_handlers: 100_000,
            stream_window: settings::STREAM_WINDOW,
            connection_window: settings::CONNECTION_WINDOW,
            handshake_timeout: Duration::from_secs(10),
            lame_duck: Duration::ZERO,
            drain_timeout: Duration::from_secs(25),
        }
    }
}

impl Limits {
    /// How much of the connection's window each call may keep closed while it
    /// runs: an eighth, if there are as many as there may be.
    pub(crate) fn kept_window(&self) -> usize {
        (self.connection_window / self.max_concurrent_streams.saturating_mul(8).max(1)) as usize
    }

    /// How many handlers of one connection may run.
    pub(crate) fn handlers_per_connection(&self) -> usize {
        self.max_handlers_per_connection.unwrap_or(self.max_concurrent_streams as usize)
    }

    /// h2 set up for these limits.
    pub(crate) fn builder(&self) -> h2::server::Builder {
        let streams = self.max_concurrent_streams as usize;
        let mut builder = h2::server::Builder::new();
        builder
            .initial_window_size(self.stream_window)
            .initial_connection_window_size(self.connection_window)
            .max_concurrent_streams(self.max_concurrent_streams)
            // Twice ours: what lies between gets a gRPC status instead of a bare 431.
            .max_header_list_size(self.max_header_list_size.saturating_mul(2))
            .max_frame_size(16 * 1024)
            .data_frame_budget(settings::DATA_FRAME_BUDGET)
            // Streams that were answered early are remembered, so that what
            // their peers still send is no fault.
            .max_concurrent_reset_streams(streams.saturating_mul(2))
            // All calls that a client may have open can be cancelled before
            // they are taken: a busy client whose own caller goes away does it.
            .max_pending_accept_reset_streams(streams)
            .max_local_error_reset_streams(Some(settings::MAX_LOCAL_RESETS));
        builder
    }
}
