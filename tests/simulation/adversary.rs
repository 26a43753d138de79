//! What the adversary of a run is like.

use std::time::Duration;

use fastrand::Rng;

use crate::setup::Setup;

/// How rough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It delays and splits: all calls end as planned.
    Calm,
    /// It drains servers, too: what was begun ends as planned.
    Graceful,
    /// It does what it can.
    Hostile,
}

/// What the adversary may do, and how the server is set up.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) mood: Mood,
    pub(crate) channels: usize,
    /// The longest that either side of a call does nothing.
    pub(crate) longest_pause: Duration,
    /// The longest delay of bytes, and how often there is one.
    pub(crate) latency: Duration,
    pub(crate) delay: f64,
    /// How often bytes go in odd pieces.
    pub(crate) split: f64,
    /// How often a direction stops for long.
    pub(crate) stall: f64,
    /// How many links are cut.
    pub(crate) cut: f64,
    /// Of how many frames the stream is reset.
    pub(crate) reset: f64,
    /// How many calls are refused in front of the server.
    pub(crate) refuse: f64,
    /// How often GOAWAY is said for the server.
    pub(crate) goaway: f64,
    /// How many connections find nobody who listens, although a server does.
    pub(crate) lock_out: f64,
    /// How long servers live; for ever if none.
    pub(crate) reign: Option<Duration>,
    /// How many of them end without a drain.
    pub(crate) crash: f64,
    pub(crate) setup: Setup,
}

impl Profile {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let mood = [Mood::Calm, Mood::Graceful, Mood::Hostile, Mood::Hostile, Mood::Hostile][rng.usize(..5)];
        let quiet = Self::calm(mood, rng);
        if mood == Mood::Calm {
            return quiet;
        }
        let reign = Some(Duration::from_millis(rng.u64(1_000..20_000)));
        if mood == Mood::Graceful {
            return Self { reign, ..quiet };
        }
        let mut often = |most: f64| if rng.bool() { most * rng.f64() } else { 0.0 };
        Self {
            stall: often(0.05),
            cut: often(1.0),
            reset: often(0.15),
            refuse: often(0.3),
            goaway: often(0.1),
            lock_out: often(0.3),
            crash: often(1.0),
            reign: reign.filter(|_| rng.bool()),
            longest_pause: Duration::from_secs(rng.u64(1..30)),
            latency: Duration::from_millis(rng.u64(1..500)),
            setup: quiet.setup.tightened(rng),
            ..quiet
        }
    }

    fn calm(mood: Mood, rng: &mut Rng) -> Self {
        Self {
            mood,
            channels: rng.usize(1..=3),
            longest_pause: Duration::from_secs(4),
            latency: Duration::from_millis(rng.u64(1..20)),
            delay: rng.f64() * 0.2,
            split: rng.f64() * rng.f64(),
            stall: 0.0,
            cut: 0.0,
            reset: 0.0,
            refuse: 0.0,
            goaway: 0.0,
            lock_out: 0.0,
            reign: None,
            crash: 0.0,
            setup: Setup::random(rng),
        }
    }

    /// Whether streams are to be reset or refused on the way: then header blocks must not depend on each other.
    pub(crate) fn meddles(&self) -> bool {
        self.reset > 0.0 || self.refuse > 0.0 || self.goaway > 0.0
    }
}

/// All that may happen.
pub(crate) const FAULTS: &[&str] = &[
    "delay",
    "split",
    "stall",
    "cut",
    "half-cut",
    "GOAWAY",
    "GOAWAY with an error",
    "REFUSED_STREAM",
    "reset with CANCEL",
    "reset with INTERNAL_ERROR",
    "reset with ENHANCE_YOUR_CALM",
    "reset with NO_ERROR",
    "nobody listens",
    "nobody answers",
    "drain",
    "crash",
];
