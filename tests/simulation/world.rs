//! What all parts of a run share: its time, what is known of each call, and what happened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use puregrpc::Code;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::adversary::Profile;
use crate::plan::Plan;

/// One run.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) profile: Profile,
    pub(crate) plans: Vec<Arc<Plan>>,
    begin: Instant,
    traced: bool,
    state: Mutex<State>,
}

/// What changes in a run.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) calls: Vec<Record>,
    /// What came that must not: each a line.
    pub(crate) violations: Vec<String>,
    pub(crate) faults: BTreeMap<&'static str, u64>,
    pub(crate) trace: Vec<String>,
    /// Where new connections go while a server listens.
    pub(crate) door: Option<mpsc::UnboundedSender<DuplexStream>>,
    /// Handlers that have begun and are not dropped.
    pub(crate) handlers: usize,
    /// All links, the first has the number 1, and how many are open.
    pub(crate) links: Vec<Life>,
    pub(crate) open_links: usize,
    /// What the adversary has done that may end calls.
    pub(crate) hits: Vec<Hit>,
    /// Bytes that the links have taken and not delivered.
    pub(crate) held: usize,
}

/// The life of a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) channel: usize,
    pub(crate) begun: Duration,
    /// When the client had heard the server's settings.
    pub(crate) heard: Option<Duration>,
    pub(crate) ended: Option<Duration>,
}

/// Harm that is done to a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) fault: &'static str,
    pub(crate) link: u64,
    /// The call, if it is harm to one alone.
    pub(crate) call: Option<usize>,
    pub(crate) at: Duration,
}

/// What is known of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// How often its handler has begun.
    pub(crate) starts: usize,
    pub(crate) server: Side,
    /// What the handler has returned, if it came so far.
    pub(crate) verdict: Option<Result<(), Code>>,
    pub(crate) client: Side,
    pub(crate) began: Duration,
    /// How it has ended for the client, and when.
    pub(crate) ends: Vec<(End, Duration)>,
}

/// What one side has seen of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    pub(crate) sent: usize,
    /// Messages that were received, all in their order.
    pub(crate) received: usize,
    /// Whether the other side has said that it has sent all.
    pub(crate) saw_end: bool,
}

/// How a call has ended for its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It was dropped, as planned.
    Dropped,
    Ok,
    Error(Code, String),
}

impl World {
    pub(crate) fn new(seed: u64, profile: Profile, plans: Vec<Plan>, traced: bool) -> Arc<Self> {
        let calls = vec![Record::default(); plans.len()];
        let state = Mutex::new(State { calls, ..State::default() });
        let plans = plans.into_iter().map(Arc::new).collect();
        Arc::new(Self { seed, profile, plans, begin: Instant::now(), traced, state })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since the beginning.
    pub(crate) fn now(&self) -> Duration {
        Instant::now() - self.begin
    }

    /// Waits until so much time has passed since the beginning.
    pub(crate) async fn until(&self, time: Duration) {
        sleep_until(self.begin + time).await;
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, time: Duration) {
        self.until(self.now() + time).await;
    }

    /// Whether the adversary has had its time.
    pub(crate) fn is_quiet(&self) -> bool {
        self.now() >= QUIET
    }

    /// Writes a line of the trace.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if self.traced {
            let line = format!("{:>12.6}  {}", self.now().as_secs_f64(), line());
            self.lock().trace.push(line);
        }
    }

    /// Counts what the adversary does, and notes it.
    pub(crate) fn fault(&self, fault: &'static str, on: impl FnOnce() -> String) {
        *self.lock().faults.entry(fault).or_insert(0) += 1;
        self.note(|| format!("*** {fault}: {}", on()));
    }

    /// As `fault`, to a link, or to one call of it.
    pub(crate) fn hit(&self, fault: &'static str, link: u64, call: Option<usize>, on: impl FnOnce() -> String) {
        self.fault(fault, on);
        let at = self.now();
        self.lock().hits.push(Hit { fault, link, call, at });
    }

    /// As `fault`, to all links that are open.
    pub(crate) fn hit_all(&self, fault: &'static str) {
        self.fault(fault, String::new);
        let at = self.now();
        let mut state = self.lock();
        let open = (1..).zip(&state.links).filter(|(_, life)| life.ended.is_none());
        let hits: Vec<_> = open.map(|(link, _)| Hit { fault, link, call: None, at }).collect();
        state.hits.extend(hits);
    }

    /// Changes what is known of a link.
    pub(crate) fn life(&self, link: u64, change: impl FnOnce(&mut Life)) {
        change(&mut self.lock().links[link as usize - 1]);
    }

    /// Tells what must not be.
    pub(crate) fn violation(&self, line: String) {
        self.note(|| format!("!!! {line}"));
        self.lock().violations.push(line);
    }

    /// Changes what is known of a call.
    pub(crate) fn record<T>(&self, call: usize, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.lock().calls[call])
    }
}

/// When the adversary stops.
pub(crate) const QUIET: Duration = Duration::from_secs(40);
