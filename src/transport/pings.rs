//! How often a peer may ping.

use std::time::Duration;

use tokio::time::Instant;

/// When a peer last pinged, and how often it did so too soon (gRFC A8).
#[derive(Debug)]
pub(crate) struct Pings {
    interval: Duration,
    interval_without_calls: Duration,
    last: Option<Instant>,
    strikes: u32,
}

impl Pings {
    /// Pings are welcome after `interval`, or after the other while there are no calls.
    pub(crate) fn new(interval: Duration, interval_without_calls: Duration) -> Self {
        Self { interval, interval_without_calls, last: None, strikes: 0 }
    }

    /// Whether a ping that comes now is not one too many.
    pub(crate) fn admit(&mut self, now: Instant, calls: bool) -> bool {
        let interval = if calls { self.interval } else { self.interval_without_calls };
        let last = self.last.replace(now);
        self.strikes += u32::from(last.is_some_and(|last| now.saturating_duration_since(last) < interval));
        self.strikes <= MAX_STRIKES
    }

    /// Begins anew: whoever is sent data may ping to measure the way.
    #[inline]
    pub(crate) fn forget(&mut self) {
        self.last = None;
        self.strikes = 0;
    }
}

/// How many pings may come too soon.
const MAX_STRIKES: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// K14, K15: the third ping that comes too soon is one too many, with calls and without.
    #[test]
    fn the_third_ping_that_comes_too_soon_is_one_too_many() {
        for (calls, interval) in [(true, 5 * MINUTE), (false, 120 * MINUTE)] {
            let mut pings = Pings::new(5 * MINUTE, 120 * MINUTE);
            let mut now = Instant::now();
            let mut after = |pause| {
                now += pause;
                pings.admit(now, calls)
            };
            assert!(after(MINUTE) && after(interval) && after(interval), "{calls}");
            assert!(after(interval - MINUTE) && after(interval) && after(MINUTE), "{calls}");
            assert!(!after(MINUTE), "{calls}");
        }
    }

    /// K16: after something was sent the next ping is welcome at once, and strikes are forgotten.
    #[test]
    fn what_was_sent_wipes_out_the_strikes() {
        let mut pings = Pings::new(5 * MINUTE, 120 * MINUTE);
        let now = Instant::now();
        for _ in 0..10 {
            assert!((0..3).all(|_| pings.admit(now, true)));
            pings.forget();
        }
    }

    #[test]
    fn an_interval_of_nothing_admits_all() {
        let mut pings = Pings::new(Duration::ZERO, Duration::ZERO);
        let now = Instant::now();
        assert!((0..100).all(|_| pings.admit(now, false)));
    }
}
