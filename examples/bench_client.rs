//! Calls `bench.Bench/Hello` from many tasks at once and tells the rate and what it cost.
//!
//! `bench_client ADDR TASKS SECONDS CONNECTIONS [mt N | ct]`; the environment variable `SIZE` sets the length of the
//! name that is sent and comes back (10).
//!
//! It prints `rps=` (calls a second), `cli_us=` (microseconds of CPU time of this process for each call) and `util=`
//! (the share of one core that it used).

#[path = "bench/proto.rs"]
mod proto;
#[path = "bench/runtime.rs"]
mod runtime;

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use puregrpc::{Channel, Status};
use tokio::task::JoinSet;
use tokio::time::sleep;

use proto::bench::{BenchClient, HelloRequest};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, tasks, seconds, connections, threads @ ..] = arguments.as_slice() else {
        return Err("usage: bench_client ADDR TASKS SECONDS CONNECTIONS [mt N | ct]".into());
    };
    let plan = Plan {
        address: format!("http://{address}"),
        tasks: tasks.parse()?,
        duration: Duration::try_from_secs_f64(seconds.parse()?)?,
        connections: connections.parse()?,
        size: std::env::var("SIZE").map_or(Ok(10), |size| size.parse())?,
    };
    let runtime = runtime::build(threads)?;
    let load = runtime.spawn(run(plan));
    runtime.block_on(load)?
}

/// What the command line asks for.
struct Plan {
    address: String,
    tasks: usize,
    duration: Duration,
    connections: usize,
    size: usize,
}

/// What the callers and the one who measures them share.
#[derive(Default)]
struct Progress {
    calls: AtomicU64,
    stop: AtomicBool,
}

async fn run(plan: Plan) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut clients = Vec::new();
    for _ in 0..plan.connections.max(1) {
        clients.push(BenchClient::new(Channel::connect(&plan.address).await?));
    }
    let progress = Arc::new(Progress::default());
    let mut callers = JoinSet::new();
    for client in clients.iter().cycle().take(plan.tasks) {
        callers.spawn(call(client.clone(), "x".repeat(plan.size), Arc::clone(&progress)));
    }
    sleep(plan.duration.mul_f64(WARM_UP)).await;
    let before = Sample::take(&progress)?;
    sleep(plan.duration).await;
    let after = Sample::take(&progress)?;
    progress.stop.store(true, Relaxed);
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    after.print_since(&before);
    Ok(())
}

/// One call after the other until told to stop.
async fn call(client: BenchClient, name: String, progress: Arc<Progress>) -> Result<(), Status> {
    while !progress.stop.load(Relaxed) {
        let reply = client.hello(HelloRequest { name: name.clone(), ..Default::default() }).await?;
        if reply.message != name {
            return Err(Status::internal("the reply is not the name that was sent"));
        }
        progress.calls.fetch_add(1, Relaxed);
    }
    Ok(())
}

/// How far the load has come at one moment.
struct Sample {
    at: Instant,
    calls: u64,
    cpu: Duration,
}

impl Sample {
    fn take(progress: &Progress) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self { at: Instant::now(), calls: progress.calls.load(Relaxed), cpu: cpu_time()? })
    }

    fn print_since(&self, before: &Self) {
        let elapsed = (self.at - before.at).as_secs_f64();
        let calls = (self.calls - before.calls) as f64;
        let cpu = (self.cpu - before.cpu).as_secs_f64();
        println!("rps={:.0} cli_us={:.3} util={:.2}", calls / elapsed, cpu * 1e6 / calls, cpu / elapsed);
    }
}

/// The CPU time of all threads of this process, as Linux counts it.
fn cpu_time() -> Result<Duration, Box<dyn Error + Send + Sync>> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        let Ok(counts) = fs::read_to_string(thread?.path().join("schedstat")) else {
            // The thread has just ended.
            continue;
        };
        nanoseconds += counts.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The part of the measured time that goes before it.
const WARM_UP: f64 = 0.2;
