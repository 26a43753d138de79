//! Headers and trailers that are larger than one side takes: their own call fails, and the others go on (C18, C23, R19,
//! S21).

use puregrpc::{
    ChannelBuilder, Code, Metadata, Request, Response, Sender, Server, Status,
    protobuf::well_known_types::wrappers::BytesValue,
};
use puregrpc_support::{
    BIDI, Block, CLIENT_STREAM, Handling, RawPeer, RawServer, Running, SERVER_STREAM, Script, Stream, UNARY,
    WireClient, error, note, noted, setting,
};
use std::future::Future;

const SIZES: [usize; 6] = [10_000, 40_000, 140_000, 300_000, 1_000_000, 4_000_000];

/// The limits that servers and channels announce by default.
const SERVER: usize = 16 * 1024;
const CHANNEL: usize = 32 * 1024;

/// What a handler is asked for by a note: the kind, a blank, the size.
fn asked(note: &[u8]) -> (String, usize) {
    let text = String::from_utf8_lossy(note);
    let (kind, size) = text.split_once(' ').expect("a kind and a size");
    (kind.to_owned(), size.parse().expect("a number"))
}

fn large(size: usize) -> Metadata {
    let mut metadata = Metadata::new();
    // No header may be longer than 64 KiB for some; many are as good.
    (0..size / 1000).for_each(|number| metadata.insert(&format!("x-{number}"), "m".repeat(960)).unwrap());
    metadata
}

/// What each handler answers: the error, or metadata for headers and for trailers.
fn outcome(kind: &str, size: usize) -> Result<[Metadata; 2], Status> {
    match kind {
        "message" => Err(Status::not_found("x".repeat(size))),
        "details" => Err(Status::not_found("short").with_details(vec![7; size])),
        "metadata" => {
            let mut status = Status::not_found("short");
            *status.metadata_mut() = large(size);
            Err(status)
        }
        "headers" => Ok([large(size), Metadata::new()]),
        "trailers" => Ok([Metadata::new(), large(size)]),
        _ => Ok([Metadata::new(), Metadata::new()]),
    }
}

fn single(note: &[u8]) -> Result<Response<BytesValue>, Status> {
    let (kind, size) = asked(note);
    let [headers, trailers] = outcome(&kind, size)?;
    let mut response = Response::new(noted("y"));
    *response.metadata_mut() = headers;
    *response.trailers_mut() = trailers;
    Ok(response)
}

fn script() -> Script {
    Script::echo()
        .unary(|request| Box::pin(async move { single(&request.value) }))
        .client_stream(|requests| {
            Box::pin(async move {
                let first = requests.recv().await?.unwrap_or_default();
                single(&first.value)
            })
        })
        .server_stream(|request, replies| streamed(request.value.clone(), replies))
        .bidi(|requests, replies| {
            Box::pin(async move {
                while let Some(note) = requests.recv().await? {
                    if note.value == b"echo" {
                        replies.send(&note).await?;
                    } else {
                        return streamed(note.value, replies).await;
                    }
                }
                Ok(())
            })
        })
}

fn streamed(note: Vec<u8>, replies: &mut Sender<BytesValue>) -> Handling<'_, ()> {
    Box::pin(async move {
        let (kind, size) = asked(&note);
        let [headers, trailers] = outcome(&kind, size)?;
        replies.send_headers(headers)?;
        *replies.trailers_mut() = trailers;
        replies.send(&noted("y")).await
    })
}

/// The outcome of a call of this kind: its answer, or its status.
async fn call(client: &WireClient, path: &str, ask: Request<String>) -> Result<Vec<u8>, Status> {
    let (metadata, text) = (ask.metadata().clone(), ask.into_inner());
    let with = |mut request: Request<BytesValue>| {
        *request.metadata_mut() = metadata.clone();
        request
    };
    match path {
        UNARY => Ok(client.unary(with(Request::new(noted(text)))).await?.into_inner().value),
        SERVER_STREAM => {
            let mut replies = client.server_stream(with(Request::new(noted(text)))).await?;
            let first = replies.recv().await?;
            while replies.recv().await?.is_some() {}
            Ok(first.unwrap_or_default().value)
        }
        _ => {
            let mut open = Request::new(());
            *open.metadata_mut() = metadata.clone();
            if path == CLIENT_STREAM {
                let mut notes = client.client_stream(open).await?;
                notes.send(&noted(text)).await?;
                return Ok(notes.finish().await?.into_inner().value);
            }
            let (mut notes, mut replies) = client.bidi(open).await?;
            notes.send(&noted(text)).await?;
            notes.close();
            let first = replies.recv().await?;
            while replies.recv().await?.is_some() {}
            Ok(first.unwrap_or_default().value)
        }
    }
}

const PATHS: [&str; 4] = [UNARY, SERVER_STREAM, CLIENT_STREAM, BIDI];

/// Runs `test` while 20 calls are under way on the same connection, all of which must then end well.
async fn beside_others<T>(client: &WireClient, test: impl Future<Output = T>) -> T {
    let mut others = Vec::new();
    for _ in 0..20 {
        let (mut notes, mut replies) = client.bidi(()).await.unwrap();
        notes.send(&noted("echo")).await.unwrap();
        assert_eq!(replies.recv().await.unwrap().unwrap().value, b"echo");
        others.push((notes, replies));
    }
    let outcome = test.await;
    for (mut notes, mut replies) in others {
        notes.send(&noted("echo")).await.expect("the other calls go on");
        assert_eq!(replies.recv().await.expect("the other calls go on").unwrap().value, b"echo");
        notes.close();
        assert!(replies.recv().await.expect("the other calls end well").is_none());
    }
    outcome
}

/// R19: what is larger than the client takes is cut or left out, and the code stays; a success that does not fit is none.
#[tokio::test(start_paused = true)]
async fn an_answer_larger_than_the_client_takes_keeps_its_code() {
    let running = Running::start(Server::new().add(script()));
    let client = running.client();
    beside_others(&client, async {
        for size in SIZES {
            for kind in ["message", "details", "metadata", "headers", "trailers"] {
                for path in PATHS {
                    let result = call(&client, path, Request::new(format!("{kind} {size}"))).await;
                    let what = format!("{kind} of {size} in {path}: {:?}", result.as_ref().map_err(Status::code));
                    let fits = size < CHANNEL * 3 / 5;
                    match result {
                        Ok(note) => assert!(fits && note == b"y" && kind.ends_with("ers"), "{what}"),
                        Err(status) if kind.ends_with("ers") => {
                            assert!(!fits && status.code() == Code::ResourceExhausted, "{what}");
                            let text = status.message();
                            assert!(text.contains(kind) && text.contains("up to 32768 bytes the client"), "{text}");
                        }
                        Err(status) => {
                            assert_eq!(status.code(), Code::NotFound, "{what}");
                            assert!(
                                kind != "details" || status.details().len() == if fits { size } else { 0 },
                                "{what}"
                            );
                            assert!(kind != "metadata" || status.metadata().get("x-0").is_some() == fits, "{what}");
                            let text = status.message();
                            let marked = text.ends_with(&format!("… (cut from {size} bytes)")) && text.len() > 30_000;
                            assert!(kind != "message" || if fits { text.len() == size } else { marked }, "{what}");
                        }
                    }
                }
            }
        }
    })
    .await;
}

/// C18: a channel may take more, and is then sent more.
#[tokio::test(start_paused = true)]
async fn a_channel_may_take_larger_answers() {
    let running = Running::start(Server::new().add(script()));
    let channel = ChannelBuilder::in_process(running.connector()).max_header_list_size(2_000_000).build().unwrap();
    let client = WireClient::new(channel);
    beside_others(&client, async {
        for size in [40_000, 140_000, 300_000, 1_000_000] {
            for path in PATHS {
                let status = call(&client, path, Request::new(format!("details {size}"))).await.unwrap_err();
                assert_eq!((status.code(), status.details().len()), (Code::NotFound, size), "{path}");
                let status = call(&client, path, Request::new(format!("message {size}"))).await.unwrap_err();
                assert_eq!((status.code(), status.message().len()), (Code::NotFound, size), "{path}");
            }
        }
    })
    .await;
}

/// C23: metadata that the server does not take fails its call before anything is sent.
#[tokio::test(start_paused = true)]
async fn a_request_larger_than_the_server_takes_is_not_sent() {
    for limit in [SERVER, 400_000] {
        let running = Running::start(Server::new().max_header_list_size(limit as u32).add(script()));
        let client = running.client();
        beside_others(&client, async {
            for size in SIZES {
                for path in PATHS {
                    let mut ask = Request::new("nothing 0".to_owned());
                    *ask.metadata_mut() = large(size);
                    let result = call(&client, path, ask).await;
                    if size + size / 20 < limit {
                        assert_eq!(result.unwrap(), b"y", "{size} in {path}");
                        continue;
                    }
                    let status = result.unwrap_err();
                    assert_eq!(status.code(), Code::ResourceExhausted, "{size} in {path}");
                    let limit = format!("up to {limit} bytes the server takes");
                    assert!(status.message().contains(&limit) && status.message().contains("Server::"), "{status}");
                }
            }
        })
        .await;
    }
}

/// C23, R19: each side announces its limit, and keeps to that of the other to the byte.
#[tokio::test(start_paused = true)]
async fn limits_are_announced_and_kept() {
    let running = Running::start(Server::new().max_header_list_size(20_000).add(script()));
    for (announced, limit) in
        [(Some(1_000), 1_000), (Some(8_192), 8_192), (Some(16_384), 8_192), (Some(100_000), 100_000), (None, 48 * 1024)]
    {
        let settings: Vec<_> = announced.map(|limit| (setting::MAX_HEADER_LIST_SIZE, limit)).into_iter().collect();
        let mut peer = running.peer_with(&settings).await;
        assert_eq!(peer.setting(setting::MAX_HEADER_LIST_SIZE), Some(20_000));
        let (mut stream, mut largest) = (1, 0);
        for path in PATHS {
            for kind in ["message", "details", "metadata"] {
                let seen = peer.call(stream, path, &[], &note(format!("{kind} 200000"))).await;
                stream += 2;
                assert_eq!(seen.status(), 5, "{kind} in {path}");
                largest = largest.max(seen.blocks.iter().map(size_of).max().unwrap());
            }
        }
        assert!(largest <= limit && largest + 10 > limit, "{largest} of {limit} bytes");
        peer.assert_alive().await;
    }
    for (announced, limit) in [(Some(1_000), 1_000), (Some(100_000), 100_000), (None, 48 * 1024)] {
        let mut server = RawServer::new();
        let client = server.client_built(|channel| channel.max_header_list_size(30_000));
        let settings: Vec<_> = announced.map(|limit| (setting::MAX_HEADER_LIST_SIZE, limit)).into_iter().collect();
        let connecting = client.clone();
        let connecting = tokio::spawn(async move { connecting.channel.ready().await });
        let mut peer = server.accept_with(&settings).await;
        peer.settle().await;
        connecting.await.unwrap().unwrap();
        assert_eq!(peer.setting(setting::MAX_HEADER_LIST_SIZE), Some(30_000));
        // Of requests that grow by a byte, the last that is sent is as large as it may be.
        let mut largest = 0;
        for size in limit - 600..limit {
            let request = Request::new(noted("x")).with_metadata("x", "m".repeat(size)).unwrap();
            let calling = client.clone();
            let mut call = tokio::spawn(async move { calling.unary(request).await });
            let stream = tokio::select! {
                stream = peer.accept() => stream,
                result = &mut call => {
                    assert_eq!(result.unwrap().unwrap_err().code(), Code::ResourceExhausted);
                    break;
                }
            };
            largest = size_of(peer.head(stream).await);
            peer.reply(stream, b"y").await;
            peer.settle().await;
            call.await.unwrap().unwrap();
        }
        assert_eq!(largest, limit);
    }
}

/// The size of a block as HTTP/2 counts it.
fn size_of(block: impl std::borrow::Borrow<Block>) -> usize {
    let block = block.borrow();
    let fields = block.names().into_iter().map(|name| (name, block.raw(name).unwrap()));
    fields.map(|(name, value)| name.len() + value.len() + 32).sum()
}

/// A server's answer with headers of this size.
async fn answer(peer: &mut RawPeer, stream: u32, kind: &str, size: usize) {
    let text = "x".repeat(size);
    match kind {
        "status alone" => peer.trailers_only(stream, "5", &[("grpc-message", &text)]).await,
        "status alone, last" => {
            let head = [(":status", "200"), ("content-type", "application/grpc"), ("x", &text), ("grpc-status", "5")];
            peer.headers(stream, &head, true).await;
        }
        "headers" => {
            peer.respond(stream, &[("x", &text)]).await;
            peer.data(stream, note("y"), false).await;
            peer.trailers(stream, "0", &[]).await;
        }
        _ => {
            peer.respond(stream, &[]).await;
            peer.data(stream, note("y"), false).await;
            let code = if kind == "trailers of a success" { "0" } else { "5" };
            peer.trailers(stream, code, &[("grpc-message", &text)]).await;
        }
    }
    peer.settle().await;
}

/// C18: a server that sends more than the channel takes fails that call alone, with its code if there is one, and never
/// as a success.
#[tokio::test(start_paused = true)]
async fn an_answer_larger_than_the_channel_takes_fails_alone() {
    let kinds = ["status alone", "status alone, last", "headers", "trailers", "trailers of a success"];
    for size in [10_000, 33_000, 40_000, 140_000, 300_000, 330_000, 400_000] {
        let mut server = RawServer::new();
        let client = server.client();
        let first = client.clone();
        let first = tokio::spawn(async move { first.unary(noted("x")).await });
        let mut peer = server.accept().await;
        let kept = peer.accept().await;
        for kind in kinds {
            for path in PATHS {
                let calling = client.clone();
                let call = tokio::spawn(async move { call(&calling, path, Request::new("x".to_owned())).await });
                let stream = peer.accept().await;
                answer(&mut peer, stream, kind, size).await;
                let what = format!("{kind} of {size} in {path}");
                match call.await.unwrap() {
                    Ok(_) => assert!(size == 10_000 && (kind == "headers" || kind.ends_with("success")), "{what}"),
                    Err(status) if kind == "headers" || kind.ends_with("success") => {
                        assert!(size > CHANNEL && status.code() == Code::ResourceExhausted, "{what}: {status}");
                        assert!(status.message().contains("ChannelBuilder::max_header_list_size"), "{what}: {status}");
                    }
                    // Beyond some 300 kB h2 gives nothing of headers, and of trailers what came first.
                    Err(status) if size > 320_000 && kind.starts_with("status alone") => {
                        assert_eq!(status.code(), Code::ResourceExhausted, "{what}: {status}");
                        assert!(status.message().contains("ChannelBuilder::max_header_list_size"), "{what}: {status}");
                    }
                    Err(status) => {
                        assert_eq!(status.code(), Code::NotFound, "{what}: {status}");
                        let told = status.message();
                        let cut = told.contains("… (cut from") || told.contains("ChannelBuilder::max_header_list_size");
                        let bare = kind.ends_with("last");
                        assert!(bare || told.len() == size || size > CHANNEL && cut, "{what}: {told}");
                    }
                }
            }
        }
        peer.reply(kept, b"kept").await;
        peer.settle().await;
        assert_eq!(first.await.unwrap().unwrap().value, b"kept", "{size}");
    }
}

/// C18: what is beyond all measure may cost the connection, and is no success either.
#[tokio::test(start_paused = true)]
async fn a_far_larger_answer_is_no_success() {
    for size in [1_000_000, 4_000_000] {
        for kind in ["status alone", "headers", "trailers of a success"] {
            let mut server = RawServer::new();
            let client = server.client();
            let call = tokio::spawn(async move { client.unary(noted("x")).await });
            let mut peer = server.accept().await;
            let stream = peer.accept().await;
            let text = "x".repeat(size);
            match kind {
                "headers" => peer.queue_headers(stream, &[(":status", "200"), ("x", &text)], false),
                "status alone" => {
                    peer.queue_headers(stream, &[(":status", "200"), ("grpc-status", "0"), ("x", &text)], true);
                }
                _ => {
                    peer.respond(stream, &[]).await;
                    peer.queue_data(stream, note("y"), false);
                    peer.queue_headers(stream, &[("grpc-status", "0"), ("x", &text)], true);
                }
            }
            peer.flush().await;
            let status = call.await.unwrap().unwrap_err();
            assert_eq!(status.code(), Code::ResourceExhausted, "{kind} of {size}: {status}");
            assert!(status.message().contains("ChannelBuilder::max_header_list_size"), "{status}");
        }
    }
}

/// S21: a client that sends more than the server takes loses that call alone.
#[tokio::test(start_paused = true)]
async fn a_request_larger_than_the_server_takes_fails_alone() {
    let running = Script::echo().serve();
    let mut peer = running.peer().await;
    peer.request(1, BIDI, &[]).await;
    let mut stream = 3;
    for size in [10_000, 40_000, 140_000, 300_000] {
        for path in PATHS {
            let seen: Stream = peer.call(stream, path, &[("x", &"m".repeat(size))], &note("y")).await;
            stream += 2;
            let expected = if size == 10_000 { 0 } else { 8 };
            assert_eq!((seen.http_status(), seen.status()), (200, expected), "{size} in {path}");
            assert!(expected == 0 || seen.grpc_message().contains("this server takes up to 16384 bytes"));
        }
    }
    peer.data(1, note("kept"), true).await;
    assert_eq!(peer.over(1).await.notes(), ["kept"]);
    peer.request(stream, UNARY, &[("x", &"m".repeat(2_000_000))]).await;
    assert_eq!(peer.goaway().await.code, error::ENHANCE_YOUR_CALM);
}
