//! Health as probes see it (R12).

use puregrpc::{
    Server,
    health::{Health, ServingStatus},
};
use puregrpc_support::{END, RawPeer, Running, Script, note};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

const SERVING: u8 = 1;
const NOT_SERVING: u8 = 2;
const SERVICE_UNKNOWN: u8 = 3;

/// A server with health, and the handle to it.
fn serve() -> (Running, Health) {
    let server = Server::new().add(Script::echo());
    let health = Health::of(&server);
    (Running::start(server.add(health.service())), health)
}

/// What the next message of a watch says; a request is encoded as a note, and an answer is one number.
async fn told(peer: &mut RawPeer, stream: u32) -> u8 {
    let message = peer.message(stream).await;
    assert_eq!((message.len(), message[0]), (2, 0x08));
    message[1]
}

/// R12: every service that was added, and the server as a whole, starts SERVING; others are NOT_FOUND.
#[tokio::test(start_paused = true)]
async fn check_knows_what_was_added() {
    let (server, health) = serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, CHECK, &[], &note("unknown.Service")).await;
    assert_eq!((answer.status(), answer.is_trailers_only()), (5, true));
    for (name, stream) in [("", 3), ("wire.Wire", 5)] {
        let answer = peer.call(stream, CHECK, &[], &note(name)).await;
        assert_eq!((answer.status(), &answer.messages()[0][..]), (0, &[8, SERVING][..]), "{name:?}");
    }
    health.set("wire.Wire", ServingStatus::NotServing);
    let answer = peer.call(7, CHECK, &[], &note("wire.Wire")).await;
    assert_eq!(answer.messages()[0][..], [8, NOT_SERVING]);
}

/// R12: a watch tells the state at once, then each change and nothing else; an unknown service may come to be.
#[tokio::test(start_paused = true)]
async fn watch_tells_each_change() {
    let (server, health) = serve();
    let mut peer = server.peer().await;
    for (name, stream) in [("wire.Wire", 1), ("later", 3)] {
        peer.request(stream, WATCH, &[]).await;
        peer.data(stream, note(name), END).await;
    }
    assert_eq!((told(&mut peer, 1).await, told(&mut peer, 3).await), (SERVING, SERVICE_UNKNOWN));
    health.set("wire.Wire", ServingStatus::Serving);
    health.set("later", ServingStatus::NotServing);
    assert_eq!(told(&mut peer, 3).await, NOT_SERVING);
    health.set("wire.Wire", ServingStatus::NotServing);
    assert_eq!(told(&mut peer, 1).await, NOT_SERVING);
    health.remove("later");
    assert_eq!(told(&mut peer, 3).await, SERVICE_UNKNOWN);
    peer.settle().await;
    assert_eq!((peer.stream(1).messages().len(), peer.stream(3).messages().len()), (2, 3));
    assert!(!peer.stream(1).is_over() && !peer.stream(3).is_over());
}

/// R6, R12: on shutdown those who watch are told NOT_SERVING and let go.
#[tokio::test(start_paused = true)]
async fn shutdown_is_not_serving() {
    let (mut server, _health) = serve();
    let mut peer = server.peer().await;
    peer.request(1, WATCH, &[]).await;
    peer.data(1, note(""), END).await;
    assert_eq!(told(&mut peer, 1).await, SERVING);
    server.stop();
    assert_eq!(told(&mut peer, 1).await, NOT_SERVING);
    peer.answer(1).await;
    peer.closed().await;
    assert_eq!(server.report().await.cut_calls, 0);
}
