//! The victim of an attack, and those beside it.

use crate::hostile::{Deed, Hostile};
use puregrpc::{Channel, Code, Request, Server, Status};
use puregrpc_support::{Script, WireClient, noted};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

/// Whether the victim takes what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Reads,
    Stalls,
}

/// What became of the victim.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Result<(), Status>,
    /// How many bytes were written to the client until its call was over.
    pub(crate) written: u64,
    /// How many connections and calls the server has seen.
    pub(crate) connections: usize,
    pub(crate) calls: usize,
}

impl Outcome {
    /// The code that the call ended with.
    pub(crate) fn code(&self) -> Code {
        self.status.as_ref().map_or_else(Status::code, |()| Code::Ok)
    }

    #[track_caller]
    pub(crate) fn assert_code(&self, expected: &[Code]) {
        assert!(expected.contains(&self.code()), "expected one of {expected:?}: {self:?}");
    }
}

/// Attacks a server-streaming call of [`DEADLINE`] by `deed` and asserts what holds of every attack.
pub(crate) async fn attack(name: &str, reader: Reader, deed: Deed) -> Outcome {
    // One at a time, since the memory is that of the process.
    static ALONE: Mutex<()> = Mutex::const_new(());
    let _alone = ALONE.lock().await;
    let honest = Honest::start().await;
    let mut hostile = Hostile::start(deed, honest.answered.subscribe());
    let before = resident();
    let begun = Instant::now();
    let client = WireClient::new(Channel::lazy(format!("http://{}", hostile.address)).unwrap());
    let status = call(&client, reader, &mut hostile.over).await;
    let took = begun.elapsed();
    let grown = resident().saturating_sub(before);
    let outcome = Outcome {
        status,
        written: hostile.written.load(Ordering::Relaxed),
        connections: hostile.connections.load(Ordering::Relaxed),
        calls: hostile.calls.load(Ordering::Relaxed),
    };
    let (answered, longest) = honest.end().await;
    println!(
        "| {name} | {:?} | {} KiB written | {} ms | {} KiB of memory | {answered} calls of others, at most {} ms |",
        outcome.code(),
        outcome.written >> 10,
        took.as_millis(),
        grown >> 10,
        longest.as_millis()
    );
    assert!(took < DEADLINE + PATIENCE, "{name}: {took:?}, {outcome:?}");
    assert!(grown < MEMORY, "{name}: {grown} bytes, {outcome:?}");
    assert!(answered > 0 && longest < PATIENCE, "{name}: {answered} calls of others, {longest:?}");
    // Neither the channel nor the process is harmed: it goes on to answer, if only with the next failure.
    let again = tokio::time::timeout(DEADLINE + PATIENCE, call(&client, Reader::Reads, &mut hostile.over)).await;
    assert!(again.is_ok(), "{name}: a second call hangs");
    outcome
}

/// One call; a reader that stalls takes nothing until all is written that it is attacked by.
async fn call(client: &WireClient, reader: Reader, over: &mut watch::Receiver<bool>) -> Result<(), Status> {
    let mut answers = client.server_stream(Request::new(noted("x")).with_timeout(DEADLINE)).await?;
    if reader == Reader::Stalls {
        // Back-pressure may stop the server; then the deadline ends the call.
        drop(tokio::time::timeout(DEADLINE, over.wait_for(|over| *over)).await);
    }
    while answers.recv().await?.is_some() {}
    Ok(())
}

/// A server that does nothing wrong, and a client of it that goes on calling.
struct Honest {
    stop: Arc<AtomicBool>,
    /// How many calls were answered.
    answered: watch::Sender<usize>,
    caller: JoinHandle<Duration>,
    server: JoinHandle<()>,
}

impl Honest {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            Server::new().add(Script::echo()).serve(listener, std::future::pending()).await.unwrap();
        });
        let client = WireClient::new(Channel::connect(format!("http://{address}")).await.unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let answered = watch::Sender::new(0);
        let count = answered.clone();
        let caller = tokio::spawn(async move {
            let mut longest = Duration::ZERO;
            while !stopped.load(Ordering::Relaxed) {
                let begun = Instant::now();
                client.unary(noted("x")).await.unwrap();
                longest = longest.max(begun.elapsed());
                count.send_modify(|count| *count += 1);
            }
            longest
        });
        Self { stop, answered, caller, server }
    }

    async fn end(self) -> (usize, Duration) {
        self.stop.store(true, Ordering::Relaxed);
        let longest = self.caller.await.unwrap();
        self.server.abort();
        (*self.answered.borrow(), longest)
    }
}

/// What the process holds in memory, in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Of the attacked call.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// What may pass until something that is over has ended, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one hostile server may cost: its connection's windows and limits, many times over.
const MEMORY: u64 = 64 << 20;
