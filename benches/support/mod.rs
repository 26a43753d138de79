//! What the benches share.

use std::time::Duration;

use criterion::Criterion;

/// Two seconds and a half for each figure.
pub(crate) fn quick() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2))
}
