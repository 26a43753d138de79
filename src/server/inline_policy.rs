//! Whether the calls of a method may run on the task of their connection.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How much longer the handlers of a method have computed, in their first polls, than may hold up a connection.
///
/// It grows by the time that a long poll takes, and each short one takes off a
/// fixed part of it: calls go their own way for as long as a method takes too
/// long on average, even if only few of its calls do, and that costs them one
/// part in a hundred of what the long ones take. A method that is not known yet
/// counts as slow.
#[derive(Debug)]
pub(crate) struct InlinePolicy(AtomicU32);

impl InlinePolicy {
    pub(crate) fn unknown() -> Self {
        Self(AtomicU32::new(SLOW_AT + 1))
    }

    /// Whether handlers of this method compute so long that they must not hold
    /// up their connection.
    #[inline]
    pub(crate) fn is_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed) > SLOW_AT
    }

    /// Whether there is any doubt that the method is fast: each of its polls is
    /// to be timed then.
    #[inline]
    pub(crate) fn is_doubtful(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Takes note of how long a first poll took.
    pub(crate) fn observe(&self, elapsed: Duration) {
        let debt = self.0.load(Ordering::Relaxed);
        let units = (elapsed.as_nanos() / SLOW_POLL.as_nanos()).min(u128::from(MOST)) as u32;
        let debt = if units == 0 { debt.saturating_sub(1) } else { (debt + units).min(MOST) };
        // Of two threads that do this at once one is not heard: there will be others.
        self.0.store(debt, Ordering::Relaxed);
    }
}

/// Chooses one poll in sixteen to be timed, in no order that calls could have, too.
#[derive(Debug, Default)]
pub(crate) struct Sample(u32);

impl Sample {
    #[inline]
    pub(crate) fn next(&mut self) -> bool {
        // The full period of a linear congruential generator, of which only the high bits are random.
        self.0 = self.0.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        self.0 < u32::MAX / 16
    }
}

/// From here on a first poll is slow: 100 µs are some thirty whole calls, and a hundred times what a task costs.
const SLOW_POLL: Duration = Duration::from_micros(100);
/// So much may be an accident: a thread loses its processor now and then.
const SLOW_AT: u32 = 3;
/// A tenth of a second: it is forgotten after a thousand short polls.
const MOST: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_micros(99);

    /// How many of these polls in a row it takes until the method is slow, or is so no longer.
    fn polls_until(pace: &InlinePolicy, slow: bool, elapsed: Duration) -> u32 {
        let mut polls = 0;
        while pace.is_slow() != slow {
            pace.observe(elapsed);
            polls += 1;
        }
        polls
    }

    /// A method whose polls have all been short.
    fn fast() -> InlinePolicy {
        let pace = InlinePolicy::unknown();
        (0..=SLOW_AT).for_each(|_| pace.observe(SHORT));
        assert!(!pace.is_slow() && !pace.is_doubtful());
        pace
    }

    #[test]
    fn an_unknown_method_is_slow_until_it_was_fast_once() {
        assert_eq!(polls_until(&InlinePolicy::unknown(), false, SHORT), 1);
        let unknown = InlinePolicy::unknown();
        unknown.observe(SLOW_POLL);
        assert!(unknown.is_slow());
    }

    #[test]
    fn the_longer_a_poll_takes_the_fewer_are_needed() {
        for (elapsed, polls) in [(SLOW_POLL, 4), (SLOW_POLL * 2, 2), (SLOW_POLL * 4, 1), (Duration::MAX, 1)] {
            assert_eq!(polls_until(&fast(), true, elapsed), polls, "{elapsed:?}");
        }
    }

    /// After one that took a little too long all are timed, until there is no doubt.
    #[test]
    fn a_single_long_poll_is_forgiven_but_looked_into() {
        let pace = fast();
        pace.observe(SLOW_POLL);
        assert!(!pace.is_slow() && pace.is_doubtful());
        pace.observe(SHORT);
        assert!(!pace.is_doubtful());
    }

    /// Heavy once in a hundred calls, and still slow on average.
    #[test]
    fn a_method_that_is_seldom_heavy_stays_slow() {
        let pace = fast();
        for _ in 0..10 {
            pace.observe(Duration::from_millis(11));
            for _ in 0..100 {
                pace.observe(SHORT);
                assert!(pace.is_slow());
            }
        }
    }

    #[test]
    fn a_method_that_is_heavy_no_more_is_fast_after_a_thousand_calls() {
        let pace = fast();
        (0..10).for_each(|_| pace.observe(Duration::from_secs(60)));
        assert_eq!(polls_until(&pace, false, SHORT), MOST - SLOW_AT);
    }

    /// In whatever order methods are called in turn, each has its share of the polls that are timed.
    #[test]
    fn no_order_of_calls_escapes_the_sample() {
        for methods in 1..=32 {
            let mut timed = vec![0; methods];
            let mut sample = Sample::default();
            (0..methods * 1600).for_each(|call| timed[call % methods] += u32::from(sample.next()));
            assert!(timed.iter().all(|timed| (50..=150).contains(timed)), "{timed:?}");
        }
    }
}
