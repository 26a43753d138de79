//! What an attack has come to, as a row of a table.

use std::fmt;
use std::sync::Once;
use std::time::Duration;

use crate::watch::Span;

/// How long calls took; zero if there were none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latency {
    pub(crate) calls: usize,
    pub(crate) median: Duration,
    pub(crate) longest: Duration,
}

impl Latency {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        Self { calls: times.len(), median, longest: times.last().copied().unwrap_or_default() }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, longest] = [self.median, self.longest].map(|time| time.as_secs_f64() * 1000.0);
        write!(f, "{median:.1}-{longest:.1} ms of {}", self.calls)
    }
}

/// What an attack has cost.
#[derive(Debug)]
pub(crate) struct Cost {
    /// The time before the attack, and that of the attack itself: until the server has cut it, if it has.
    pub(crate) spans: [Span; 2],
    /// How much more memory the server had at its peak than before, in bytes.
    pub(crate) growth: u64,
    /// How long the calls of the other client took, before and during the attack.
    pub(crate) latency: [Latency; 2],
    /// How long its first call took that was begun when the attack was over.
    pub(crate) next: Duration,
    /// What the server has logged, in bytes.
    pub(crate) log: usize,
}

impl Cost {
    /// Prints the row of an attack, and asserts what holds on any machine: among it that the other client is served
    /// throughout, which is that none of its calls waits for long, be it begun before, during or right after the
    /// attack, and most do not wait at all.
    #[track_caller]
    pub(crate) fn print(&self, attack: &str, sent: &str, outcome: &str, cut_after: Option<Duration>) {
        static HEAD: Once = Once::new();
        HEAD.call_once(|| println!("\n{TITLES}"));
        let cut_after = cut_after.map_or("-".to_owned(), |time| format!("{} ms", time.as_millis()));
        println!("| {attack} | {sent} | {outcome} | {cut_after} {self}");
        assert!(self.growth < MOST_MEMORY, "{attack}: the server has grown {self}");
        assert!(self.log < MOST_LOG, "{attack}: {} bytes of log", self.log);
        let [_, during] = self.latency;
        assert!(during.median < SLOW_CALL, "{attack}: the other client waits {self}");
        assert!(during.longest.max(self.next) < SLOWEST_CALL, "{attack}: a call of the other client waits {self}");
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spans: [idle, attacked], growth, latency, next, .. } = self;
        let (growth, next) = (*growth as f64 / f64::from(1 << 20), next.as_secs_f64() * 1000.0);
        write!(
            f,
            "| {:.0} % / {:.0} %, {:.1} ms ",
            idle.share(),
            attacked.share(),
            attacked.cpu.as_secs_f64() * 1000.0
        )?;
        write!(f, "| {growth:+.1} MiB | {} / {}, then {next:.1} ms |", latency[0], latency[1])
    }
}

const TITLES: &str = "\
| attack | sent | what came of it | cut after | server's CPU idle / attacked | memory | others' p50-max idle / attacked |
|---|---|---|---|---|---|---|";

/// Far beyond what any attack may cost, so that only what grows without bound is found.
const MOST_MEMORY: u64 = 192 << 20;

/// Nothing that a peer does is worth more than a line now and then.
const MOST_LOG: usize = 16 * 1024;

/// Beyond it the other client is not served, but kept waiting.
const SLOW_CALL: Duration = Duration::from_secs(1);

/// Beyond it one call of the other client was not served, but frozen.
const SLOWEST_CALL: Duration = Duration::from_secs(5);
