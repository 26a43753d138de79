//! One run: from a seed to what has come of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic;
use std::sync::{Arc, Once};
use std::time::Duration;

use fastrand::Rng;
use puregrpc::{Channel, Code, in_process};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::adversary::Profile;
use crate::world::{End, QUIET, World};
use crate::{check, client, link, plan, server};

/// What has come of a seed.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) violations: Vec<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) faults: BTreeMap<&'static str, u64>,
    /// How often calls have ended so.
    pub(crate) ends: BTreeMap<String, u64>,
    pub(crate) messages: u64,
}

/// Runs a seed; with a trace if it is to be read.
pub(crate) fn run(seed: u64, traced: bool) -> Outcome {
    watch_panics();
    PANICS.take();
    // The pauses of clients between attempts to connect.
    fastrand::seed(seed);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("it needs no more");
    let mut outcome = runtime.block_on(simulate(seed, traced));
    drop(runtime);
    outcome.violations.extend(PANICS.take());
    outcome
}

async fn simulate(seed: u64, traced: bool) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let profile = Profile::random(&mut rng);
    let plans = plan::plans(&profile, &mut rng);
    let world = World::new(seed, profile, plans, traced);
    world.note(|| format!("{:?}", world.profile));
    let run = Run::begin(&world, rng.fork());
    if run.calls_end().await && run.recovers().await {
        run.ends(rng.bool()).await;
        let violations = check::violations(&world);
        world.lock().violations.extend(violations);
    }
    outcome(&world)
}

fn outcome(world: &World) -> Outcome {
    let mut state = world.lock();
    let mut outcome = Outcome {
        violations: std::mem::take(&mut state.violations),
        trace: std::mem::take(&mut state.trace),
        faults: std::mem::take(&mut state.faults),
        ..Outcome::default()
    };
    for record in &state.calls {
        outcome.messages += (record.client.received + record.server.received) as u64;
        for (end, _) in &record.ends {
            let name = match end {
                End::Dropped => "dropped".to_owned(),
                End::Ok => Code::Ok.to_string(),
                End::Error(code, _) => code.to_string(),
            };
            *outcome.ends.entry(name).or_insert(0) += 1;
        }
    }
    outcome
}

struct Run {
    world: Arc<World>,
    channels: Vec<Channel>,
    doormen: Vec<JoinHandle<()>>,
    stop: oneshot::Sender<()>,
    servers: JoinHandle<()>,
}

impl Run {
    fn begin(world: &Arc<World>, rng: Rng) -> Self {
        let (mut channels, mut doormen) = (Vec::new(), Vec::new());
        for channel in 0..world.profile.channels {
            let (listener, connector) = in_process();
            channels.push(world.profile.setup.channel(connector));
            doormen.push(tokio::spawn(link::doorman(Arc::clone(world), channel, listener)));
        }
        let (stop, stopped) = oneshot::channel();
        let servers = tokio::spawn(server::reigns(Arc::clone(world), rng, stopped));
        Self { world: Arc::clone(world), channels, doormen, stop, servers }
    }

    /// All calls end, some time after it has become quiet at the latest.
    async fn calls_end(&self) -> bool {
        let mut calls = JoinSet::new();
        let probes = self.world.plans.len() - self.channels.len();
        for plan in &self.world.plans[..probes] {
            let channel = self.channels[plan.channel].clone();
            calls.spawn(client::call(Arc::clone(&self.world), channel, Arc::clone(plan)));
        }
        let all = timeout(QUIET + PATIENCE, async { while calls.join_next().await.is_some() {} });
        if all.await.is_ok() {
            return true;
        }
        let hanging: Vec<_> = (0..probes).filter(|call| self.world.record(*call, |r| r.ends.is_empty())).collect();
        self.world.violation(format!("the calls {hanging:?} hang"));
        false
    }

    /// Once it is quiet, and all have heard of what was before, new calls succeed.
    async fn recovers(&self) -> bool {
        self.world.until(QUIET + SETTLED).await;
        for plan in &self.world.plans[self.world.plans.len() - self.channels.len()..] {
            let channel = &self.channels[plan.channel];
            let connects = eventually(&self.world, async || channel.ready().await.is_ok()).await;
            if !connects {
                self.world.violation(format!("channel {} does not recover", plan.channel));
                return false;
            }
            client::call(Arc::clone(&self.world), channel.clone(), Arc::clone(plan)).await;
            let ended = self.world.record(plan.id, |record| record.ends.clone());
            if ended.first().is_none_or(|(end, _)| *end != End::Ok) {
                self.world.violation(format!("a call of channel {} fails although it is quiet", plan.channel));
            }
        }
        true
    }

    /// Nothing is left over, whichever side ends first.
    async fn ends(self, clients_first: bool) {
        let world = &self.world;
        let nothing_waits = eventually(world, async || world.lock().held == 0).await;
        if !nothing_waits {
            world.violation(format!("{} bytes are not read although no call is made", world.lock().held));
        }
        let handlers = eventually(world, async || world.lock().handlers == 0).await;
        if !handlers {
            world.violation(format!("{} handlers go on without a call", world.lock().handlers));
        }
        let clients = async {
            drop(self.channels);
            for doorman in self.doormen {
                doorman.await.expect("a doorman does not panic");
            }
        };
        let servers = async {
            // An error means that they have ended, which their task says, too.
            let _ = self.stop.send(());
            self.servers.await.expect("the servers do not panic");
        };
        let all = async {
            if clients_first {
                clients.await;
                servers.await;
            } else {
                servers.await;
                clients.await;
            }
        };
        if timeout(PATIENCE, all).await.is_err() {
            world.violation("clients and servers do not end".to_owned());
        }
        nothing_is_left(world).await;
    }
}

async fn nothing_is_left(world: &World) {
    let tasks = Handle::current().metrics();
    eventually(world, async || tasks.num_alive_tasks() == 0).await;
    let state = world.lock();
    let left = [
        ("tasks", tasks.num_alive_tasks()),
        ("handlers", state.handlers),
        ("links", state.open_links),
        ("bytes", state.held),
    ];
    drop(state);
    for (what, count) in left.iter().filter(|(_, count)| *count > 0) {
        world.violation(format!("{count} {what} are left over"));
    }
}

/// Whether something becomes true within the time that clients pause between connections.
async fn eventually<F: Future<Output = bool>>(world: &World, holds: impl Fn() -> F) -> bool {
    let end = world.now() + PATIENCE;
    loop {
        if holds().await {
            return true;
        }
        if world.now() >= end {
            return false;
        }
        world.pass(Duration::from_millis(500)).await;
    }
}

/// The library catches panics of tasks, and so would hide them.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.with_borrow_mut(|panics| panics.push(info.to_string()));
            before(info);
        }));
    });
}

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Longer than half of a connection outlives the other.
const SETTLED: Duration = Duration::from_secs(3);

/// Longer than the longest pause between attempts to connect, and longer than any drain.
const PATIENCE: Duration = Duration::from_secs(400);
