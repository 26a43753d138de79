//! Calls of each kind, one after the other, while the server ends one connection after the other.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::time::Duration;

use puregrpc::{Code, Status};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{Outcome, Peer, input, output, simple};
use crate::interop::grpc::testing::{StreamingOutputCallRequest, TestServiceClient};

/// No call is lost, but with `ages_cut` a stream may be: by UNAVAILABLE, and some stream has to be.
pub(super) async fn ages(peer: &Peer) -> Outcome {
    let options = &peer.options;
    let end = Instant::now() + Duration::from_secs(options.read("ages_seconds", 3)?);
    let connections = options.read("ages_connections", 0)?;
    let may_cut = options.read("ages_cut", false)?;
    let mut callers = JoinSet::new();
    for kind in [Kind::Unary, Kind::Large, Kind::Output, Kind::Input, Kind::Duplex] {
        for _ in 0..CALLERS {
            callers.spawn(calls(peer.tests.clone(), kind, end));
        }
    }
    let mut all = Tally::default();
    while let Some(tally) = callers.join_next().await {
        all.add(tally?);
    }
    println!("       ages: {} lost of {:?} over {} connections or more", all.lost(), all.made, all.seen.len());
    all.check(may_cut, connections)
}

/// What a caller calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Unary,
    Large,
    Output,
    Input,
    Duplex,
}

/// How calls have ended.
#[derive(Debug, Default)]
struct Tally {
    made: BTreeMap<Kind, usize>,
    failed: BTreeMap<(Kind, Code), (usize, String)>,
    /// Where the server has seen its client, if it says so.
    seen: HashSet<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (kind, count) in other.made {
            *self.made.entry(kind).or_default() += count;
        }
        for (failure, (count, message)) in other.failed {
            self.failed.entry(failure).or_insert((0, message)).0 += count;
        }
        self.seen.extend(other.seen);
    }

    fn lost(&self) -> usize {
        self.failed.values().map(|(count, _)| count).sum()
    }

    fn check(&self, may_cut: bool, connections: usize) -> Outcome {
        let fatal = |(kind, code): &(Kind, Code)| {
            !may_cut || matches!(kind, Kind::Unary | Kind::Large) || *code != Code::Unavailable
        };
        if let Some((failure, (count, message))) = self.failed.iter().find(|(failure, _)| fatal(failure)) {
            return Err(format!("{count} calls were lost, {failure:?}: {message}").into());
        }
        if may_cut && self.failed.is_empty() {
            return Err("no stream was cut".into());
        }
        if self.seen.len() < connections {
            return Err(format!("expected {connections} connections or more, got {}", self.seen.len()).into());
        }
        Ok(())
    }
}

/// Calls until the time is over. A stream takes [`STREAM`] of [`PAUSE`], which is longer than a connection lasts.
async fn calls(tests: TestServiceClient, kind: Kind, end: Instant) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < end {
        *tally.made.entry(kind).or_default() += 1;
        if let Err(status) = call(&tests, kind, &mut tally.seen).await {
            let message = status.to_string();
            tally.failed.entry((kind, status.code())).or_insert((0, message)).0 += 1;
        }
    }
    tally
}

async fn call(tests: &TestServiceClient, kind: Kind, seen: &mut HashSet<String>) -> Result<(), Status> {
    match kind {
        Kind::Unary | Kind::Large => {
            let size = if kind == Kind::Large { LARGE } else { 1 };
            let reply = tests.unary_call(simple(size, SIZE)).await?;
            seen.extend(reply.metadata().get(SEEN).map(str::to_owned));
            expect(reply.payload.body.len(), 1)
        }
        Kind::Output => {
            let mut request = output(0, &[SIZE; STREAM]);
            pace(&mut request);
            let mut replies = tests.streaming_output_call(request).await?;
            let mut count = 0;
            while replies.recv().await?.is_some() {
                count += 1;
            }
            expect(count, STREAM)
        }
        Kind::Input => {
            let mut call = tests.streaming_input_call(()).await?;
            for _ in 0..STREAM {
                // What ends a call, `finish` says.
                if call.send(&input(1)).await.is_err() {
                    break;
                }
                sleep(PAUSE).await;
            }
            let size = call.finish().await?.aggregated_payload_size;
            expect(usize::try_from(size).unwrap_or_default(), STREAM)
        }
        Kind::Duplex => {
            let (mut requests, mut replies) = tests.full_duplex_call(()).await?;
            let mut request = output(1, &[SIZE]);
            pace(&mut request);
            let mut count = 0;
            while count < STREAM && requests.send(&request).await.is_ok() && replies.recv().await?.is_some() {
                count += 1;
            }
            requests.close();
            while replies.recv().await?.is_some() {
                count += 1;
            }
            expect(count, STREAM)
        }
    }
}

/// Asks for a pause before each answer.
fn pace(request: &mut StreamingOutputCallRequest) {
    for parameters in &mut request.response_parameters {
        parameters.interval_us = i32::try_from(PAUSE.as_micros()).unwrap_or_default();
    }
}

fn expect(got: usize, expected: usize) -> Result<(), Status> {
    if got == expected {
        return Ok(());
    }
    Err(Status::data_loss(format!("expected {expected}, got {got}")))
}

/// Callers of each kind.
const CALLERS: usize = 3;
const STREAM: usize = 30;
const PAUSE: Duration = Duration::from_millis(20);
const LARGE: usize = 100_000;
const SIZE: i32 = 1;

/// By this metadata the server of the folder go says where it has seen the client.
const SEEN: &str = "seen-from";
