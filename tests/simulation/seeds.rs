//! Many seeds, on all processors, and what they come to.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::{self, Outcome};

/// Runs the seed that the environment names, or as many as it says. Fails with what the first seed has found that
/// has found something.
pub(crate) fn run_all() {
    match number("PUREGRPC_SIM_SEED") {
        Some(seed) => replay(seed),
        None => all(number("PUREGRPC_SIM_SEEDS").unwrap_or(SEEDS)),
    }
}

fn replay(seed: u64) {
    let outcome = run::run(seed, true);
    if env::var_os("PUREGRPC_SIM_TRACE").is_some() {
        outcome.trace.iter().for_each(|line| println!("{line}"));
    }
    if !outcome.violations.is_empty() {
        fail(seed, &outcome);
    }
}

fn all(seeds: u64) {
    let begun = Instant::now();
    let (sender, outcomes) = channel();
    let next = Arc::new(AtomicU64::new(0));
    for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
        let (sender, next) = (sender.clone(), Arc::clone(&next));
        thread::spawn(move || work(seeds, &next, &sender));
    }
    drop(sender);
    let mut figures = Figures::default();
    while figures.seeds < seeds {
        let Ok((seed, outcome)) = outcomes.recv_timeout(STUCK) else {
            panic!("a seed near {} takes more than {STUCK:?} of real time", next.load(Ordering::Relaxed));
        };
        if !outcome.violations.is_empty() {
            fail(seed, &outcome);
        }
        figures.add(&outcome);
    }
    println!("simulation: {}, {:.1} s", figures.line(), begun.elapsed().as_secs_f64());
}

fn work(seeds: u64, next: &AtomicU64, sender: &Sender<(u64, Outcome)>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        // Nobody listens any more once a seed has failed.
        if seed >= seeds || sender.send((seed, run::run(seed, false))).is_err() {
            return;
        }
    }
}

fn fail(seed: u64, outcome: &Outcome) -> ! {
    let mut report = format!("seed {seed} fails:\n");
    for line in &outcome.violations {
        let _ = writeln!(report, "  {line}");
    }
    let _ = write!(report, "PUREGRPC_SIM_SEED={seed} PUREGRPC_SIM_TRACE=1 {COMMAND}");
    panic!("{report}");
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

/// What all seeds have come to.
#[derive(Default)]
struct Figures {
    seeds: u64,
    messages: u64,
    ends: BTreeMap<String, u64>,
    faults: BTreeMap<&'static str, u64>,
}

impl Figures {
    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.messages += outcome.messages;
        for (end, count) in &outcome.ends {
            *self.ends.entry(end.clone()).or_insert(0) += count;
        }
        for (fault, count) in &outcome.faults {
            *self.faults.entry(fault).or_insert(0) += count;
        }
    }

    fn line(&self) -> String {
        let list = |counts: Vec<(&str, u64)>| {
            let parts: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            parts.join(", ")
        };
        let calls: u64 = self.ends.values().sum();
        let ends = list(self.ends.iter().map(|(end, count)| (end.as_str(), *count)).collect());
        let faults = list(self.faults.iter().map(|(fault, count)| (*fault, *count)).collect());
        format!("{} seeds, {calls} calls ({ends}), {} messages, faults ({faults})", self.seeds, self.messages)
    }
}

/// With the features that the seed was run with: they change what is compressed.
const COMMAND: &str = if cfg!(feature = "gzip") {
    "cargo test --features full --test simulation every_call -- --nocapture"
} else {
    "cargo test --test simulation every_call -- --nocapture"
};

/// How many seeds the gate runs.
const SEEDS: u64 = 200;

/// How many are replayed and compared.
pub(crate) const REPLAYED: u64 = 20;

/// No run takes as long, unless it does not come to wait for anything.
const STUCK: Duration = Duration::from_secs(120);
