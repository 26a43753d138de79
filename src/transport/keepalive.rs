//! Whether the other side of a connection is still there.

use std::time::Duration;

use tokio::time::Instant;

/// Asks after so much silence, and waits so long for any sign of life.
///
/// It has no clock of its own: its owner asks it what to do, and comes back
/// when it says so.
#[derive(Debug)]
pub(crate) struct Keepalive {
    time: Duration,
    timeout: Duration,
    /// When the last ping was sent, until something came after it.
    pinged: Option<Instant>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing until then; `None` is for ever.
    Wait(Option<Instant>),
    /// Send a PING, and ask again.
    Ping,
    /// The other side is gone.
    Dead,
}

impl Keepalive {
    pub(crate) fn new(time: Duration, timeout: Duration) -> Self {
        Self { time, timeout, pinged: None }
    }

    /// What is to be done now if the last byte came at `last_read`.
    pub(crate) fn step(&mut self, now: Instant, last_read: Instant) -> Step {
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
