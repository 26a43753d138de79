//! What a server allows, with its defaults.

use std::time::Duration;

use tokio::time::Instant;

use crate::call::{Terms, deadline};
use crate::codec::CHUNK;
use crate::compression::Compression;
use crate::transport::{Allowance, HeaderLists, settings};

/// The limits of a server; each has a setter of its name on
/// [`Server`](crate::Server), where its meaning is written.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// As many as there are descriptors for, up to 10,000, unless it is set.
    pub(crate) max_connections: Option<usize>,
    pub(crate) max_connections_per_ip: Option<usize>,
    pub(crate) max_recv_message_size: usize,
    /// 16 times `max_recv_message_size`, unless it is set.
    pub(crate) max_decoded_message_size: Option<usize>,
    pub(crate) memory_limit: usize,
    /// Half of `memory_limit`, unless it is set.
    pub(crate) memory_limit_per_connection: Option<usize>,
    pub(crate) max_send_message_size: usize,
    pub(crate) compression: Compression,
    pub(crate) max_header_list_size: u32,
    pub(crate) max_concurrent_streams: u32,
    pub(crate) max_handlers_per_connection: Option<usize>,
    pub(crate) max_handlers: usize,
    pub(crate) stream_window: u32,
    pub(crate) connection_window: u32,
    pub(crate) handshake_timeout: Duration,
    pub(crate) max_call_duration: Option<Duration>,
    pub(crate) stall_timeout: Duration,
    pub(crate) lame_duck: Duration,
    pub(crate) header_block_timeout: Duration,
    pub(crate) max_control_frames: u32,
    pub(crate) max_quick_cancels: Option<u32>,
    pub(crate) permit_keepalive_time: Duration,
    pub(crate) permit_keepalive_without_calls: bool,
    pub(crate) keepalive_time: Option<Duration>,
    pub(crate) keepalive_timeout: Duration,
    pub(crate) max_connection_idle: Option<Duration>,
    pub(crate) max_connection_age: Option<Duration>,
    pub(crate) max_connection_age_grace: Option<Duration>,
    pub(crate) drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: None,
            max_connections_per_ip: None,
            max_recv_message_size: 4 * 1024 * 1024,
            max_decoded_message_size: None,
            memory_limit: 1024 * 1024 * 1024,
            memory_limit_per_connection: None,
            max_send_message_size: usize::MAX,
            compression: Compression::default(),
            max_header_list_size: settings::MAX_HEADER_LIST_SIZE,
            max_concurrent_streams: 1000,
            max_handlers_per_connection: None,
            max_handlers: 100_000,
            stream_window: settings::STREAM_WINDOW,
            connection_window: settings::CONNECTION_WINDOW,
            handshake_timeout: Duration::from_secs(10),
            max_call_duration: None,
            stall_timeout: Duration::from_secs(60),
            lame_duck: Duration::ZERO,
            header_block_timeout: Duration::from_secs(10),
            max_control_frames: 10_000,
            max_quick_cancels: None,
            permit_keepalive_time: Duration::from_secs(5 * 60),
            permit_keepalive_without_calls: false,
            keepalive_time: Some(TWO_HOURS),
            keepalive_timeout: Duration::from_secs(20),
            max_connection_idle: Some(Duration::from_secs(30 * 60)),
            max_connection_age: None,
            max_connection_age_grace: None,
            drain_timeout: Duration::from_secs(25),
        }
    }
}

impl Limits {
    /// What holds for each call of a connection with this window.
    pub(crate) fn terms(&self, window: u32) -> Terms {
        let max_recv_message_size = self.max_recv_message_size;
        Terms {
            max_recv_message_size,
            max_decoded_message_size: self.max_decoded_message_size.unwrap_or(max_recv_message_size.saturating_mul(16)),
            max_send_message_size: self.max_send_message_size,
            compression: self.compression,
            kept_window: self.kept_window(window),
            stall_timeout: self.stall_timeout,
        }
    }

    /// How much memory the calls of one connection may take.
    pub(crate) fn memory_per_connection(&self) -> usize {
        self.memory_limit_per_connection.unwrap_or(self.memory_limit / 2)
    }

    /// How many bytes of one connection may lie unread beyond its window.
    pub(crate) fn unread_per_connection(&self) -> usize {
        self.memory_limit_per_connection.unwrap_or(self.memory_limit / 4)
    }

    /// How much the windows of all connections may have in all beyond those that
    /// HTTP/2 gives each.
    pub(crate) fn granted(&self) -> usize {
        self.memory_limit / 4
    }

    /// How much of the connection's window each call may keep closed while it
    /// runs: an eighth, if there are as many as there may be.
    fn kept_window(&self, window: u32) -> usize {
        (window / self.max_concurrent_streams.saturating_mul(8).max(1)) as usize
    }

    /// When a call must have ended whose client has set this deadline.
    #[inline]
    pub(crate) fn cap(&self, deadline: Option<Instant>) -> Option<Instant> {
        let Some(duration) = self.max_call_duration else {
            return deadline;
        };
        let latest = deadline::after(duration);
        Some(deadline.map_or(latest, |deadline| deadline.min(latest)))
    }

    /// How many handlers of one connection may run. Twice as many as calls: those
    /// of calls that were cancelled hear of it only after the calls that have come
    /// in their place.
    pub(crate) fn handlers_per_connection(&self) -> usize {
        self.max_handlers_per_connection.unwrap_or((self.max_concurrent_streams as usize).saturating_mul(2))
    }

    /// How many calls of a connection may be cancelled as soon as they have begun.
    fn quick_cancels(&self) -> u32 {
        // Whoever cancels all that he may have open, and that twice, may still
        // be a busy client that lost its own caller. A thousand cost some
        // milliseconds, however few may be open.
        self.max_quick_cancels.unwrap_or(self.max_concurrent_streams.saturating_mul(2).max(1_000))
    }

    /// What the frames of a connection may ask for apart from calls.
    pub(crate) fn allowance(&self) -> Allowance {
        let ping_interval = self.permit_keepalive_time;
        let without_calls = if self.permit_keepalive_without_calls { ping_interval } else { TWO_HOURS };
        Allowance {
            control_frames: self.max_control_frames,
            resets: self.quick_cancels(),
            resets_per_second: RESETS_PER_SECOND,
            ping_interval,
            ping_interval_without_calls: without_calls.max(ping_interval),
            header_list: self.max_header_list_size,
            ..Allowance::default()
        }
    }

    /// The largest header list that h2 takes.
    pub(crate) fn most_headers(&self) -> u32 {
        HeaderLists::for_h2(self.max_header_list_size)
    }

    /// h2 set up for these limits, with this window of the connection.
    pub(crate) fn builder(&self, window: u32) -> h2::server::Builder {
        let streams = self.max_concurrent_streams as usize;
        let mut builder = h2::server::Builder::new();
        builder
            .initial_window_size(self.stream_window)
            .initial_connection_window_size(window)
            .max_concurrent_streams(self.max_concurrent_streams)
            .max_header_list_size(self.most_headers())
            .max_frame_size(CHUNK as u32)
            .max_send_buffer_size(settings::SEND_BUFFER)
            .data_frame_budget(settings::DATA_FRAME_BUDGET)
            // Streams that were answered early are remembered, so that what
            // their peers still send is no fault.
            .max_concurrent_reset_streams(streams.saturating_mul(2))
            // All calls that a client may have open can be cancelled before
            // they are taken: a busy client whose own caller goes away does it.
            .max_pending_accept_reset_streams(streams.max(self.quick_cancels() as usize))
            // The meter counts faults by time; h2 counts them for life.
            .max_local_error_reset_streams(None);
        builder
    }
}

/// How many calls of a connection may be cancelled at once each second, for ever.
const RESETS_PER_SECOND: u32 = 100;

/// gRPC's time for keepalive on servers, and between the pings of a client without calls.
const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promises::{Promises, bytes, count, none, time, words};
    use crate::server::descriptors;

    /// What is derived from another limit, and how it is said.
    fn times(limit: usize, other: usize, said: &str) -> Vec<String> {
        let is_said = match said {
            "16 times" => limit == 16 * other,
            "twice" => limit == 2 * other,
            _ => said == "half" && limit == other / 2,
        };
        assert!(is_said, "{limit} is not {said} {other}");
        words(said)
    }

    /// A default is not changed, nor a setter added, without those who read of it.
    #[test]
    fn every_default_is_the_one_that_is_promised() {
        let limits = Limits::default();
        let streams = limits.max_concurrent_streams as usize;
        let decoded = limits.terms(limits.connection_window).max_decoded_message_size;
        let unset = |limit: Option<usize>| limit.map_or_else(none, count);
        let promises = Promises::of(
            "Server",
            &[include_str!("setters/calls.rs"), include_str!("setters/connections.rs")],
            &["send_compression", "compress_from"],
        );
        promises.check(&[
            ("max_connections", count(descriptors::MOST)),
            ("max_connections_per_ip", unset(limits.max_connections_per_ip)),
            ("max_recv_message_size", bytes(limits.max_recv_message_size)),
            ("max_decoded_message_size", times(decoded, limits.max_recv_message_size, "16 times")),
            ("memory_limit", bytes(limits.memory_limit)),
            ("memory_limit_per_connection", times(limits.memory_per_connection(), limits.memory_limit, "half")),
            ("max_send_message_size", bytes(limits.max_send_message_size)),
            ("max_header_list_size", bytes(limits.max_header_list_size as usize)),
            ("max_concurrent_streams", count(streams)),
            ("max_handlers_per_connection", times(limits.handlers_per_connection(), streams, "twice")),
            ("max_handlers", count(limits.max_handlers)),
            ("stream_window", bytes(limits.stream_window as usize)),
            ("connection_window", bytes(limits.connection_window as usize)),
            ("handshake_timeout", time(limits.handshake_timeout)),
            ("max_call_duration", time(limits.max_call_duration)),
            ("stall_timeout", time(limits.stall_timeout)),
            ("lame_duck", time(limits.lame_duck)),
            ("header_block_timeout", time(limits.header_block_timeout)),
            ("max_control_frames", count(limits.max_control_frames as usize)),
            ("max_quick_cancels", times(limits.quick_cancels() as usize, streams, "twice")),
            ("permit_keepalive_time", time(limits.permit_keepalive_time)),
            (
                "permit_keepalive_without_calls",
                [time(limits.allowance().ping_interval_without_calls), words("no")].concat(),
            ),
            ("keepalive_time", time(limits.keepalive_time)),
            ("keepalive_timeout", time(limits.keepalive_timeout)),
            ("max_connection_idle", time(limits.max_connection_idle)),
            ("max_connection_age", time(limits.max_connection_age)),
            ("max_connection_age_grace", time(limits.max_connection_age_grace)),
            ("drain_timeout", time(limits.drain_timeout)),
        ]);
        promises.check_table("max_quick_cancels", &count(limits.quick_cancels() as usize)[0]);
        promises
            .check_table("permit_keepalive_without_calls", &time(limits.allowance().ping_interval_without_calls)[0]);
        assert!(!limits.permit_keepalive_without_calls);
    }
}
