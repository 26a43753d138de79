//! Whether the other side of a connection is still there.

use std::task::Context;
use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::time::Instant;

/// The pings of a connection.
pub(crate) struct Pinger {
    keepalive: Keepalive,
    pings: Option<PingPong>,
}

/// The other side of a connection did not answer.
#[derive(Debug)]
pub(crate) struct Gone;

impl Pinger {
    /// Pings after `time` without a byte, by what h2 gives for it.
    pub(crate) fn new(time: Duration, timeout: Duration, pings: Option<PingPong>) -> Self {
        Self { keepalive: Keepalive::new(time, timeout), pings }
    }

    /// Does what is due if the last byte came at `last_read`; gives when to look
    /// again.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        last_read: Instant,
    ) -> Result<Option<Instant>, Gone> {
        loop {
            match self.keepalive.step(now, last_read) {
                Step::Wait(until) => return Ok(until),
                Step::Ping => self.ping(cx),
                Step::Dead => return Err(Gone),
            }
        }
    }

    /// Expects no answer any more.
    pub(crate) fn rest(&mut self) {
        self.keepalive.pinged = None;
    }

    /// Sends a PING, unless one is still on its way: then that one will do.
    fn ping(&mut self, cx: &mut Context<'_>) {
        if let Some(pings) = &mut self.pings {
            // The answer to the last one has to be taken before there can be another.
            let _ = pings.poll_pong(cx);
            let _ = pings.send_ping(Ping::opaque());
        }
    }
}

/// Asks after so much silence, and waits so long for any sign of life.
///
/// It has no clock of its own: its owner asks it what to do, and comes back
/// when it says so.
#[derive(Debug)]
struct Keepalive {
    time: Duration,
    timeout: Duration,
    /// When the last ping was sent, until something came after it.
    pinged: Option<Instant>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing until then; `None` is for ever.
    Wait(Option<Instant>),
    /// Send a PING, and ask again.
    Ping,
    /// The other side is gone.
    Dead,
}

impl Keepalive {
    fn new(time: Duration, timeout: Duration) -> Self {
        Self { time, timeout, pinged: None }
    }

    /// What is to be done now if the last byte came at `last_read`.
    fn step(&mut self, now: Instant, last_read: Instant) -> Step {
        if self.pinged.is_some_and(|pinged| last_read >= pinged) {
            self.pinged = None;
        }
        if let Some(pinged) = self.pinged {
            let end = pinged.checked_add(self.timeout);
            return if end.is_some_and(|end| end <= now) { Step::Dead } else { Step::Wait(end) };
        }
        let due = last_read.checked_add(self.time);
        if due.is_none_or(|due| due > now) {
            return Step::Wait(due);
        }
        self.pinged = Some(now);
        Step::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(60);
    const TIMEOUT: Duration = Duration::from_secs(20);

    #[test]
    fn silence_is_answered_by_a_ping_and_more_of_it_is_the_end() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(TIME, TIMEOUT);
        assert_eq!(keepalive.step(start, start), Step::Wait(Some(start + TIME)));
        assert_eq!(keepalive.step(start + TIME, start), Step::Ping);
        assert_eq!(keepalive.step(start + TIME, start), Step::Wait(Some(start + TIME + TIMEOUT)));
        assert_eq!(keepalive.step(start + TIME + TIMEOUT, start), Step::Dead);
    }

    /// K11: whatever comes counts, and the time begins anew with it.
    #[test]
    fn each_byte_is_a_sign_of_life() {
        let start = Instant::now();
        let mut keepalive = Keepalive::new(TIME, TIMEOUT);
        let read = start + TIME / 2;
        assert_eq!(keepalive.step(start + TIME, read), Step::Wait(Some(read + TIME)));
        assert_eq!(keepalive.step(read + TIME, read), Step::Ping);
        let answered = read + TIME;
        assert_eq!(keepalive.step(answered + TIMEOUT, answered), Step::Wait(Some(answered + TIME)));
    }

    #[test]
    fn times_beyond_the_clock_never_come() {
        let start = Instant::now();
        assert_eq!(Keepalive::new(Duration::MAX, TIMEOUT).step(start, start), Step::Wait(None));
    }
}
