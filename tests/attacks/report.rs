//! What an attack has come to, as a row of a table.

use std::fmt;
use std::sync::Once;
use std::time::Duration;

/// How long calls took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

impl Latency {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        Self { median: at(50), p99: at(99) }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, p99] = [self.median, self.p99].map(|time| time.as_secs_f64() * 1000.0);
        write!(f, "{median:.1}-{p99:.1} ms")
    }
}

/// What an attack has cost.
#[derive(Debug)]
pub(crate) struct Cost {
    /// The server's share of a processor, in percent, before and during the attack.
    pub(crate) cpu: [f64; 2],
    /// How much more memory the server had at its peak than before, in bytes.
    pub(crate) growth: u64,
    /// How long the calls of the other client took, before and during the attack.
    pub(crate) latency: [Latency; 2],
    /// What the server has logged, in bytes.
    pub(crate) log: usize,
}

impl Cost {
    /// Prints the row of an attack, and asserts what holds on any machine.
    #[track_caller]
    pub(crate) fn print(&self, attack: &str, sent: &str, outcome: &str, cut_after: Option<Duration>) {
        static HEAD: Once = Once::new();
        HEAD.call_once(|| println!("\n{TITLES}"));
        let cut_after = cut_after.map_or("-".to_owned(), |time| format!("{} ms", time.as_millis()));
        println!("| {attack} | {sent} | {outcome} | {cut_after} {self}");
        assert!(self.growth < MOST_MEMORY, "{attack}: the server has grown {self}");
        assert!(self.log < MOST_LOG, "{attack}: {} bytes of log", self.log);
        assert!(self.latency[1].median < SLOW_CALL, "{attack}: the other client waits {self}");
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu: [idle, attacked], growth, latency, .. } = self;
        let growth = *growth as f64 / f64::from(1 << 20);
        write!(f, "| {idle:.0} % / {attacked:.0} % | {growth:+.1} MiB | {} / {} |", latency[0], latency[1])
    }
}

const TITLES: &str = "\
| attack | sent | what came of it | cut after | server's CPU idle / attacked | memory | others' p50-p99 idle / attacked |
|---|---|---|---|---|---|---|";

/// Far beyond what any attack may cost, so that only what grows without bound is found.
const MOST_MEMORY: u64 = 192 << 20;

/// Nothing that a peer does is worth more than a line now and then.
const MOST_LOG: usize = 16 * 1024;

/// Beyond it the other client is not served, but kept waiting.
const SLOW_CALL: Duration = Duration::from_secs(1);
