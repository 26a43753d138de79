use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// Where the example services read the time.
///
/// The default is the monotonic clock of the system; tests put their own in its place and move it
/// by hand.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// Makes a clock of a function that tells the time.
    pub fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Tells the time.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Instant::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    /// A clock that stands still until it is moved.
    #[derive(Clone, Debug)]
    pub(in crate::examples) struct Hand(Arc<Mutex<Instant>>);

    impl Hand {
        pub(in crate::examples) fn new() -> Self {
            Self(Arc::new(Mutex::new(Instant::now())))
        }

        pub(in crate::examples) fn clock(&self) -> Clock {
            let time = Arc::clone(&self.0);
            Clock::new(move || *time.lock().unwrap())
        }

        pub(in crate::examples) fn advance(&self, by: Duration) {
            *self.0.lock().unwrap() += by;
        }
    }

    #[test]
    fn clock_moves_only_as_its_function_says() {
        let hand = Hand::new();
        let clock = hand.clock();
        let before = clock.now();
        assert_eq!(clock.now(), before);
        hand.advance(Duration::from_secs(3));
        assert_eq!(clock.now() - before, Duration::from_secs(3));
    }
}
