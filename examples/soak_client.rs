//! Calls the example services without end and checks what comes back, while whoever started it ends, stops and cuts
//! off the server; `tests/soak/run` does.
//!
//! `soak_client ADDR WORKERS CHANNELS`: it ends with its standard input. Fifty times a second it prints a line of JSON:
//! `ok` (calls that went well, for each worker), `failed` (the others, by status), `oldest` (seconds since the call
//! began that has been running for the longest) and `wrong` (an answer that was not right, if there was one).

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use puregrpc::examples::proto::helloworld::{GreeterClient, HelloRequest};
use puregrpc::examples::proto::routeguide::{Point, Rectangle, RouteGuideClient, RouteNote};
use puregrpc::{Channel, Request, Status};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, interval, sleep};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, workers, channels] = arguments.as_slice() else {
        return Err("usage: soak_client ADDR WORKERS CHANNELS".into());
    };
    let (workers, channels): (usize, usize) = (workers.parse()?, channels.parse()?);
    let tally = Arc::new(Tally::new(workers));
    let channels: Result<Vec<_>, _> = (0..channels.max(1)).map(|_| Channel::lazy(address)).collect();
    let channels = channels?;
    for worker in 0..workers {
        let channel = channels[worker % channels.len()].clone();
        tokio::spawn(work(worker, channel, Arc::clone(&tally)));
    }
    let mut ticks = interval(TICK);
    let (mut input, mut buffer) = (tokio::io::stdin(), [0; 64]);
    loop {
        tokio::select! {
            _ = ticks.tick() => println!("{}", tally.line()),
            read = input.read(&mut buffer) => if read? == 0 { return Ok(()) },
        }
    }
}

/// One call after the other.
async fn work(worker: usize, channel: Channel, tally: Arc<Tally>) {
    let (greeter, guide) = (GreeterClient::new(channel.clone()), RouteGuideClient::new(channel));
    for number in 0_usize.. {
        tally.begun[worker].store(tally.now(), Relaxed);
        let result = match number % 4 {
            0 => greet(&greeter, &format!("{worker}-{number}")).await,
            1 => list(&guide).await,
            2 => record(&guide, 1 + number % 50).await,
            _ => chat(&guide, &format!("{worker}-{number}")).await,
        };
        tally.begun[worker].store(0, Relaxed);
        tally.note(worker, result);
        sleep(REST).await;
    }
}

async fn greet(greeter: &GreeterClient, name: &str) -> Result<(), Failure> {
    let request = HelloRequest { name: name.into(), ..Default::default() };
    let reply = greeter.say_hello(timed(request)).await?;
    equal(&*reply.message, &*format!("Hello, {name}!"))
}

async fn list(guide: &RouteGuideClient) -> Result<(), Failure> {
    let corner = |latitude, longitude| Some(Point { latitude, longitude, ..Default::default() }).into();
    let everywhere = Rectangle {
        lo: corner(-900_000_000, -1_800_000_000),
        hi: corner(900_000_000, 1_800_000_000),
        ..Default::default()
    };
    let mut features = guide.list_features(timed(everywhere)).await?;
    let mut count = 0;
    while features.recv().await?.is_some() {
        count += 1;
    }
    equal(&count, &puregrpc::examples::Places::built_in().features().len())
}

async fn record(guide: &RouteGuideClient, count: usize) -> Result<(), Failure> {
    let mut points = guide.record_route(timed(())).await?;
    for _ in 0..count {
        if points.send(&Point::default()).await.is_err() {
            // The status says why.
            break;
        }
    }
    equal(&points.finish().await?.point_count, &i32::try_from(count).unwrap_or(i32::MAX))
}

async fn chat(guide: &RouteGuideClient, message: &str) -> Result<(), Failure> {
    let (mut notes, mut replies) = guide.route_chat(timed(())).await?;
    let note = RouteNote { message: message.into(), ..Default::default() };
    notes.send(&note).await?;
    for earlier in 1..=2 {
        notes.send(&note).await?;
        for _ in 0..earlier {
            equal(&replies.recv().await?.map(|reply| reply.message), &Some(message.to_owned()))?;
        }
    }
    notes.close();
    equal(&replies.recv().await?.map(|reply| reply.message), &None)
}

fn timed<T>(message: T) -> Request<T> {
    Request::new(message).with_timeout(DEADLINE)
}

/// Why a call did not go well.
enum Failure {
    Status(Status),
    Wrong(String),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

fn equal<T: PartialEq + Debug + ?Sized>(got: &T, expected: &T) -> Result<(), Failure> {
    if got == expected { Ok(()) } else { Err(Failure::Wrong(format!("{got:?}, expected {expected:?}"))) }
}

/// What has become of the calls.
struct Tally {
    epoch: Instant,
    ok: Vec<AtomicU64>,
    /// When each worker began its call, in milliseconds; 0 between calls.
    begun: Vec<AtomicU64>,
    failed: Mutex<BTreeMap<String, u64>>,
    wrong: Mutex<Option<String>>,
}

impl Tally {
    fn new(workers: usize) -> Self {
        let zeros = || (0..workers).map(|_| AtomicU64::new(0)).collect();
        Self { epoch: Instant::now(), ok: zeros(), begun: zeros(), failed: Mutex::default(), wrong: Mutex::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).map_or(u64::MAX, |now| now + 1)
    }

    fn note(&self, worker: usize, result: Result<(), Failure>) {
        match result {
            Ok(()) => drop(self.ok[worker].fetch_add(1, Relaxed)),
            Err(Failure::Status(status)) => {
                let key = format!("{}: {}", status.code(), status.message());
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
            }
            Err(Failure::Wrong(why)) => {
                self.wrong.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
            }
        }
    }

    fn line(&self) -> String {
        let ok: Vec<_> = self.ok.iter().map(|count| count.load(Relaxed)).collect();
        let begun = self.begun.iter().map(|begun| begun.load(Relaxed)).filter(|begun| *begun > 0).min();
        let oldest = begun.map_or(0, |begun| self.now().saturating_sub(begun)) as f64 / 1000.0;
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failed.iter().map(|(status, count)| format!("{}: {count}", quoted(status)));
        let failed = failed.collect::<Vec<_>>().join(", ");
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = wrong.as_deref().map_or("null".into(), quoted);
        format!("{{\"ok\": {ok:?}, \"failed\": {{{failed}}}, \"oldest\": {oldest}, \"wrong\": {wrong}}}")
    }
}

/// A string as JSON has it; what is not plain ASCII is left out.
fn quoted(text: &str) -> String {
    let plain = |letter: &char| (' '..='~').contains(letter) && !['"', '\\'].contains(letter);
    format!("\"{}\"", text.chars().filter(plain).collect::<String>())
}

/// Of each call; a server that is stopped for less than this loses none.
const DEADLINE: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_millis(2);
const TICK: Duration = Duration::from_millis(20);
