//! Signs of life.

use tokio::time::Instant;

use crate::transport::meter::Meter;

/// What is known of the peer from its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulse {
    /// Whether its SETTINGS have come.
    pub(crate) greeted: bool,
    /// When its last byte came.
    pub(crate) last_read: Instant,
    /// When its last headers came.
    pub(crate) last_call: Instant,
    /// Since when the rest of a frame or of a block of headers is waited for.
    pub(crate) stalled: Option<Instant>,
}

impl Pulse {
    pub(crate) fn of(meter: &Meter) -> Self {
        Self {
            greeted: meter.has_greeted(),
            last_read: meter.last_read(),
            last_call: meter.last_call(),
            stalled: meter.stalled(),
        }
    }
}
