//! Connecting, failing to, and ending the connection.

use std::time::Duration;

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, ChannelBuilder, Code, InProcessListener, Listener, Request, Response, Status, in_process};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, UnixListener};
use tokio::time::{Instant, timeout};

use crate::service::{CHAT, Once, UNARY, bytes, channel, serve_on, serve_relay};

type Answer = Result<Response<BytesValue>, Status>;

async fn call(channel: &Channel) -> Answer {
    channel.unary(UNARY, bytes("abc").into()).await
}

/// Whether somebody connects before long; the connection is closed at once.
async fn somebody_connects(listener: &mut InProcessListener) -> bool {
    timeout(Duration::from_millis(1), listener.accept()).await.is_ok()
}

/// C15, K1, K4: after a failure calls fail at once, without another attempt, until the pause is over.
#[tokio::test(start_paused = true)]
async fn a_failure_is_told_until_the_next_attempt() {
    let (mut listener, connector) = in_process();
    let channel = Channel::in_process(connector);
    let begin = Instant::now();
    for attempt in 0..3 {
        let (answer, connected) = tokio::join!(call(&channel), somebody_connects(&mut listener));
        let status = answer.unwrap_err();
        assert!(connected && status.code() == Code::Unavailable, "{status}");
        assert!(status.message().starts_with("cannot connect to in-process: "), "{status}");
        assert_eq!(call(&channel).await.unwrap_err().message(), status.message());
        assert!(!somebody_connects(&mut listener).await, "no attempt before the pause is over");
        tokio::time::advance(Duration::from_secs_f64(1.3 * 1.6_f64.powi(attempt))).await;
    }
    assert!(begin.elapsed() < Duration::from_secs(10));
}

/// K5: many calls, one connection.
#[tokio::test(start_paused = true)]
async fn calls_made_while_connecting_wait_for_the_one_attempt() {
    let (mut listener, connector) = in_process();
    let channel = Channel::in_process(connector);
    let calls: Vec<_> = (0..10)
        .map(|_| {
            tokio::spawn({
                let channel = channel.clone();
                async move { call(&channel).await }
            })
        })
        .collect();
    let (pipe, _) = listener.accept().await.unwrap().unwrap();
    let _server = serve_on(Once(Some(pipe)));
    for call in calls {
        assert_eq!(&call.await.unwrap().unwrap().value[..], b"abc");
    }
    assert!(!somebody_connects(&mut listener).await);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up() {
    let (mut listener, connector) = in_process();
    let channel = ChannelBuilder::in_process(connector).connect_timeout(Duration::from_secs(3)).build().unwrap();
    let begin = Instant::now();
    let (ready, _pipe) = tokio::join!(channel.ready(), listener.accept());
    let error = ready.unwrap_err();
    assert!(error.is_connect() && error.to_string().contains("no answer within 3s"), "{error}");
    assert_eq!(begin.elapsed().as_secs(), 3);
}

/// A call that is dropped while it connects leaves the attempt to the others.
#[tokio::test(start_paused = true)]
async fn an_attempt_outlives_the_call_that_began_it() {
    let (mut listener, connector) = in_process();
    let channel = Channel::in_process(connector);
    assert!(timeout(Duration::from_millis(1), call(&channel)).await.is_err());
    let (pipe, _) = listener.accept().await.unwrap().unwrap();
    let _server = serve_on(Once(Some(pipe)));
    call(&channel).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_with_its_channel() {
    let (mut listener, connector) = in_process();
    let channel = Channel::in_process(connector);
    assert!(timeout(Duration::from_millis(1), call(&channel)).await.is_err());
    drop(channel);
    let (mut pipe, _) = listener.accept().await.unwrap().unwrap();
    pipe.read_to_end(&mut Vec::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_connection_ends_with_the_last_clone() {
    let (mut listener, connector) = in_process();
    let channel = Channel::in_process(connector);
    let (ready, mut server) = tokio::join!(channel.ready(), async {
        let (pipe, _) = listener.accept().await.unwrap().unwrap();
        let mut server = h2::server::handshake(pipe).await.unwrap();
        assert!(timeout(Duration::from_secs(1), server.accept()).await.is_err(), "it stays open");
        server
    });
    ready.unwrap();
    let clone = channel.clone();
    drop(channel);
    assert!(timeout(Duration::from_secs(1), server.accept()).await.is_err(), "a clone keeps it open");
    drop(clone);
    assert!(server.accept().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_stream_outlives_its_channel() {
    let (channel, _server) = channel();
    let (mut sender, mut receiver) = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await.unwrap();
    drop(channel);
    sender.send(&bytes("abc")).await.unwrap();
    assert_eq!(&receiver.recv().await.unwrap().unwrap().value[..], b"abc");
    sender.close();
    assert!(receiver.recv().await.unwrap().is_none());
}

/// C15: when the server goes and comes back, the same channel serves.
#[tokio::test(start_paused = true)]
async fn a_server_that_comes_back_is_found() {
    let (mut listener, connector) = in_process();
    let channel = Channel::in_process(connector);
    for _ in 0..3 {
        let (answer, server) = tokio::join!(call(&channel), async {
            let (pipe, _) = listener.accept().await.unwrap().unwrap();
            serve_on(Once(Some(pipe)))
        });
        answer.unwrap();
        drop(server);
        // It drains, and the connection ends.
        let early = timeout(Duration::from_secs(1), listener.accept()).await;
        assert!(early.is_err(), "nobody connects before there is a call");
    }
}

#[tokio::test]
async fn tcp_and_unix_sockets_are_reached_by_name() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = tcp.local_addr().unwrap().port();
    let path = std::env::temp_dir().join(format!("puregrpc-client-{}.sock", std::process::id()));
    let unix = UnixListener::bind(&path).unwrap();
    let _servers = (serve_on(tcp), serve_on(unix));
    let addresses = [
        format!("http://127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("dns:///localhost:{port}"),
        format!("unix:{}", path.display()),
        format!("unix://{}", path.display()),
    ];
    for address in addresses {
        let channel = Channel::connect(&address).await.unwrap();
        assert_eq!(&call(&channel).await.unwrap().value[..], b"abc", "{address}");
    }
    std::fs::remove_file(&path).unwrap();
}

/// A call made inside a handler ends with the handler's deadline.
#[tokio::test(start_paused = true)]
async fn a_deadline_is_inherited() {
    let (next, _next) = channel();
    let relay = serve_relay(next);
    let channel = Channel::in_process(relay.connector.clone());
    let request = Request::new(bytes("!next")).with_timeout(Duration::from_secs(5));
    let answer: Answer = channel.unary(UNARY, request).await;
    assert_eq!(&answer.unwrap().value[..], b"true");
    let answer: Answer = channel.unary(UNARY, bytes("!next").into()).await;
    assert_eq!(&answer.unwrap().value[..], b"false");
}

#[test]
fn a_channel_goes_where_it_is_needed() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Channel>();
    fn sent<T: Send + 'static>() {}
    sent::<puregrpc::ClientStreaming<BytesValue, BytesValue>>();
    sent::<puregrpc::Sender<BytesValue>>();
    sent::<puregrpc::Receiver<BytesValue>>();
}
