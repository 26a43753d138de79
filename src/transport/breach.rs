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
    /// It did not send its SETTINGS in time.
    NoSettings,
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
            Self::NoSettings => "settings_timeout",
            Self::Silence => "keepalive_timeout",
        }
    }

    /// The GOAWAY that says so: ENHANCE_YOUR_CALM, and the name.
    pub(crate) fn goaway(self, last_stream: u32) -> Vec<u8> {
        let length = 8 + self.name().len();
        let head = Head { length, kind: kind::GOAWAY, flags: 0, stream: 0 };
        let reason = u32::from(h2::Reason::ENHANCE_YOUR_CALM);
        [&head.encode()[..], &last_stream.to_be_bytes(), &reason.to_be_bytes(), self.name().as_bytes()].concat()
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence => f.write_str("the peer did not answer a ping in time"),
            _ => write!(f, "the peer has used up its patience: {}", self.name()),
        }
    }
}

impl std::error::Error for Breach {}
