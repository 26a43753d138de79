//! Why a connection is ended by force.

use std::fmt;

use crate::transport::walker::{Head, kind};

/// What a peer has done, or failed to do, that costs it its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    Pings,
    Settings,
    Resets,
    ControlFrames,
    /// It began a block of headers, or a frame, and did not end it in time.
    HeaderBlock,
    /// It sent long trailers with a request.
    Trailers,
    /// It did not send its SETTINGS in time.
    NoSettings,
    /// It sent something else before its SETTINGS.
    FirstFrame,
    /// It did not answer a ping in time.
    Silence,
}

impl Breach {
    /// What the peer is told: the names that gRPC and h2 use, where they have one.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pings => "too_many_pings",
            Self::Settings => "too_many_settings",
            Self::Resets => "too_many_resets",
            Self::ControlFrames => "too_many_control_frames",
            Self::HeaderBlock => "header_block_timeout",
            Self::Trailers => "request_trailers_too_large",
            Self::NoSettings => "settings_timeout",
            Self::FirstFrame => "first_frame_is_not_settings",
            Self::Silence => "keepalive_timeout",
        }
    }

    /// What the peer did.
    pub(crate) fn fault(self) -> &'static str {
        match self {
            Self::Pings => "the peer sent more pings than this side permits",
            Self::Settings => "the peer sent more SETTINGS than this side takes",
            Self::Resets => "the peer cancelled more calls than this side permits",
            Self::ControlFrames => "the peer sent more frames that carry nothing than this side takes",
            Self::HeaderBlock => "the peer began a block of headers or a frame and did not complete it in time",
            Self::Trailers => "the peer sent more than 1 KiB of trailers with a request, where gRPC has none",
            Self::NoSettings => "the peer did not send its SETTINGS in time",
            Self::FirstFrame => "the first frame of the peer was not SETTINGS: it may not speak HTTP/2",
            Self::Silence => "the peer did not answer a ping in time",
        }
    }

    /// The setter of the limit, where a server has one.
    pub(crate) fn setter(self) -> &'static str {
        match self {
            Self::Pings => "Server::permit_keepalive_time",
            Self::Settings | Self::FirstFrame | Self::Trailers => "none",
            Self::Resets => "Server::max_quick_cancels",
            Self::ControlFrames => "Server::max_control_frames",
            Self::HeaderBlock => "Server::header_block_timeout",
            Self::NoSettings => "Server::handshake_timeout",
            Self::Silence => "Server::keepalive_timeout",
        }
    }

    /// What HTTP/2 calls it.
    fn reason(self) -> h2::Reason {
        match self {
            Self::FirstFrame => h2::Reason::PROTOCOL_ERROR,
            _ => h2::Reason::ENHANCE_YOUR_CALM,
        }
    }

    /// The GOAWAY that says so: its reason, and its name.
    pub(crate) fn goaway(self, last_stream: u32) -> Vec<u8> {
        let length = 8 + self.name().len();
        let head = Head { length, kind: kind::GOAWAY, flags: 0, stream: 0 };
        let reason = u32::from(self.reason());
        [&head.encode()[..], &last_stream.to_be_bytes(), &reason.to_be_bytes(), self.name().as_bytes()].concat()
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence => f.write_str("the peer did not answer a ping in time"),
            _ => write!(f, "this side has closed it, since {} ({})", self.fault(), self.name()),
        }
    }
}

impl std::error::Error for Breach {}
