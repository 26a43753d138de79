//! How loud it is said that no connection can be accepted.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// The failures of a listener that say nothing of any one peer.
///
/// Without a descriptor left there is one with each connection that leaves, as
/// often as peers come and go: a log is no place for all of them.
#[derive(Debug, Default)]
pub(crate) struct AcceptErrors {
    count: u64,
    /// Until when they are not told loudly.
    quiet: Option<Instant>,
}

impl AcceptErrors {
    /// Tells of one.
    #[cold]
    pub(crate) fn tell(&mut self, error: &io::Error, pause: Duration) {
        self.count += 1;
        let failures = self.count;
        if self.is_loud() {
            tracing::warn!(%error, ?pause, failures, "cannot accept connections for now");
        } else {
            tracing::debug!(%error, ?pause, failures, "cannot accept connections for now");
        }
    }

    /// Whether this one is told loudly; those that follow soon are not.
    fn is_loud(&mut self) -> bool {
        let now = Instant::now();
        let loud = self.quiet.is_none_or(|end| end <= now);
        if loud {
            self.quiet = Some(now + QUIET);
        }
        loud
    }
}

/// Often enough for whoever reads the log while it lasts.
const QUIET: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_lack_that_lasts_is_told_every_ten_seconds() {
        let mut accept_errors = AcceptErrors::default();
        let mut loud = Vec::new();
        for second in 0..25 {
            // However many there are in a second.
            let first = accept_errors.is_loud();
            assert!(!accept_errors.is_loud());
            loud.extend(first.then_some(second));
            advance(Duration::from_secs(1)).await;
        }
        assert_eq!(loud, [0, 10, 20]);
    }
}
