//! Connections that end by an error, as they are told in the log.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Tells of connections that were lost, loudly no more often than once a second.
#[derive(Debug, Default)]
pub(crate) struct Losses(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Until when they are told quietly.
    quiet: Option<Instant>,
    /// How many were, since the last loud one.
    untold: u64,
}

impl Losses {
    /// A connection to `peer` has ended by an error, with so many calls under way.
    #[cold]
    pub(crate) fn tell(&self, peer: &dyn Display, reason: &dyn Display, calls: usize) {
        // Whoever loses no call need not know.
        match (calls > 0).then(|| self.untold()).flatten() {
            Some(others) => tracing::info!(%peer, %reason, calls, others, "connection lost, with calls under way"),
            None => tracing::debug!(%peer, %reason, calls, "connection lost"),
        }
    }

    /// How many were told quietly, if the next one may be loud.
    fn untold(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.quiet.is_some_and(|end| now < end) {
            state.untold += 1;
            return None;
        }
        state.quiet = Some(now + QUIET);
        Some(std::mem::take(&mut state.untold))
    }
}

const QUIET: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_a_second_is_loud_and_tells_of_the_others() {
        let losses = Losses::default();
        assert_eq!([losses.untold(), losses.untold(), losses.untold()], [Some(0), None, None]);
        tokio::time::advance(QUIET).await;
        assert_eq!([losses.untold(), losses.untold()], [Some(2), None]);
    }
}
