//! Calls `peer.Peer` of another implementation of gRPC and checks what comes
//! back: all four kinds of call, metadata, statuses, deadlines, cancellation.
//!
//! ```sh
//! cargo run --features full --example peer_client -- http://127.0.0.1:50052
//! ```

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use puregrpc::{Channel, Code, Encoding, Metadata, Request, Status};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use proto::peer::{Failure, Nap, Payload, PeerBlockingClient, PeerClient};

mod proto {
    puregrpc::include_protos!("peer");
}

type Outcome = Result<(), Box<dyn Error>>;

/// A case of the blocking client.
type BlockingCase = fn(&PeerBlockingClient) -> Outcome;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let uri = std::env::args().nth(1).ok_or("the server's URI is missing, as in http://127.0.0.1:50052")?;
    let channel = Channel::connect(&uri).await?;
    let peer = PeerClient::new(channel.clone());
    let mut cases = Cases::default();
    messages(&mut cases, &peer).await;
    compression(&mut cases, &peer).await;
    metadata(&mut cases, &peer).await;
    statuses(&mut cases, &peer).await;
    deadlines(&mut cases, &peer).await;
    cancellation(&mut cases, &peer, &uri).await;
    blocking(&mut cases, &uri).await;
    println!("{} passed, {} failed", cases.passed, cases.failed);
    Ok(if cases.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Counts cases and prints a line for each.
#[derive(Default)]
struct Cases {
    passed: usize,
    failed: usize,
}

impl Cases {
    async fn run(&mut self, name: &str, case: impl Future<Output = Outcome>) {
        let outcome = timeout(PATIENCE, case).await.unwrap_or_else(|_| Err("it does not end".into()));
        match outcome {
            Ok(()) => {
                self.passed += 1;
                println!("ok     {name}");
            }
            Err(error) => {
                self.failed += 1;
                println!("FAILED {name}\n      {error}");
            }
        }
    }
}

async fn messages(cases: &mut Cases, peer: &PeerClient) {
    for size in [0, 1, 16_379, 16_380, 65_536, LIMIT - 5] {
        let name = format!("a message of {size} bytes of data goes there and back");
        cases.run(&name, async { equal(&peer.echo(payload(size)).await?.data, &payload(size).data) }).await;
    }
    let case = async {
        refused(Code::ResourceExhausted, peer.echo(payload(LIMIT - 4)).await)?;
        equal(&peer.echo(payload(1)).await?.data.len(), &1)
    };
    cases.run("a message of 4 MiB + 1 is RESOURCE_EXHAUSTED and the channel lives on", case).await;
    cases.run("a thousand calls at once are each answered", many(peer, 1_000)).await;
    cases.run("a stream of 2,000 messages comes back in order", long_stream(peer)).await;
    for count in [1, 5, 100, 1_000] {
        let name = format!("{count} streams whose answers nobody takes hold up no other call");
        cases.run(&name, stuck(peer, count)).await;
    }
    let case = async {
        let (mut requests, mut replies) = peer.echo_stream(()).await?;
        for size in [3, 0, 70_000] {
            requests.send(&payload(size)).await?;
            let reply = replies.recv().await?.ok_or("the stream has ended")?;
            equal(&reply.data, &payload(size).data)?;
        }
        requests.close();
        equal(&replies.recv().await?, &None)
    };
    cases.run("messages go to and fro in one call", case).await;
}

async fn compression(cases: &mut Cases, peer: &PeerClient) {
    for (name, encoding) in [("gzip", Encoding::Gzip), ("deflate", Encoding::Deflate)] {
        for size in [1_024, 100_000, LIMIT - 5] {
            let case = async {
                let request = Request::new(payload(size)).with_compression(encoding).with_metadata("compress", name)?;
                let reply = peer.echo(request).await?;
                equal(&reply.data, &payload(size).data)?;
                equal(&reply.was_compressed(), &true)
            };
            cases.run(&format!("{size} bytes of data go there and back by {name}"), case).await;
        }
        let case = compressed_stream(peer, name, encoding);
        cases.run(&format!("a stream goes there and back by {name}, some of it as it is"), case).await;
    }
}

async fn compressed_stream(peer: &PeerClient, name: &str, encoding: Encoding) -> Outcome {
    let request = Request::new(()).with_compression(encoding).with_metadata("compress", name)?;
    let (mut requests, mut replies) = peer.echo_stream(request).await?;
    for (number, size) in [5_000, 0, 70_000, 70_000].into_iter().enumerate() {
        if number == 3 {
            requests.send_uncompressed(&payload(size)).await?;
        } else {
            requests.send(&payload(size)).await?;
        }
        let reply = replies.recv().await?.ok_or("the stream has ended")?;
        equal(&reply.data, &payload(size).data)?;
        equal(&replies.was_compressed(), &(size > 0))?;
    }
    requests.close();
    equal(&replies.recv().await?, &None)
}

async fn many(peer: &PeerClient, count: usize) -> Outcome {
    let mut calls = JoinSet::new();
    for size in 0..count {
        let peer = peer.clone();
        calls.spawn(async move { peer.echo(payload(size)).await.map(|reply| (size, reply.into_inner())) });
    }
    while let Some(call) = calls.join_next().await {
        let (size, reply) = call??;
        equal(&reply.data, &payload(size).data)?;
    }
    Ok(())
}

/// Streams that send without end and take no answer, beside calls of 100 kB.
async fn stuck(peer: &PeerClient, count: usize) -> Outcome {
    let (mut sending, mut taken) = (JoinSet::new(), Vec::new());
    for _ in 0..count {
        let (mut requests, mut replies) = peer.echo_stream(()).await?;
        sending.spawn(async move { while requests.send(&payload(10_000)).await.is_ok() {} });
        replies.headers().await?;
        taken.push(replies);
    }
    for _ in 0..5 {
        equal(&peer.echo(payload(100_000)).await?.data.len(), &100_000)?;
    }
    equal(&taken[0].recv().await?.ok_or("the stream has ended")?.data.len(), &10_000)
}

async fn long_stream(peer: &PeerClient) -> Outcome {
    let (mut requests, mut replies) = peer.echo_stream(()).await?;
    let send = async {
        for size in 0..2_000 {
            requests.send(&payload(size)).await?;
        }
        requests.close();
        Ok::<_, Box<dyn Error>>(())
    };
    let receive = async {
        for size in 0..2_000 {
            let reply = replies.recv().await?.ok_or("the stream has ended early")?;
            equal(&reply.data, &payload(size).data)?;
        }
        equal(&replies.recv().await?, &None)
    };
    tokio::try_join!(send, receive)?;
    Ok(())
}

async fn metadata(cases: &mut Cases, peer: &PeerClient) {
    let case = async {
        let reply = peer.echo(with_metadata(Payload::default())?).await?;
        check_initial(reply.metadata())?;
        check_trailing(reply.trailers())
    };
    cases.run("a unary call brings its metadata back, -bin included", case).await;
    let case = async {
        let (requests, mut replies) = peer.echo_stream(with_metadata(())?).await?;
        check_initial(replies.headers().await?)?;
        requests.close();
        equal(&replies.recv().await?, &None)?;
        check_trailing(replies.trailers())
    };
    cases.run("a stream brings its metadata back, the initial part before any message", case).await;
    let case = async {
        for length in 0..=40 {
            let value = &EVERY_BYTE[..length];
            let reply = peer.echo(Request::new(Payload::default()).with_metadata("initial-bin", value)?).await?;
            equal(&reply.metadata().bin("initial-bin").as_deref(), &Some(value))?;
        }
        Ok(())
    };
    cases.run("binary values of every length from 0 to 40 bytes survive", case).await;
}

fn with_metadata<T>(message: T) -> Result<Request<T>, puregrpc::Error> {
    Request::new(message)
        .with_metadata("initial-text", "one")?
        .with_metadata("initial-text", "two")?
        .with_metadata("initial-bin", EVERY_BYTE)?
        .with_metadata("trailing-text", "a;b \"c\" ~")?
        .with_metadata("trailing-bin", [0xab; 3])?
        .with_metadata("unseen", "stays with the server")
}

fn check_initial(metadata: &Metadata) -> Outcome {
    equal(&metadata.all("initial-text").collect::<Vec<_>>(), &vec!["one", "two"])?;
    equal(&metadata.bin("initial-bin").as_deref(), &Some(&EVERY_BYTE[..]))?;
    equal(&metadata.get("unseen"), &None)
}

fn check_trailing(metadata: &Metadata) -> Outcome {
    equal(&metadata.get("trailing-text"), &Some("a;b \"c\" ~"))?;
    equal(&metadata.bin("trailing-bin").as_deref(), &Some(&[0xab; 3][..]))?;
    equal(&metadata.get("unseen"), &None)
}

async fn statuses(cases: &mut Cases, peer: &PeerClient) {
    for code in Code::ALL.into_iter().filter(|code| *code != Code::Ok) {
        let name = format!("a unary call and a stream fail with {code}");
        cases.run(&name, fails(peer, code, format!("it is {code}"), 0)).await;
    }
    for message in
        ["こんにちは, なんしー ☺ 😈", "\t\ntest with whitespace\r\nand Unicode ☺\t\n", "100 % of %41 and %zz", ""]
    {
        let name = format!("a status keeps its message {message:?} and its details, after two messages");
        cases.run(&name, fails(peer, Code::NotFound, message.to_owned(), 2)).await;
    }
    let case = async {
        peer.fail(Failure::default()).await?;
        let mut replies = peer.fail_stream(Failure { after: 3, ..Default::default() }).await?;
        for number in 0..3 {
            equal(&replies.recv().await?.map(|reply| reply.data.to_vec()), &Some(vec![number]))?;
        }
        equal(&replies.recv().await?, &None)
    };
    cases.run("code 0 is a success", case).await;
}

async fn fails(peer: &PeerClient, code: Code, message: String, after: u32) -> Outcome {
    let details = EVERY_BYTE[..usize::try_from(after)? * 100].to_vec();
    let failure = Failure { code: code.into(), message, details: details.into(), after, ..Default::default() };
    let check = |status: Status| {
        equal(&status.code(), &code)?;
        equal(&status.message(), &failure.message.as_str())?;
        equal(&status.details(), &&failure.details[..])
    };
    check(peer.fail(failure.clone()).await.err().ok_or("the unary call succeeded")?)?;
    let mut replies = match peer.fail_stream(failure.clone()).await {
        Ok(replies) => replies,
        Err(status) if after == 0 => return check(status),
        Err(status) => return Err(status.into()),
    };
    for _ in 0..after {
        replies.recv().await?.ok_or("the stream has ended early")?;
    }
    check(replies.recv().await.err().ok_or("the stream succeeded")?)
}

async fn deadlines(cases: &mut Cases, peer: &PeerClient) {
    let case = async {
        let left =
            peer.echo(Request::new(Payload::default()).with_timeout(Duration::from_secs(30))).await?.remaining_ms;
        within(left, 25_000, 30_100)?;
        let left = peer.echo(Request::new(Payload::default()).with_timeout(YEAR)).await?.remaining_ms;
        within(left, 364 * DAY_MS, 366 * DAY_MS)?;
        equal(&peer.echo(Payload::default()).await?.remaining_ms, &0)
    };
    cases.run("the server sees the deadline, and none where there is none", case).await;
    let case = async {
        let start = Instant::now();
        refused(Code::DeadlineExceeded, peer.sleep(nap("rust: unary deadline").with_timeout(SHORT)).await)?;
        within(start.elapsed().as_millis(), SHORT.as_millis() - 10, 5_000)?;
        await_naps(peer, "rust: unary deadline", 1).await
    };
    cases.run("a deadline ends a unary call on both sides", case).await;
    let case = async {
        let mut replies = peer.sleep_stream(nap("rust: stream deadline").with_timeout(SHORT)).await?;
        replies.recv().await?.ok_or("the stream has ended early")?;
        refused(Code::DeadlineExceeded, replies.recv().await)?;
        await_naps(peer, "rust: stream deadline", 1).await
    };
    cases.run("a deadline ends a stream on both sides, after its first message", case).await;
    let case = async {
        let (_requests, mut replies) = peer.echo_stream(Request::new(()).with_timeout(SHORT)).await?;
        refused(Code::DeadlineExceeded, replies.recv().await)
    };
    cases.run("a deadline ends a stream that neither side uses", case).await;
}

async fn cancellation(cases: &mut Cases, peer: &PeerClient, uri: &str) {
    let case = async {
        let call = tokio::spawn({
            let peer = peer.clone();
            async move { peer.sleep(nap("rust: unary")).await }
        });
        await_begun(peer, "rust: unary", 1).await?;
        call.abort();
        await_naps(peer, "rust: unary", 1).await
    };
    cases.run("dropping a unary call cancels its handler", case).await;
    let case = async {
        let mut replies = Vec::new();
        for _ in 0..50 {
            let mut stream = peer.sleep_stream(nap("rust: streams")).await?;
            stream.recv().await?.ok_or("the stream has ended early")?;
            replies.push(stream);
        }
        await_begun(peer, "rust: streams", 50).await?;
        drop(replies);
        await_naps(peer, "rust: streams", 50).await
    };
    cases.run("dropping fifty streams cancels each handler once", case).await;
    let case = async {
        let other = PeerClient::new(Channel::connect(uri).await?);
        let call = tokio::spawn(async move {
            let mut stream = other.sleep_stream(nap("rust: channel")).await?;
            stream.recv().await?;
            stream.recv().await
        });
        await_begun(peer, "rust: channel", 1).await?;
        call.abort();
        await_naps(peer, "rust: channel", 1).await
    };
    cases.run("dropping a channel with its calls cancels their handlers", case).await;
}

/// Some of the same over the blocking client.
async fn blocking(cases: &mut Cases, uri: &str) {
    let all: [(&str, BlockingCase); 3] = [
        ("a blocking unary call brings its metadata back", blocking_unary),
        ("blocking streams are iterators", blocking_streams),
        ("blocking calls fail, and end with their deadlines", blocking_failures),
    ];
    for (name, case) in all {
        let uri = uri.to_owned();
        let call = move || {
            let channel = puregrpc::blocking::Channel::connect(uri).map_err(|error| error.to_string())?;
            case(&PeerBlockingClient::new(channel)).map_err(|error| error.to_string())
        };
        cases.run(name, async { Ok(tokio::task::spawn_blocking(call).await??) }).await;
    }
}

fn blocking_unary(peer: &PeerBlockingClient) -> Outcome {
    let reply = peer.echo(with_metadata(payload(1_000))?)?;
    equal(&reply.data, &payload(1_000).data)?;
    check_initial(reply.metadata())?;
    check_trailing(reply.trailers())
}

fn blocking_streams(peer: &PeerBlockingClient) -> Outcome {
    let replies = peer.fail_stream(Failure { after: 3, ..Default::default() })?;
    let numbers = replies.map(|reply| Ok(reply?.data.to_vec())).collect::<Result<Vec<_>, Status>>()?;
    equal(&numbers, &vec![vec![0], vec![1], vec![2]])?;
    let (mut requests, mut replies) = peer.echo_stream(())?;
    for size in 0..100 {
        requests.send(&payload(size))?;
        equal(&replies.recv()?.ok_or("the stream has ended early")?.data, &payload(size).data)?;
    }
    requests.close();
    equal(&replies.recv()?, &None)
}

fn blocking_failures(peer: &PeerBlockingClient) -> Outcome {
    refused(Code::Aborted, peer.fail(Failure { code: Code::Aborted.into(), ..Default::default() }))?;
    refused(Code::DeadlineExceeded, peer.sleep(nap("rust: blocking").with_timeout(SHORT)))?;
    let mut replies = peer.sleep_stream(nap("rust: blocking").with_timeout(SHORT))?;
    replies.recv()?.ok_or("the stream has ended early")?;
    refused(Code::DeadlineExceeded, replies.recv())
}

fn nap(name: &str) -> Request<Nap> {
    Request::new(Nap { name: name.to_owned(), ..Default::default() })
}

/// Waits until so many naps of a name have begun.
async fn await_begun(peer: &PeerClient, name: &str, count: u32) -> Outcome {
    while peer.naps(nap(name)).await?.begun != count {
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Waits until so many naps of a name have been cancelled.
async fn await_naps(peer: &PeerClient, name: &str, count: u32) -> Outcome {
    while peer.naps(nap(name)).await?.cancelled != count {
        sleep(Duration::from_millis(5)).await;
    }
    equal(&peer.naps(nap(name)).await?.begun, &count)
}

fn payload(size: usize) -> Payload {
    Payload { data: EVERY_BYTE.iter().copied().cycle().take(size).collect::<Vec<_>>().into(), ..Default::default() }
}

fn equal<T: Debug + PartialEq>(got: &T, expected: &T) -> Outcome {
    if got == expected {
        return Ok(());
    }
    let shortened = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
    Err(format!("got {}, expected {}", shortened(got), shortened(expected)).into())
}

fn within<T: Copy + Debug + PartialOrd>(got: T, least: T, most: T) -> Outcome {
    let fits = least <= got && got <= most;
    if fits { Ok(()) } else { Err(format!("got {got:?}, expected {least:?} to {most:?}").into()) }
}

fn refused<T>(code: Code, result: Result<T, Status>) -> Outcome {
    match result {
        Ok(_) => Err(format!("expected {code}, the call succeeded").into()),
        Err(status) if status.code() == code => Ok(()),
        Err(status) => Err(format!("expected {code}, got {status}").into()),
    }
}

const PATIENCE: Duration = Duration::from_secs(90);
const SHORT: Duration = Duration::from_millis(300);
const YEAR: Duration = Duration::from_secs(365 * 86_400);
const DAY_MS: u64 = 86_400_000;
const LIMIT: usize = 4 * 1024 * 1024;

const EVERY_BYTE: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut next = 0;
    while next < bytes.len() {
        bytes[next] = next as u8;
        next += 1;
    }
    bytes
};
