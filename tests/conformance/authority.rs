//! Unix sockets, whose clients name any authority (S30).

use puregrpc::Server;
use puregrpc_support::{END, Frame, RawPeer, Script, UNARY, error, flag, kind, note, request};
use tokio::net::{UnixListener, UnixStream};

/// A raw client of a server on a Unix socket.
async fn peer(name: &str) -> RawPeer {
    let path = std::env::temp_dir().join(format!("puregrpc-{name}-{}", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(Server::new().add(Script::echo()).serve(listener, std::future::pending()));
    let peer = RawPeer::client(UnixStream::connect(&path).await.unwrap()).await;
    std::fs::remove_file(&path).unwrap();
    peer
}

/// What clients call a Unix socket: gRPC's C core, those of Java and Swift, and others.
const AUTHORITIES: [&str; 9] = [
    "/var/tmp/csi.sock",
    "%2Fvar%2Frun%2Fx.sock",
    "",
    "passthrough:///x",
    "unix:///x",
    "unix-abstract:\0x",
    "a b",
    "localhost",
    "example.com:80",
];

/// S30: whatever it is, and also where it changes from call to call.
#[tokio::test]
async fn any_authority_is_served_on_a_unix_socket() {
    let mut peer = peer("any").await;
    for (index, authority) in AUTHORITIES.iter().enumerate() {
        let stream = 2 * index as u32 + 1;
        let answer = peer.call(stream, UNARY, &[(":authority", authority)], &note("x")).await;
        assert_eq!((answer.status(), answer.notes()), (0, vec!["x".into()]), "{authority:?}");
    }
    peer.assert_alive().await;
}

/// S30: the table of a client's compression stays what the client takes it for.
#[tokio::test]
async fn later_calls_may_refer_to_the_authority_of_earlier_ones() {
    for (name, authority) in [("path", "/var/tmp/csi.sock"), ("empty", ""), ("good", "localhost")] {
        let mut peer = peer(name).await;
        let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        let entered = |name: &str, value: &str| [&[0x40][..], &text(name), &text(value)].concat();
        let first = [
            &[0x83, 0x86][..],
            &entered(":path", UNARY),
            &entered(":authority", authority),
            &entered("te", "trailers"),
            &entered("content-type", "application/grpc"),
        ]
        .concat();
        let later = [0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe];
        for (stream, block) in [(1, &first[..]), (3, &later), (5, &later)] {
            peer.open(stream);
            peer.queue(&Frame::new(kind::HEADERS, flag::END_HEADERS, stream, block));
            peer.data(stream, note("x"), END).await;
            assert_eq!(peer.answer(stream).await.status(), 0, "{authority:?}");
        }
    }
}

/// S30: all else is refused as on any other socket.
#[tokio::test]
async fn only_the_authority_may_be_odd() {
    let mut peer = peer("else").await;
    peer.headers(1, &[request(UNARY, &[]), vec![(":authority".into(), "/x".into())]].concat(), END).await;
    assert_eq!(peer.reset_of(1).await, error::PROTOCOL_ERROR);
    peer.headers(3, &request(UNARY, &[(":authority", "/x"), (":path", "no path")]), END).await;
    assert_eq!(peer.reset_of(3).await, error::PROTOCOL_ERROR);
    assert_eq!(peer.call(5, UNARY, &[(":authority", "/x")], &note("x")).await.status(), 0);
    peer.send(&Frame::new(kind::HEADERS, flag::END_HEADERS, 7, [0x80])).await;
    assert_eq!(peer.goaway().await.code, error::PROTOCOL_ERROR);
    peer.closed().await;
}

/// S30: nothing of it holds for other sockets.
#[tokio::test(start_paused = true)]
async fn an_authority_that_is_none_is_refused_elsewhere() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    peer.request(1, UNARY, &[(":authority", "/var/tmp/csi.sock")]).await;
    assert_eq!(peer.reset_of(1).await, error::PROTOCOL_ERROR);
}
