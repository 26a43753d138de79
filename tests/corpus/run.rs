//! How a family of inputs is run, counted and replayed.

use futures_util::FutureExt;
use std::{
    cell::Cell,
    collections::BTreeMap,
    env,
    panic::{self, AssertUnwindSafe},
    sync::Once,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Handle};

/// Inputs that chance makes of one seed, each by its number alone.
pub(crate) struct Family {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// How many of a hundred inputs of the corpus are of this family.
    pub(crate) share: u64,
}

/// What became of one input: its class, or what must not be.
pub(crate) type Verdict = Result<String, String>;

/// How a family reaches what its inputs are said to.
pub(crate) trait Target {
    /// Sets up what all inputs need.
    async fn new() -> Self;
    /// Says one input, and judges what becomes of it.
    async fn attack(&mut self, seed: u64, index: u64) -> Verdict;
    /// Makes a good call somewhere else.
    async fn check_alive(&mut self) -> Result<(), String>;
}

impl Family {
    /// Runs the inputs of the family that this run asks for.
    ///
    /// # Panics
    /// When an input does harm; it is named so that it can be replayed.
    pub(crate) fn run<T: Target>(&self) {
        count_panics();
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let Some((seed, inputs)) = self.asked_for() else { return };
        let begin = Instant::now();
        let mut report = Report::default();
        runtime.block_on(async {
            let mut target = T::new().await;
            let idle = settled(0).await;
            for index in inputs {
                let judged = AssertUnwindSafe(target.attack(seed, index)).catch_unwind().await;
                let mut verdict = judged.unwrap_or_else(|_| Err("the client panics".to_owned()));
                if index % ALIVE_EVERY == 0 || verdict.is_err() {
                    verdict = verdict.and(target.check_alive().await.map(|()| "a good call elsewhere".to_owned()));
                }
                let tasks = settled(idle).await;
                if tasks > idle {
                    verdict = verdict.and(Err(format!("{} tasks are left behind", tasks - idle)));
                }
                report.enter(index, verdict);
            }
            report.enter(u64::MAX, target.check_alive().await.map(|()| "a good call elsewhere".to_owned()));
        });
        report.close(self.name, seed, begin.elapsed());
    }

    /// The seed and the numbers of the inputs; `None` if an input of another family is asked for.
    fn asked_for(&self) -> Option<(u64, std::ops::Range<u64>)> {
        let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{text:?} is not a number"));
        if let Ok(replay) = env::var("PUREGRPC_CORPUS_REPLAY") {
            let parts: Vec<&str> = replay.split(':').collect();
            let &[name, seed, index] = &parts[..] else { panic!("{replay:?} is not family:seed:index") };
            let index = number(index);
            return (name == self.name).then(|| (number(seed), index..index + 1));
        }
        let seed = env::var("PUREGRPC_CORPUS_SEED").map_or(1, |seed| number(&seed));
        let size = env::var("PUREGRPC_CORPUS").map_or(10_000, |size| number(&size));
        Some((seed, 0..(size * self.share).div_ceil(100)))
    }
}

/// What became of the inputs of a family.
#[derive(Default)]
struct Report {
    inputs: u64,
    classes: BTreeMap<String, u64>,
    faults: Vec<(u64, String)>,
}

impl Report {
    fn enter(&mut self, index: u64, verdict: Verdict) {
        let verdict = match PANICS.take() {
            0 => verdict,
            count => Err(format!("{count} panics; {verdict:?}")),
        };
        self.inputs += u64::from(index != u64::MAX);
        match verdict {
            Ok(class) => *self.classes.entry(class).or_default() += 1,
            Err(fault) => self.faults.push((index, fault)),
        }
    }

    fn close(self, name: &str, seed: u64, took: Duration) {
        let Self { inputs, classes, faults } = self;
        println!("corpus: {name}: {inputs} inputs in {:.1} s: {classes:?}", took.as_secs_f64());
        for (index, fault) in faults.iter().take(10) {
            eprintln!(
                "PUREGRPC_CORPUS_REPLAY={name}:{seed}:{index} cargo test --test corpus -- --nocapture\n  {fault}"
            );
        }
        assert!(faults.is_empty(), "{} of {inputs} inputs do harm", faults.len());
    }
}

/// Whether the input that is run is one that was asked for by its number.
pub(crate) fn is_replay() -> bool {
    env::var_os("PUREGRPC_CORPUS_REPLAY").is_some()
}

/// Lets tasks end until there are at most `idle`; gives how many there are.
async fn settled(idle: usize) -> usize {
    let metrics = Handle::current().metrics();
    for _ in 0..TURNS {
        if metrics.num_alive_tasks() <= idle {
            break;
        }
        tokio::task::yield_now().await;
    }
    metrics.num_alive_tasks()
}

/// Counts the panics of this thread, also those that are caught.
fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            before(info);
        }));
    });
}

thread_local! {
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// How many inputs go by before a good call is made elsewhere.
const ALIVE_EVERY: u64 = 64;

/// How many turns the tasks of a connection have to end.
const TURNS: usize = 1_000;
