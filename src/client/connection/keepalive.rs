//! Whether the server is still there (gRFC A8).

use std::io;
use std::task::Context;
use std::time::Duration;

use h2::{PingPong, Reason};
use tokio::time::Instant;

use crate::transport::{Alarm, Gone, IoHandle, Pinger};

/// When the connections that a channel makes are pinged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keepalive {
    pub(crate) time: Option<Duration>,
    pub(crate) timeout: Duration,
    pub(crate) without_calls: bool,
}

impl Keepalive {
    /// Sets the time, unless it is too short.
    pub(crate) fn set_time(&mut self, time: Option<Duration>) {
        self.time = time.map(|time| time.max(SHORTEST));
    }

    /// The same for a server that has complained so often.
    pub(crate) fn after(mut self, complaints: u32) -> Self {
        self.time = self.time.map(|time| time.saturating_mul(2_u32.saturating_pow(complaints)));
        self
    }
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { time: None, timeout: Duration::from_secs(20), without_calls: false }
    }
}

/// Whether a server has ended a connection for its pings.
pub(crate) fn is_complaint(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<h2::Error>());
    // h2 gives the debug data of a GOAWAY as part of the text only.
    error.is_some_and(|error| {
        error.reason() == Some(Reason::ENHANCE_YOUR_CALM) && error.to_string().contains("too_many_pings")
    })
}

/// The pings on one connection.
pub(crate) struct Watch {
    pinger: Option<Pinger>,
    without_calls: bool,
    alarm: Alarm,
    /// Whether the server is to be pinged now: there are calls, or it need not be.
    awake: bool,
}

impl Watch {
    pub(crate) fn new(keepalive: Keepalive, pings: Option<PingPong>) -> Self {
        let pinger = keepalive.time.map(|time| Pinger::new(time, keepalive.timeout, pings));
        Self { pinger, without_calls: keepalive.without_calls, alarm: Alarm::default(), awake: false }
    }

    /// Pings before a call goes out that comes after a long silence.
    #[inline]
    pub(crate) fn begin_turn(&mut self, cx: &mut Context<'_>, io: &IoHandle, calls: bool) {
        if self.pinger.is_some() && !self.awake && (calls || self.without_calls) {
            self.awake = true;
            // Nobody is gone who was asked nothing.
            let _ = self.work(cx, io);
        }
    }

    /// Does what is due once all that has come was read.
    #[inline]
    pub(crate) fn end_turn(&mut self, cx: &mut Context<'_>, io: &IoHandle, calls: bool) -> Result<(), Gone> {
        if !self.alarm.is_due() {
            return Ok(());
        }
        self.awake = calls || self.without_calls;
        self.work(cx, io)
    }

    #[cold]
    fn work(&mut self, cx: &mut Context<'_>, io: &IoHandle) -> Result<(), Gone> {
        let Some(pinger) = &mut self.pinger else {
            return Ok(());
        };
        let next = if self.awake {
            pinger.poll(cx, Instant::now(), io.pulse().last_read)?
        } else {
            pinger.rest();
            None
        };
        self.alarm.set(cx, next);
        Ok(())
    }
}

/// No server is pinged more often than that.
const SHORTEST: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    /// K8: off by default, and never more often than every 10 seconds.
    #[test]
    fn there_is_no_keepalive_by_default_and_none_below_ten_seconds() {
        let mut keepalive = Keepalive::default();
        assert_eq!(keepalive.time, None);
        keepalive.set_time(Some(Duration::from_secs(1)));
        assert_eq!(keepalive.time, Some(SHORTEST));
        keepalive.set_time(Some(Duration::from_secs(11)));
        assert_eq!(keepalive.time, Some(Duration::from_secs(11)));
    }

    /// C14: each complaint doubles the time.
    #[test]
    fn complaints_double_the_time() {
        let keepalive = Keepalive { time: Some(SHORTEST), ..Keepalive::default() };
        assert_eq!(keepalive.after(0).time, Some(SHORTEST));
        assert_eq!(keepalive.after(3).time, Some(8 * SHORTEST));
        assert!(keepalive.after(u32::MAX).time > Some(1_000_000 * SHORTEST));
    }
}
