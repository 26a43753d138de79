//! What is given back once much was carried.

use crate::proto::bench::{BenchClient, Chunk, HelloReply, HelloRequest};
use crate::service::{Quiet, serve, server};
use crate::{ALLOCATED, counted};
use puregrpc::{Channel, Receiver, Sender};
use tokio::net::TcpListener;

/// A stream whose messages come back, and that stays open.
struct Open {
    requests: Sender<HelloRequest>,
    replies: Receiver<HelloReply>,
}

impl Open {
    async fn new(client: &BenchClient) -> Self {
        let (requests, replies) = client.bidi(()).await.unwrap();
        let mut open = Self { requests, replies };
        open.carry(1, 1).await;
        open
    }

    /// Sends so many messages of this size, whose answers are received meanwhile.
    async fn carry(&mut self, count: usize, size: usize) {
        let request = HelloRequest { name: "x".repeat(size), ..Default::default() };
        let send = async {
            for _ in 0..count {
                self.requests.send(&request).await.unwrap();
            }
        };
        let receive = async {
            for _ in 0..count {
                let reply = self.replies.recv().await.unwrap().unwrap();
                assert_eq!(reply.message.len(), size);
            }
        };
        tokio::join!(send, receive);
    }
}

/// A client of a server at the other end of a socket: a pipe would keep what it has once held.
async fn connect() -> BenchClient {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server().serve(listener, std::future::pending()));
    BenchClient::new(Channel::connect(&format!("http://{address}")).await.unwrap())
}

/// What is allocated once all of these streams are at rest.
async fn allocated(streams: &mut [Open]) -> usize {
    for stream in streams {
        stream.carry(1, 1).await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    ALLOCATED.allocated()
}

/// What both sides of a stream together may keep: the timers that they needed, and room for small messages.
const STREAM: usize = 6 * 1024;

/// What a connection, both sides together, and their thread may keep: two buffers of 72 KiB to write to sockets,
/// one of 16 KiB for messages, and what h2 keeps.
const THREAD: usize = 176 * 1024;

/// What a thread keeps besides of the memory that large messages came in, for the next ones.
const MESSAGES: usize = 5 + (4 << 20);

/// What each of ten new streams keeps that have carried this.
async fn ten_streams(client: &BenchClient, count: usize, size: usize) -> usize {
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(Open::new(client).await);
    }
    let before = allocated(&mut streams).await;
    for stream in &mut streams {
        stream.carry(count, size).await;
    }
    allocated(&mut streams).await.saturating_sub(before) / streams.len()
}

#[test]
fn an_open_stream_gives_back_what_it_has_carried() {
    for (count, size) in [(1, 3 << 20), (3, 1 << 20), (48, 64 << 10), (3 << 10, 1 << 10), (100_000, 30)] {
        counted(async {
            let client = connect().await;
            let mut streams = [Open::new(&client).await];
            let before = allocated(&mut streams).await;
            streams[0].carry(count, size).await;
            let kept = allocated(&mut streams).await.saturating_sub(before);
            println!("{count} messages of {size} bytes: {kept} bytes are kept by the thread");
            assert!(kept <= THREAD + if size > 16 << 10 { MESSAGES } else { 0 }, "{kept} bytes");
            // Another ten find most of that in its place. What the thread still adds to it is added once, what streams
            // keep is kept by each ten anew.
            let mut kept = usize::MAX;
            for _ in 0..3 {
                kept = kept.min(ten_streams(&client, count, size).await);
            }
            println!("and {kept} bytes by each stream");
            assert!(kept <= STREAM, "{kept} bytes");
        });
    }
}

#[test]
fn a_connection_gives_back_what_its_calls_have_taken() {
    counted(async {
        let client = connect().await;
        let mut streams = [Open::new(&client).await];
        let before = allocated(&mut streams).await;
        let chunk = Chunk { data: vec![7; 3 << 20].into(), ..Default::default() };
        for _ in 0..3 {
            assert_eq!(client.echo(chunk.clone()).await.unwrap().data.len(), 3 << 20);
        }
        drop(chunk);
        let kept = allocated(&mut streams).await.saturating_sub(before);
        println!("{kept} bytes are kept of calls of 3 MiB");
        assert!(kept <= THREAD + MESSAGES, "{kept} bytes");
    });
}

/// All but a hundredth of it is h2's, whose tables do not shrink, and the pipe's: the calls themselves were 11 KiB.
const BURST: usize = 165_000;

/// A burst leaves no room behind on the connections that have had one.
#[test]
fn a_burst_of_calls_leaves_little_behind() {
    counted(async {
        let running = serve();
        let mut clients = Vec::new();
        for _ in 0..20 {
            clients.push(Quiet::connect(&running).await);
        }
        let before = ALLOCATED.allocated();
        for client in &mut clients {
            client.burst(60).await;
        }
        let each = (ALLOCATED.allocated() - before) / clients.len();
        println!("{each} bytes are kept by a connection of 60 calls at once");
        assert!(each <= BURST, "{each} bytes");
    });
}
