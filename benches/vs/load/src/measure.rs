//! What is measured: from the first call that ends after the warm-up to the first that ends after the time is over, so
//! that long calls are not cut.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::failure::Failure;
use crate::process::Process;

/// Figures of a run.
#[derive(Debug)]
pub(crate) struct Measure {
    phase: Phase,
    duration: Duration,
    server: Option<Process>,
    /// By kind of call.
    pub(crate) tallies: Vec<Tally>,
    /// DATA frames that have come.
    pub(crate) frames: u64,
    /// Calls that have failed, those of the warm-up too.
    pub(crate) errors: u64,
    /// Why they did, and what else went wrong.
    pub(crate) failures: BTreeMap<Failure, u64>,
}

/// What there is of one kind of call.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Calls or messages.
    pub(crate) count: u64,
    /// In nanoseconds.
    pub(crate) latencies: Histogram<u64>,
}

/// The time in which calls were counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) time: Duration,
    /// In nanoseconds, if the server's process is known.
    pub(crate) server_cpu: Option<u64>,
    pub(crate) own_cpu: u64,
}

#[derive(Debug)]
enum Phase {
    Warming { until: Instant },
    Measuring { since: Mark, until: Instant },
    Over(Span),
}

/// The beginning or the end of a span.
#[derive(Debug)]
struct Mark {
    at: Instant,
    server_cpu: Option<u64>,
    own_cpu: u64,
}

impl Measure {
    /// Figures of so many kinds of calls, after a warm-up that begins now.
    pub(crate) fn new(kinds: usize, warmup: Duration, duration: Duration, server: Option<Process>) -> Self {
        Self {
            phase: Phase::Warming { until: Instant::now() + warmup },
            duration,
            server,
            tallies: (0..kinds).map(|_| Tally::new()).collect(),
            frames: 0,
            errors: 0,
            failures: BTreeMap::new(),
        }
    }

    /// A call or message has ended, and counts as so many.
    pub(crate) fn done(&mut self, kind: usize, begun: Instant, now: Instant, count: u64, frames: u64) {
        if let Phase::Measuring { .. } = self.phase {
            let tally = &mut self.tallies[kind];
            tally.count += count;
            let nanoseconds = now.saturating_duration_since(begun).as_nanos();
            tally.latencies.saturating_record(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
            self.frames += frames;
        }
        self.tick(now);
    }

    /// Calls have failed.
    pub(crate) fn failed(&mut self, failure: Failure, calls: usize, now: Instant) {
        self.errors += calls as u64;
        *self.failures.entry(failure).or_default() += calls.max(1) as u64;
        self.tick(now);
    }

    /// The time is over.
    pub(crate) fn over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }

    /// Ends the measurement, if it has not ended by itself; `None` if it never began.
    pub(crate) fn finish(&mut self) -> Option<Span> {
        if let Phase::Measuring { since, .. } = &self.phase {
            self.phase = Phase::Over(since.span(&self.mark(Instant::now())));
        }
        match self.phase {
            Phase::Over(span) => Some(span),
            _ => None,
        }
    }

    fn tick(&mut self, now: Instant) {
        match &self.phase {
            Phase::Warming { until } if now >= *until => {
                let since = self.mark(now);
                self.phase = Phase::Measuring { since, until: now + self.duration };
            }
            Phase::Measuring { since, until } if now >= *until => {
                self.phase = Phase::Over(since.span(&self.mark(now)));
            }
            _ => {}
        }
    }

    fn mark(&self, at: Instant) -> Mark {
        Mark {
            at,
            // A process that is gone is told by what becomes of its connections.
            server_cpu: self.server.and_then(|server| server.cpu_ns().ok()),
            own_cpu: Process::own().cpu_ns().unwrap_or(0),
        }
    }
}

impl Mark {
    fn span(&self, end: &Self) -> Span {
        let server_cpu = self.server_cpu.zip(end.server_cpu).map(|(since, until)| until.saturating_sub(since));
        Span { time: end.at - self.at, server_cpu, own_cpu: end.own_cpu.saturating_sub(self.own_cpu) }
    }
}

impl Tally {
    fn new() -> Self {
        let latencies = Histogram::new_with_bounds(1, LONGEST_NS, DIGITS).expect("bounds that a histogram can have");
        Self { count: 0, latencies }
    }

    /// The latency that this part of the calls did not exceed, in microseconds.
    pub(crate) fn quantile_us(&self, part: f64) -> f64 {
        self.latencies.value_at_quantile(part) as f64 / 1000.0
    }
}

/// Raises the number of descriptors that this process may have as far as it may.
pub(crate) fn raise_descriptors() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// A minute: longer than anything that a run waits for.
const LONGEST_NS: u64 = 60_000_000_000;

/// Significant digits of latencies.
const DIGITS: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_between_warm_up_and_end_is_counted() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut measure = Measure::new(1, Duration::from_millis(10), Duration::from_millis(100), None);
        measure.phase = Phase::Warming { until: at(10) };
        // Warm-up, its end, three that count and one behind the end.
        for (end, over) in [(5, false), (12, false), (20, false), (60, false), (112, true), (113, true)] {
            measure.done(0, at(end - 2), at(end), 7, 1);
            assert_eq!(measure.over(), over, "at {end} ms");
        }
        assert_eq!((measure.tallies[0].count, measure.frames), (21, 3));
        assert_eq!(measure.finish().unwrap().time, Duration::from_millis(100));
        let p50 = measure.tallies[0].quantile_us(0.5);
        assert!((1998.0..2002.0).contains(&p50), "{p50}");
    }

    #[test]
    fn failures_are_counted_by_name_from_the_beginning() {
        let mut measure = Measure::new(1, Duration::from_secs(60), Duration::from_secs(1), None);
        let now = Instant::now();
        measure.failed(Failure::GoAway(11), 0, now);
        measure.failed(Failure::Closed, 3, now);
        measure.failed(Failure::Closed, 1, now);
        assert_eq!(measure.errors, 4);
        assert_eq!(measure.failures, BTreeMap::from([(Failure::GoAway(11), 1), (Failure::Closed, 4)]));
        assert!(measure.finish().is_none());
    }
}
