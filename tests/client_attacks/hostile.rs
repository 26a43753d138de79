//! A server that means harm.

use bytes::BytesMut;
use puregrpc_support::{Frame, PREFACE, error, kind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// What it does with each connection.
#[derive(Clone)]
pub(crate) enum Deed {
    /// Closes it at once.
    Close,
    /// Refuses each call that comes (REFUSED_STREAM), as often as it comes.
    Refuse,
    /// Greets the client, and once the first call has come says `first`, then `again` as often as asked.
    Attack { first: Vec<u8>, again: Vec<u8>, times: usize, pace: Pace },
}

/// When it writes again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    AtOnce,
    /// Once another call to the honest server has been answered.
    WithEachCall,
}

/// A hostile server on a thread of its own.
pub(crate) struct Hostile {
    pub(crate) address: SocketAddr,
    /// How many connections were accepted.
    pub(crate) connections: Arc<AtomicUsize>,
    /// How many calls have come.
    pub(crate) calls: Arc<AtomicUsize>,
    /// How many bytes the client has let it write.
    pub(crate) written: Arc<AtomicU64>,
    /// Whether an attack is over: all was written, or the client has closed the connection.
    pub(crate) over: watch::Receiver<bool>,
    runtime: Option<Runtime>,
}

impl Hostile {
    /// `answered` counts the calls that the honest server has answered.
    pub(crate) fn start(deed: Deed, answered: watch::Receiver<usize>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, calls) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let written = Arc::new(AtomicU64::new(0));
        let (ends, over) = watch::channel(false);
        let seen = Seen { calls: Arc::clone(&calls), written: Arc::clone(&written), answered, ends };
        let accepted = Arc::clone(&connections);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(treat(stream, deed.clone(), seen.clone()));
            }
        });
        Self { address, connections, calls, written, over, runtime: Some(runtime) }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.runtime.take().expect("it is dropped once").shutdown_background();
    }
}

/// What the connections of a server share.
#[derive(Clone)]
struct Seen {
    calls: Arc<AtomicUsize>,
    written: Arc<AtomicU64>,
    answered: watch::Receiver<usize>,
    ends: watch::Sender<bool>,
}

async fn treat(stream: TcpStream, deed: Deed, seen: Seen) {
    if matches!(deed, Deed::Close) {
        return;
    }
    let (mut read, mut write) = stream.into_split();
    if write.write_all(&bytes(&[Frame::settings(&[]), Frame::settings_ack()])).await.is_err() {
        return;
    }
    let Deed::Attack { first, again, times, pace } = deed else {
        return refuse(read, write, &seen.calls).await;
    };
    let mut got = Vec::new();
    if until_call(&mut read, &mut got, &seen.calls).await.is_none() {
        return;
    }
    let Seen { calls, written, answered, ends } = seen;
    let reading = tokio::spawn(count_calls(read, got, calls));
    let answered = (pace == Pace::WithEachCall).then_some(answered);
    let _ = attack(&mut write, &first, &again, times, answered, &written).await;
    ends.send_replace(true);
    // It keeps the connection until the client closes it.
    let _ = reading.await;
}

async fn attack(
    write: &mut OwnedWriteHalf,
    first: &[u8],
    again: &[u8],
    times: usize,
    mut answered: Option<watch::Receiver<usize>>,
    written: &AtomicU64,
) -> std::io::Result<()> {
    write.write_all(first).await?;
    written.fetch_add(first.len() as u64, Ordering::Relaxed);
    for _ in 0..times {
        write.write_all(again).await?;
        written.fetch_add(again.len() as u64, Ordering::Relaxed);
        if let Some(answered) = &mut answered
            && answered.changed().await.is_err()
        {
            break;
        }
    }
    Ok(())
}

async fn refuse(mut read: OwnedReadHalf, mut write: OwnedWriteHalf, calls: &AtomicUsize) {
    let mut got = Vec::new();
    while matches!(read.read_buf(&mut got).await, Ok(1..)) {
        for stream in take_calls(&mut got) {
            calls.fetch_add(1, Ordering::Relaxed);
            if write.write_all(&bytes(&[Frame::reset(stream, error::REFUSED_STREAM)])).await.is_err() {
                return;
            }
        }
    }
}

async fn until_call(read: &mut OwnedReadHalf, got: &mut Vec<u8>, calls: &AtomicUsize) -> Option<()> {
    loop {
        if read.read_buf(got).await.ok()? == 0 {
            return None;
        }
        if !take_calls(got).is_empty() {
            calls.fetch_add(1, Ordering::Relaxed);
            return Some(());
        }
    }
}

/// Goes on reading, as little as it understands, and counts the further calls.
async fn count_calls(mut read: OwnedReadHalf, mut got: Vec<u8>, calls: Arc<AtomicUsize>) {
    while matches!(read.read_buf(&mut got).await, Ok(1..)) {
        let found = take_calls(&mut got);
        calls.fetch_add(found.len(), Ordering::Relaxed);
    }
}

/// The streams of the calls that begin in the whole frames that have come, which are taken.
fn take_calls(got: &mut Vec<u8>) -> Vec<u32> {
    let mut found = Vec::new();
    if got.len() < PREFACE.len() && PREFACE.starts_with(got) {
        return found;
    }
    let preface = if got.starts_with(PREFACE) { PREFACE.len() } else { 0 };
    let mut rest = BytesMut::from(&got[preface..]);
    while let Some(frame) = Frame::parse(&mut rest) {
        if frame.kind == kind::HEADERS {
            found.push(frame.stream);
        }
    }
    *got = rest.to_vec();
    found
}

/// The frames as they go out.
pub(crate) fn bytes(frames: &[Frame]) -> Vec<u8> {
    let mut out = BytesMut::new();
    for frame in frames {
        frame.encode(&mut out);
    }
    out.to_vec()
}
