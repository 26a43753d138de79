//! How long to wait before connecting again.

use std::time::Duration;

/// The pauses between attempts to connect: each longer than the one before, up
/// to two minutes, and none exactly as long as another client's.
///
/// Source: grpc/doc/connection-backoff.md.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: i32,
}

impl Backoff {
    /// The least time from the beginning of the attempt that has just failed to
    /// that of the next one. `chance` is from 0 to 1.
    pub(crate) fn next(&mut self, chance: f64) -> Duration {
        let seconds = (INITIAL * MULTIPLIER.powi(self.failures)).min(MAX);
        self.failures = (self.failures + 1).min(ENOUGH);
        Duration::from_secs_f64(seconds * (1.0 + JITTER * (2.0 * chance - 1.0)))
    }

    /// A connection has worked: the next failure is the first again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

const INITIAL: f64 = 1.0;
const MULTIPLIER: f64 = 1.6;
const MAX: f64 = 120.0;
const JITTER: f64 = 0.2;

/// After so many failures the pause has long been the longest.
const ENOUGH: i32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    /// K1: pauses grow by the protocol's factor.
    #[test]
    fn pauses_grow_up_to_two_minutes() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..200).map(|_| backoff.next(0.5).as_secs_f64()).collect();
        assert_eq!(pauses[..3], [1.0, 1.6, 2.56]);
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(pauses[199], 120.0);
    }

    /// K3: no two clients come at the same time for long.
    #[test]
    fn chance_moves_a_pause_by_a_fifth() {
        assert_eq!(Backoff::default().next(0.0), Duration::from_millis(800));
        assert_eq!(Backoff::default().next(1.0), Duration::from_millis(1200));
    }

    /// K2: the next failure is the first again.
    #[test]
    fn a_working_connection_begins_anew() {
        let mut backoff = Backoff::default();
        backoff.next(0.5);
        backoff.next(0.5);
        backoff.reset();
        assert_eq!(backoff.next(0.5), Duration::from_secs(1));
    }
}
