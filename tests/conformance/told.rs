//! What a refused call tells its client, and the log of either side (R8, R14, R19, C22).

use puregrpc::{Code, Server, Status};
use puregrpc_support::{Level, Log, RawServer, Running, Script, UNARY, note, noted};

/// R8, C22: a message that is too large is told with the owner of the limit. A channel names its setter, a server none:
/// its clients may be written in any language.
#[tokio::test(start_paused = true)]
async fn whose_limit_it_was_is_told() {
    let large = || noted([7; 100]);
    let echo = Script::echo().unary(|request| {
        let size = if request.value.len() < 50 { 100 } else { 1 };
        Box::pin(async move { Ok(noted(vec![7; size]).into()) })
    });
    let receiving = Running::start(Server::new().max_recv_message_size(50).add(echo.clone()));
    let told = receiving.client().unary(large()).await.unwrap_err();
    assert_eq!(told.message(), "message of 102 bytes exceeds the limit of 50 bytes: this server's limit for requests");
    let sending = Running::start(Server::new().max_send_message_size(50).add(echo.clone()));
    let told = sending.client().unary(noted("x")).await.unwrap_err();
    let words = "message of 102 bytes exceeds the limit of 50 bytes for sending: this server's limit for answers";
    assert_eq!((told.code(), told.message()), (Code::ResourceExhausted, words));

    let running = Running::start(Server::new().add(echo));
    let client = |set: fn(puregrpc::Channel) -> puregrpc::Channel| {
        puregrpc_support::WireClient::new(set(puregrpc::Channel::in_process(running.connector())))
    };
    let receiving = client(|channel| channel.max_recv_message_size(50));
    let words = "message of 102 bytes exceeds the limit of 50 bytes: this channel's limit for answers \
                 (raise it with Channel::max_recv_message_size)";
    assert_eq!(receiving.unary(noted("x")).await.unwrap_err().message(), words);
    let sending = client(|channel| channel.max_send_message_size(50));
    let words = "message of 102 bytes exceeds the limit of 50 bytes for sending: this channel's limit for requests \
                 (raise it with Channel::max_send_message_size)";
    assert_eq!(sending.unary(large()).await.unwrap_err().message(), words);
    let (mut notes, _replies) = sending.bidi(()).await.unwrap();
    assert_eq!(notes.send(&large()).await.unwrap_err().message(), words);
}

/// R14: each way to refuse a call leaves a line in the log, with peer, method, code and text.
#[tokio::test(start_paused = true)]
async fn a_refused_call_is_logged() {
    let log = Log::up_to(Level::DEBUG);
    let server = Server::new().max_recv_message_size(50).max_header_list_size(2_000);
    let server = server
        .authorize(|path, _| if path.ends_with("Bidi") { Err(Status::permission_denied("not you")) } else { Ok(()) });
    let running = Running::start(server.add(Script::echo().unary(|request| {
        Box::pin(async move {
            if request.value.is_empty() { Err(Status::not_found("no note")) } else { Ok(noted("y").into()) }
        })
    })));
    let mut peer = running.peer().await;
    let (wire, large) = ("/wire.Wire/", "m".repeat(3_000));
    let refused: [Refused<'_>; 6] = [
        ("Nothing", &[], 1, "UNIMPLEMENTED", "there is no such method"),
        ("Bidi", &[], 1, "PERMISSION_DENIED", "not you"),
        ("Unary", &[("x", &large)], 1, "RESOURCE_EXHAUSTED", "this server takes up to 2000 bytes"),
        ("Unary", &[("grpc-timeout", "soon")], 1, "INTERNAL", "malformed grpc-timeout"),
        ("Unary", &[], 100, "RESOURCE_EXHAUSTED", "this server's limit for requests"),
        ("Unary", &[], 0, "NOT_FOUND", "no note"),
    ];
    let mut stream = 1;
    for (method, extra, size, code, text) in refused {
        peer.call(stream, &format!("{wire}{method}"), extra, &note(vec![7; size])).await;
        stream += 2;
        let lines = log.take();
        let told = |line: &&String| {
            [code, text, method, "peer=", "DEBUG"].iter().all(|part| line.contains(part)) && line.contains("call ")
        };
        assert_eq!(lines.iter().filter(told).count(), 1, "{method} {code}: {lines:#?}");
    }
    assert_eq!(peer.call(stream, UNARY, &[], &note("x")).await.status(), 0);
    assert!(!log.take().iter().any(|line| line.contains("call ")));
}

/// A method, metadata, the size of a message, and the code and the text that are told.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a str)], usize, &'a str, &'a str);

/// R14: so does a call that fails on a channel.
#[tokio::test(start_paused = true)]
async fn a_failed_call_is_logged_by_its_channel() {
    let log = Log::up_to(Level::DEBUG);
    let mut server = RawServer::new();
    let client = server.client();
    for streamed in [false, true] {
        let calling = client.clone();
        let call = tokio::spawn(async move {
            if streamed {
                calling.server_stream(noted("x")).await.unwrap().recv().await.unwrap_err()
            } else {
                calling.unary(noted("x")).await.unwrap_err()
            }
        });
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        peer.trailers_only(stream, "5", &[("grpc-message", "no note")]).await;
        peer.settle().await;
        assert_eq!(call.await.unwrap().code(), Code::NotFound);
        drop(peer);
        let method = if streamed { "ServerStream" } else { "Unary" };
        let told =
            |line: &&String| ["call failed", "NOT_FOUND", "no note", method].iter().all(|part| line.contains(part));
        let lines = log.take();
        assert_eq!(lines.iter().filter(told).count(), 1, "{lines:#?}");
    }
}

/// R19: a status of `Server::authorize` keeps to what the client takes, too.
#[tokio::test(start_paused = true)]
async fn a_refusal_keeps_to_what_the_client_takes() {
    let server = Server::new().authorize(|_, _| Err(Status::permission_denied("x".repeat(1_000_000))));
    let running = Running::start(server.add(Script::echo()));
    let status = running.client().unary(noted("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(status.message().ends_with("… (cut from 1000000 bytes)"), "{}", status.message().len());
}
