//! How many connections a server takes (R8), and how long a call may take at all (S13).

use protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, InProcessListener, Listener, Peer, Response, Server, in_process};
use puregrpc_support::{BIDI, END, MORE, RawPeer, Running, Script, UNARY, error, note, noted};
use std::{future, io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, DuplexStream},
    net::{TcpListener, TcpSocket, TcpStream},
    time::Instant,
};

/// R8: a connection beyond the limit is closed without a word; those before it live on, and who leaves makes room.
#[tokio::test(start_paused = true)]
async fn connections_beyond_the_limit_are_closed_at_once() {
    let server = Server::new().max_connections(2).add(Script::echo());
    let (first, second) = (Running::start(server.clone()), Running::start(server));
    let (mut one, mut two) = (first.peer().await, second.peer().await);
    one.assert_alive().await;
    two.assert_alive().await;
    let mut said = Vec::new();
    first.connect().await.read_to_end(&mut said).await.unwrap();
    second.connect().await.read_to_end(&mut said).await.unwrap();
    assert!(said.is_empty());

    one.assert_alive().await;
    drop(one);
    two.settle().await;
    let mut three = second.peer().await;
    assert_eq!(three.call(1, UNARY, &[], &note("x")).await.status(), 0);
    assert_eq!(two.call(1, UNARY, &[], &note("x")).await.status(), 0);
}

/// R8: connections that have made no call keep nobody out for longer than five seconds; one that has made a call stays.
#[tokio::test(start_paused = true)]
async fn connections_without_calls_make_room() {
    let running = Running::start(Server::new().max_connections(3).add(Script::echo()));
    let mut old = running.peer().await;
    assert_eq!(old.call(1, UNARY, &[], &note("x")).await.status(), 0);
    let (mut idle, mut silent) = (running.peer().await, running.connect().await);
    let mut said = Vec::new();
    running.connect().await.read_to_end(&mut said).await.unwrap();
    assert!(said.is_empty(), "those who are there are young");

    tokio::time::advance(Duration::from_secs(5)).await;
    let mut next = running.peer().await;
    assert_eq!(next.call(1, UNARY, &[], &note("x")).await.status(), 0);
    let goaway = idle.goaway().await;
    assert_eq!((goaway.last_stream, goaway.code), (0, error::NO_ERROR));
    idle.closed().await;
    // The next to go is one that has not even greeted.
    let mut last = running.peer().await;
    assert_eq!(last.call(1, UNARY, &[], &note("x")).await.status(), 0);
    silent.read_to_end(&mut said).await.unwrap();
    for peer in [&mut old, &mut next, &mut last] {
        assert_eq!(peer.call(3, UNARY, &[], &note("x")).await.status(), 0);
    }
    said.clear();
    running.connect().await.read_to_end(&mut said).await.unwrap();
    assert!(said.is_empty(), "all have made calls");
}

/// R8: a client that connects early and calls late loses no call when its connection has had to make room.
#[tokio::test(start_paused = true)]
async fn a_client_whose_connection_made_room_connects_again() {
    let (listener, connector) = in_process();
    tokio::spawn(Server::new().max_connections(1).add(Script::echo()).serve(listener, future::pending()));
    let channel = Channel::in_process(connector.clone());
    channel.ready().await.unwrap();
    tokio::time::advance(Duration::from_secs(5)).await;
    let mut other = RawPeer::client(connector.connect().await.unwrap()).await;
    other.assert_alive().await;
    tokio::time::advance(Duration::from_secs(5)).await;
    let answer: Response<BytesValue> = channel.unary(UNARY, noted("x").into()).await.unwrap();
    assert_eq!(answer.value, b"x");
}

async fn connect_from(source: &str, server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(source.parse().unwrap()).unwrap();
    socket.connect(server).await.unwrap()
}

/// R8: one address has its own limit, and takes nothing from the others.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn connections_of_one_address_are_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new().max_connections_per_ip(1).add(Script::echo());
    tokio::spawn(server.serve(listener, future::pending()));
    let mut one = RawPeer::client(connect_from("127.0.0.1:0", address).await).await;
    one.assert_alive().await;
    let refused = connect_from("127.0.0.1:0", address).await.read(&mut [0; 100]).await;
    assert!(matches!(refused, Ok(0) | Err(_)), "{refused:?}");
    let mut other = RawPeer::client(connect_from("127.0.0.2:0", address).await).await;
    assert_eq!(other.call(1, UNARY, &[], &note("x")).await.status(), 0);
    assert_eq!(one.call(1, UNARY, &[], &note("x")).await.status(), 0);
}

/// A listener that has no descriptor for the first connections.
struct Short {
    failures: u32,
    listener: InProcessListener,
}

impl Listener for Short {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Option<(DuplexStream, Peer)>> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(io::Error::from_raw_os_error(24));
        }
        Listener::accept(&mut self.listener).await
    }
}

/// R8: without descriptors the server asks ever more rarely, but at least once a second, and goes on when there are some.
#[tokio::test(start_paused = true)]
async fn a_lack_of_descriptors_is_waited_out() {
    let (listener, connector) = in_process();
    let short = Short { failures: 12, listener };
    tokio::spawn(Server::new().add(Script::echo()).serve(short, future::pending()));
    let begin = Instant::now();
    let mut peer = RawPeer::client(connector.connect().await.unwrap()).await;
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 0);
    // 5 + 10 + … + 640 ms, then four times a second.
    assert_eq!(begin.elapsed().as_secs(), 5);
}

/// S13: a call without a deadline has the server's own, and a longer one is cut down to it.
#[tokio::test(start_paused = true)]
async fn a_call_lasts_no_longer_than_the_server_allows() {
    let running = Running::start(Server::new().max_call_duration(Duration::from_secs(30)).add(Script::echo()));
    let mut peer = running.peer().await;
    for (stream, timeout, seconds) in [(1, None, 30), (3, Some("20S"), 20), (5, Some("1H"), 30)] {
        let begin = Instant::now();
        let timeout = timeout.map(|timeout| ("grpc-timeout", timeout));
        peer.request(stream, BIDI, timeout.as_slice()).await;
        peer.data(stream, note("x"), MORE).await;
        assert_eq!(peer.over(stream).await.status(), 4);
        assert_eq!(begin.elapsed().as_secs(), seconds);
    }
}

/// S13: what is within that time is left alone.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_short_enough_is_left_alone() {
    let running = Running::start(Server::new().max_call_duration(Duration::from_secs(30)).add(Script::echo()));
    let mut peer = running.peer().await;
    peer.request(1, BIDI, &[]).await;
    tokio::time::advance(Duration::from_secs(29)).await;
    peer.data(1, note("x"), END).await;
    assert_eq!(peer.over(1).await.status(), 0);
}
