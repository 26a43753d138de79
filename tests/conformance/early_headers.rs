//! Headers that a handler with one answer sends ahead of it (R20).

use puregrpc::{Metadata, Response, Status};
use puregrpc_support::{CLIENT_STREAM, END, MORE, SERVER_STREAM, Script, UNARY, note, noted};
use std::sync::Arc;
use tokio::sync::Notify;

fn headers() -> Metadata {
    let mut headers = Metadata::new();
    headers.insert("x-head", "1").unwrap();
    headers
}

/// R20: they leave before the answer, which follows with its trailers, or with an error's, apart from them.
#[tokio::test(start_paused = true)]
async fn headers_are_sent_ahead_of_the_answer() {
    let go_on = Arc::new(Notify::new());
    let (first, second) = (Arc::clone(&go_on), Arc::clone(&go_on));
    let end = |fails: bool| {
        if fails {
            return Err(Status::aborted("no").with_metadata("x-tail", "2").unwrap());
        }
        let mut response = Response::new(noted("y"));
        response.trailers_mut().insert("x-tail", "2").unwrap();
        Ok(response)
    };
    let script = Script::echo()
        .unary(move |request| {
            let go_on = Arc::clone(&first);
            Box::pin(async move {
                request.send_headers(headers())?;
                go_on.notified().await;
                end(request.value == b"fail")
            })
        })
        .client_stream(move |requests| {
            let go_on = Arc::clone(&second);
            Box::pin(async move {
                requests.send_headers(headers())?;
                let request = requests.recv().await?.unwrap();
                go_on.notified().await;
                end(request.value == b"fail")
            })
        });
    let server = script.serve();
    let mut peer = server.peer().await;
    let mut streams = (1..).step_by(2);
    for path in [UNARY, CLIENT_STREAM] {
        for (value, status) in [("x", 0), ("fail", 10)] {
            let stream = streams.next().unwrap();
            peer.request(stream, path, &[]).await;
            peer.data(stream, note(value), END).await;
            let head = peer.head(stream).await;
            assert_eq!((head.get("x-head"), head.get("grpc-status")), (Some("1"), None), "{path} {value}");
            peer.settle().await;
            assert!(!peer.stream(stream).is_over());
            go_on.notify_one();
            let answer = peer.answer(stream).await;
            assert_eq!((answer.status(), answer.trailers().get("x-tail")), (status, Some("2")), "{path} {value}");
            assert_eq!((answer.trailers().get("x-head"), answer.notes().len()), (None, usize::from(status == 0)));
        }
    }
    peer.assert_alive().await;
}

/// R20: a client stream's headers may leave before its first message has come.
#[tokio::test(start_paused = true)]
async fn headers_are_sent_ahead_of_the_requests() {
    let script = Script::echo().client_stream(|requests| {
        Box::pin(async move {
            requests.send_headers(headers())?;
            while requests.recv().await?.is_some() {}
            Ok(noted("y").into())
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    peer.request(1, CLIENT_STREAM, &[]).await;
    assert_eq!(peer.head(1).await.get("x-head"), Some("1"));
    peer.data(1, note("x"), MORE).await;
    peer.data(1, [], END).await;
    assert_eq!(peer.answer(1).await.notes(), ["y"]);
}

/// R20: they are sent once, by the call's own handler, and not twice by other means.
#[tokio::test(start_paused = true)]
async fn headers_are_sent_once_and_by_their_handler() {
    let script = Script::echo()
        .unary(|request| {
            Box::pin(async move {
                match &request.value[..] {
                    b"twice" => {
                        request.send_headers(headers())?;
                        request.send_headers(headers())?;
                    }
                    b"again" => {
                        request.send_headers(headers())?;
                        tokio::task::yield_now().await;
                        request.send_headers(headers())?;
                    }
                    b"late" => {
                        request.send_headers(headers())?;
                        return Response::new(noted("y")).with_metadata("x-late", "1").map_err(Status::from);
                    }
                    _ => {
                        let elsewhere = tokio::spawn(async move { request.send_headers(headers()) });
                        elsewhere.await??;
                    }
                }
                Ok(noted("y").into())
            })
        })
        .server_stream(|request, _| Box::pin(async move { request.send_headers(headers()) }));
    let server = script.serve();
    let mut peer = server.peer().await;
    let mut streams = (1..).step_by(2);
    for (path, value) in
        [(UNARY, "twice"), (UNARY, "again"), (UNARY, "late"), (UNARY, "elsewhere"), (SERVER_STREAM, "stream")]
    {
        let answer = peer.call(streams.next().unwrap(), path, &[], &note(value)).await;
        assert_eq!((answer.status(), answer.notes().len()), (13, 0), "{value}");
        assert!(answer.grpc_message().contains("headers"), "{value}: {}", answer.grpc_message());
    }
}
