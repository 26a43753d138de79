//! How often something may happen.

use std::time::Duration;

use tokio::time::Instant;

/// A bucket of tokens that fills up by itself.
///
/// It looks at the time only when it has run dry, so that taking a token is a
/// subtraction. After a rest it may give its burst twice.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: u32,
    burst: u32,
    per_second: u32,
    filled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(burst: u32, per_second: u32, now: Instant) -> Self {
        Self { tokens: burst, burst, per_second, filled: now }
    }

    /// Takes a token; `false` if there is none.
    #[inline]
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        if self.tokens == 0 {
            self.fill(now);
        }
        let taken = self.tokens > 0;
        self.tokens -= u32::from(taken);
        taken
    }

    /// Puts tokens in, up to the burst and `more`.
    #[inline]
    pub(crate) fn give(&mut self, tokens: u32, more: u32) {
        self.tokens = self.tokens.saturating_add(tokens).min(self.burst.saturating_add(more));
    }

    #[cold]
    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled);
        let due = elapsed.as_nanos() * u128::from(self.per_second) / Duration::from_secs(1).as_nanos();
        if due > 0 {
            self.tokens = u32::try_from(due).unwrap_or(u32::MAX).min(self.burst);
            self.filled = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(3, 10, start);
        let taken = |bucket: &mut Bucket, after: u64| {
            (0..100).take_while(|_| bucket.take(start + Duration::from_millis(after))).count()
        };
        assert_eq!(taken(&mut bucket, 0), 3);
        assert_eq!(taken(&mut bucket, 99), 0);
        assert_eq!(taken(&mut bucket, 100), 1);
        assert_eq!(taken(&mut bucket, 350), 2);
        assert_eq!(taken(&mut bucket, 60_000), 3);
    }

    #[test]
    fn what_is_put_in_is_there_as_far_as_it_fits() {
        let start = Instant::now();
        for (given, more, there) in [(10, 0, 3), (10, 2, 5), (1, 2, 4), (u32::MAX, u32::MAX, 100)] {
            let mut bucket = Bucket::new(3, 0, start);
            bucket.give(given, more);
            assert_eq!((0..100).take_while(|_| bucket.take(start)).count(), there);
        }
    }
}
