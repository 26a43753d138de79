//! `vs-NAME-client ADDR TASKS SECONDS CONNECTIONS THREADS`

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::{Error, runtime};

/// A client of `bench.Bench`.
pub trait Caller: Clone + Send + 'static {
    /// Makes a connection of its own to `http://ADDR`.
    fn connect(url: &str) -> impl Future<Output = Result<Self, Error>> + Send;

    /// Calls `Hello`.
    fn hello(&mut self, name: String) -> impl Future<Output = Result<String, Error>> + Send;
}

/// Calls as the command line says, and prints what came of it as one line of JSON.
///
/// # Errors
///
/// If the command line is not understood, or a call fails.
pub fn call<C: Caller>() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, tasks, seconds, connections, threads] = words.as_slice() else {
        return Err("usage: ADDR TASKS SECONDS CONNECTIONS THREADS".into());
    };
    let plan = Plan {
        url: format!("http://{address}"),
        tasks: tasks.parse()?,
        duration: Duration::try_from_secs_f64(seconds.parse()?)?,
        connections: connections.parse()?,
    };
    let runtime = runtime(threads.parse()?)?;
    // In a task of its own: the thread that waits for it is not one of the workers.
    let load = runtime.spawn(run::<C>(plan));
    println!("{}", runtime.block_on(load)??);
    Ok(())
}

/// What the command line asks for.
struct Plan {
    url: String,
    tasks: usize,
    duration: Duration,
    connections: usize,
}

/// The time in which calls count.
#[derive(Clone, Copy)]
struct Window {
    start: Instant,
    end: Instant,
}

async fn run<C: Caller>(plan: Plan) -> Result<String, Error> {
    let mut clients = Vec::new();
    for _ in 0..plan.connections.max(1) {
        clients.push(C::connect(&plan.url).await?);
    }
    let start = Instant::now() + plan.duration.mul_f64(WARM_UP);
    let window = Window { start, end: start + plan.duration };
    let mut callers = JoinSet::new();
    for client in clients.iter().cycle().take(plan.tasks) {
        callers.spawn(caller(client.clone(), window));
    }
    sleep(window.start - Instant::now()).await;
    let before = (Instant::now(), cpu_time()?);
    sleep(window.end - Instant::now()).await;
    let seconds = before.0.elapsed().as_secs_f64();
    let cpu = cpu_time()? - before.1;
    let mut times = Vec::new();
    while let Some(caller) = callers.join_next().await {
        times.extend(caller??);
    }
    Ok(line(times, seconds, cpu))
}

/// One call after the other; gives the nanoseconds of each that ended in the window.
async fn caller<C: Caller>(mut client: C, window: Window) -> Result<Vec<u32>, Error> {
    let name = "x".repeat(NAME);
    let mut times = Vec::new();
    let mut begun = Instant::now();
    while begun < window.end {
        let reply = client.hello(name.clone()).await?;
        if reply != name {
            return Err("the reply is not the name that was sent".into());
        }
        let ended = Instant::now();
        if ended >= window.start && ended < window.end {
            times.push(u32::try_from((ended - begun).as_nanos()).unwrap_or(u32::MAX));
        }
        begun = ended;
    }
    Ok(times)
}

fn line(mut times: Vec<u32>, seconds: f64, cpu: u64) -> String {
    times.sort_unstable();
    let quantile = |part: f64| {
        let place = (times.len() as f64 * part) as usize;
        times.get(place).map_or(0.0, |nanoseconds| f64::from(*nanoseconds) / 1e3)
    };
    let count = times.len();
    format!(
        r#"{{"count":{count},"seconds":{seconds:.6},"per_second":{:.1},"client_cpu_ns":{:.1},"p50_us":{:.1},"p99_us":{:.1}}}"#,
        count as f64 / seconds,
        cpu as f64 / count as f64,
        quantile(0.5),
        quantile(0.99),
    )
}

/// The CPU time of all threads of this process in nanoseconds, as Linux counts it.
fn cpu_time() -> io::Result<u64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        let counts = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += counts.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0);
    }
    Ok(nanoseconds)
}

/// The part of the measured time that goes before it.
const WARM_UP: f64 = 0.2;

/// The bytes of the name that is sent and comes back.
const NAME: usize = 10;
