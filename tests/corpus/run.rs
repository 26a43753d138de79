//! How a family of inputs is run, counted and replayed.

use futures_util::FutureExt;
use std::{
    cell::Cell,
    collections::BTreeMap,
    env,
    ops::Range,
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
    /// Says one input, and judges what becomes of it, and of a good call after it.
    async fn attack(&mut self, seed: u64, index: u64) -> Verdict;
    /// What has been tried so far of what can be counted.
    fn coverage(&self) -> Option<Coverage> {
        None
    }
}

/// At how many bytes of all that there are something was tried: as many inputs, from the first on, try it at all of them.
pub(crate) struct Coverage {
    pub(crate) tried: u64,
    pub(crate) all: u64,
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
        let whole = inputs == Inputs::All;
        let begin = Instant::now();
        let mut report = Report::default();
        runtime.block_on(async {
            let mut target = T::new().await;
            let idle = settled(0).await;
            for index in inputs.numbers(self.share, target.coverage()) {
                let judged = AssertUnwindSafe(target.attack(seed, index)).catch_unwind().await;
                let mut verdict = judged.unwrap_or_else(|_| Err("the client panics".to_owned()));
                let tasks = settled(idle).await;
                if tasks > idle {
                    verdict = verdict.and(Err(format!("{} tasks are left behind", tasks - idle)));
                }
                report.enter(index, verdict);
            }
            report.coverage = target.coverage();
        });
        report.close(self.name, seed, whole, begin.elapsed());
    }

    /// The seed and the inputs; `None` if an input of another family is asked for.
    fn asked_for(&self) -> Option<(u64, Inputs)> {
        let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{text:?} is not a number"));
        if let Ok(replay) = env::var("PUREGRPC_CORPUS_REPLAY") {
            let parts: Vec<&str> = replay.split(':').collect();
            let &[name, seed, index] = &parts[..] else { panic!("{replay:?} is not family:seed:index") };
            let index = number(index);
            return (name == self.name).then(|| (number(seed), Inputs::One(index)));
        }
        let seed = env::var("PUREGRPC_CORPUS_SEED").map_or(1, |seed| number(&seed));
        let inputs = match env::var("PUREGRPC_CORPUS").as_deref() {
            Ok("all") => Inputs::All,
            Ok(size) => Inputs::OutOf(number(size)),
            Err(_) => Inputs::OutOf(10_000),
        };
        Some((seed, inputs))
    }
}

/// Which inputs of a family are said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inputs {
    One(u64),
    /// The share of the family in so many.
    OutOf(u64),
    /// All that can be counted; where nothing can, the share of the family in [`MANY`].
    All,
}

impl Inputs {
    fn numbers(self, share: u64, coverage: Option<Coverage>) -> Range<u64> {
        match (self, coverage) {
            (Self::One(index), _) => index..index + 1,
            (Self::OutOf(size), _) => 0..(size * share).div_ceil(100),
            (Self::All, Some(coverage)) => 0..coverage.all,
            (Self::All, None) => 0..MANY * share / 100,
        }
    }
}

/// What became of the inputs of a family.
#[derive(Default)]
struct Report {
    inputs: u64,
    classes: BTreeMap<String, u64>,
    faults: Vec<(u64, String)>,
    coverage: Option<Coverage>,
}

impl Report {
    fn enter(&mut self, index: u64, verdict: Verdict) {
        let verdict = match PANICS.take() {
            0 => verdict,
            count => Err(format!("{count} panics; {verdict:?}")),
        };
        self.inputs += 1;
        match verdict {
            Ok(class) => *self.classes.entry(class).or_default() += 1,
            Err(fault) => self.faults.push((index, fault)),
        }
    }

    fn close(self, name: &str, seed: u64, whole: bool, took: Duration) {
        let Self { inputs, classes, faults, coverage } = self;
        let took = took.as_secs_f64();
        println!("corpus: {name}: seed {seed}, {inputs} inputs in {took:.1} s{}: {classes:?}", told(&coverage));
        for (index, fault) in faults.iter().take(10) {
            eprintln!("PUREGRPC_CORPUS_REPLAY={name}:{seed}:{index} {COMMAND}\n  {fault}");
        }
        assert!(faults.is_empty(), "{} of {inputs} inputs do harm", faults.len());
        let is_whole = coverage.is_none_or(|coverage| coverage.tried == coverage.all);
        assert!(is_whole || !whole, "not all was tried");
    }
}

fn told(coverage: &Option<Coverage>) -> String {
    let told = |Coverage { tried, all }: &Coverage| format!(", at {tried} of {all} bytes");
    coverage.as_ref().map(told).unwrap_or_default()
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

/// How many inputs there are in a whole run where nobody can count them, in all families together.
const MANY: u64 = 100_000;

/// With the features that the input was made with: they change what is recorded.
const COMMAND: &str = if cfg!(feature = "gzip") {
    "cargo test --features full --test corpus -- --nocapture"
} else {
    "cargo test --test corpus -- --nocapture"
};

/// How many turns the tasks of a connection have to end.
const TURNS: usize = 1_000;
