//! That clients are told which server they have called.

use std::net::SocketAddr;

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, Peer, Receiver, Response, blocking};
use tokio::net::TcpListener;

use crate::service::{CHAT, COLLECT, EXPAND, UNARY, bytes, channel, serve_on};

/// What calls of all kinds tell.
async fn told(channel: &Channel) -> Vec<Option<Peer>> {
    let unary: Response<BytesValue> = channel.unary(UNARY, bytes("a").into()).await.unwrap();
    let mut many: Receiver<BytesValue> = channel.server_streaming(EXPAND, bytes("a").into()).await.unwrap();
    let at_once = many.peer().cloned();
    while many.recv().await.unwrap().is_some() {}
    let collect = channel.client_streaming::<BytesValue, BytesValue>(COLLECT, ().into()).await.unwrap();
    let open = collect.peer().cloned();
    let collected = collect.finish().await.unwrap();
    let (_sender, replies) = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await.unwrap();
    let mapped = unary.clone().map(|_| ());
    let answers = [unary.peer(), mapped.peer(), collected.peer(), many.peer(), replies.peer()];
    answers.into_iter().map(|peer| peer.cloned()).chain([at_once, open]).collect()
}

/// C29: the address, over TCP and Unix sockets, and in the same process.
#[tokio::test]
async fn clients_are_told_whom_they_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let _stop = serve_on(listener);
    let channel_by_tcp = Channel::lazy(format!("http://{address}")).unwrap();
    for peer in told(&channel_by_tcp).await {
        assert_eq!(peer.and_then(|peer| peer.socket_addr()), Some(address));
    }

    let (channel, _server) = channel();
    for peer in told(&channel).await {
        assert_eq!(peer.map(|peer| peer.to_string()).as_deref(), Some("in-process"));
    }
}

/// C29: so are those that block.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_clients_are_told_whom_they_called() {
    let (channel, _server) = channel();
    let channel = blocking::Channel::new(channel).unwrap();
    let called = tokio::task::spawn_blocking(move || {
        let unary: Response<BytesValue> = channel.unary(UNARY, bytes("a").into()).unwrap();
        let mut call = channel.client_streaming::<BytesValue, BytesValue>(COLLECT, ().into()).unwrap();
        call.try_send_all([Ok::<_, puregrpc::Status>(bytes("a")), Ok(bytes("!"))]).unwrap();
        call.headers().unwrap();
        // The server has ended the call, and says so to whoever sends on.
        while call.send(&bytes("b")).is_ok() {}
        assert!(call.is_closed());
        let peers = [unary.peer(), call.peer()].map(|peer| peer.unwrap().to_string());
        assert_eq!(&call.finish().unwrap().value[..], b"a");
        peers
    });
    assert_eq!(called.await.unwrap(), ["in-process", "in-process"]);
}

/// C29: the path of a Unix socket is known to the client that connects to it.
#[cfg(unix)]
#[tokio::test]
async fn clients_are_told_the_path_of_a_socket() {
    let path = std::env::temp_dir().join(format!("puregrpc-peers-{}.sock", std::process::id()));
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let _stop = serve_on(listener);
    let channel = Channel::lazy(format!("unix:{}", path.display())).unwrap();
    let told = told(&channel).await;
    std::fs::remove_file(&path).unwrap();
    for peer in told {
        assert_eq!(peer.map(|peer| peer.to_string()), Some(format!("unix:{}", path.display())));
    }
}
