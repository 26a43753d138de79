//! How long streams have lasted.

use std::time::Duration;

use tokio::time::Instant;

/// Which streams are young, without a note for each: their numbers grow with time.
#[derive(Debug)]
pub(crate) struct Ages {
    newest: u32,
    /// The newest stream when this was last noted, and the time before.
    newer: u32,
    old: u32,
    noted: Instant,
}

impl Ages {
    pub(crate) fn new(now: Instant) -> Self {
        Self { newest: 0, newer: 0, old: 0, noted: now }
    }

    /// A stream has begun.
    #[inline]
    pub(crate) fn open(&mut self, stream: u32) {
        self.newest = self.newest.max(stream);
    }

    pub(crate) fn newest(&self) -> u32 {
        self.newest
    }

    /// Notes that time has passed: before the streams that have come since `last_read`.
    #[inline]
    pub(crate) fn note(&mut self, now: Instant, last_read: Instant) {
        if now.saturating_duration_since(self.noted) >= YOUTH {
            let silent = now.saturating_duration_since(last_read) >= YOUTH;
            self.old = if silent { self.newest } else { self.newer };
            self.newer = self.newest;
            self.noted = now;
        }
    }

    /// `true` for half a second, `false` after one.
    pub(crate) fn is_young(&self, stream: u32) -> bool {
        stream > self.old
    }
}

/// How long a call must last for its reset to count as no rapid one.
const YOUTH: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a stream is young so long after its beginning, with bytes that come every 50 ms.
    fn is_young(offset: u64, age: u64) -> bool {
        let start = Instant::now();
        let at = |time| start + Duration::from_millis(time);
        let mut ages = Ages::new(start);
        for time in (0..=offset + age).step_by(50) {
            ages.note(at(time), at(time.saturating_sub(50)));
            if time == offset {
                ages.open(1);
            }
        }
        ages.is_young(1)
    }

    #[test]
    fn a_stream_is_young_for_half_a_second_and_old_after_one() {
        for offset in (0..2_000).step_by(50) {
            assert!(is_young(offset, 450), "{offset}");
            assert!(!is_young(offset, 1_050), "{offset}");
        }
    }

    #[test]
    fn after_a_silence_all_streams_are_old() {
        let start = Instant::now();
        let mut ages = Ages::new(start);
        ages.open(7);
        ages.note(start + YOUTH, start);
        assert!(!ages.is_young(7) && ages.is_young(9));
    }
}
