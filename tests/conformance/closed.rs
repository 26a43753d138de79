//! That a sender learns of the end of its call (C25, C26), on either side and whichever way it ended.

use futures_util::{FutureExt, SinkExt, StreamExt, stream};
use puregrpc::{Code, Request, Status};
use puregrpc_support::{
    BIDI, END, MORE, PATIENCE, RawPeer, RawServer, SERVER_STREAM, Script, error, note, noted, request,
};
use std::time::Duration;
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::timeout,
};

/// The ways in which a server ends a call, and what `send` then gives.
#[derive(Clone, Copy, Debug)]
enum Way {
    Ok,
    Answered,
    Failed,
    Reset,
    Lost,
}

const WAYS: [(Way, Code); 5] = [
    (Way::Ok, Code::Cancelled),
    (Way::Answered, Code::Cancelled),
    (Way::Failed, Code::Aborted),
    (Way::Reset, Code::PermissionDenied),
    (Way::Lost, Code::Unavailable),
];

impl Way {
    async fn end(self, mut peer: RawPeer, stream: u32) -> Option<RawPeer> {
        match self {
            Self::Ok => peer.trailers_only(stream, "0", &[]).await,
            Self::Answered => peer.reply(stream, b"enough").await,
            Self::Failed => {
                peer.respond(stream, &[]).await;
                peer.trailers(stream, "10", &[]).await;
            }
            Self::Reset => peer.reset(stream, error::INADEQUATE_SECURITY).await,
            Self::Lost => return None,
        }
        Some(peer)
    }
}

/// C25: `closed` is ready, and `send` fails, whether somebody receives, did, or never has.
#[tokio::test(start_paused = true)]
async fn a_sender_learns_of_the_end_whichever_way_it_ends() {
    for (way, code) in WAYS {
        for receiving in ["never", "no more", "now"] {
            let mut server = RawServer::new();
            let client = server.client();
            let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
            let (mut notes, mut replies) = halves.unwrap();
            notes.send(&noted("x")).await.unwrap();
            let stream = peer.accept().await;
            let received = match receiving {
                "no more" => {
                    assert!(replies.recv().now_or_never().is_none());
                    None
                }
                "now" => Some(tokio::spawn(async move { while let Ok(Some(_)) = replies.recv().await {} })),
                _ => None,
            };
            assert!(!notes.is_closed() && notes.closed().now_or_never().is_none());
            let (peer, heard) = tokio::join!(way.end(peer, stream), timeout(PATIENCE, notes.closed()));
            heard.unwrap_or_else(|_| panic!("{way:?}, received {receiving}"));
            assert!(notes.is_closed());
            for message in [noted("y"), noted(vec![0; 100_000])] {
                let sent = notes.send(&message).now_or_never().expect("there is nobody to wait for");
                assert_eq!(sent.unwrap_err().code(), code, "{way:?}, received {receiving}");
            }
            if let Some(received) = received {
                timeout(PATIENCE, received).await.expect("the receiver hears of it as well").unwrap();
            }
            drop(peer);
        }
    }
}

/// C25: a call with one answer learns of it, too, and `finish` has the answer.
#[tokio::test(start_paused = true)]
async fn a_client_stream_learns_of_an_early_answer() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, route) = tokio::join!(server.accept(), client.client_stream(()));
    let mut route = route.unwrap();
    route.send(&noted("x")).await.unwrap();
    let stream = peer.accept().await;
    let (sent, ()) = tokio::join!(timeout(PATIENCE, route.send_all(stream::pending())), async {
        peer.reply(stream, b"enough").await;
    });
    let status = sent.expect("it does not wait for its stream any more").unwrap_err();
    assert_eq!(status.code(), Code::Cancelled);
    assert!(status.message().contains("ended the call with OK"), "{status}");
    assert!(route.is_closed());
    assert_eq!(route.finish().await.unwrap().value, b"enough");
}

/// C25: the deadline, and a receiver that is dropped, end it as well.
#[tokio::test(start_paused = true)]
async fn a_sender_learns_that_its_own_side_has_ended_the_call() {
    let mut server = RawServer::new();
    let client = server.client();
    let _peer = {
        let request = Request::new(()).with_timeout(Duration::from_secs(1));
        let (peer, halves) = tokio::join!(server.accept(), client.bidi(request));
        let (mut notes, _replies) = halves.unwrap();
        timeout(PATIENCE, notes.closed()).await.unwrap();
        assert_eq!(notes.send(&noted("x")).await.unwrap_err().code(), Code::DeadlineExceeded);
        peer
    };
    let (mut notes, replies) = client.bidi(()).await.unwrap();
    let closed = tokio::spawn(async move {
        notes.closed().await;
        notes.send(&noted("x")).await
    });
    tokio::task::yield_now().await;
    drop(replies);
    let sent = timeout(PATIENCE, closed).await.unwrap().unwrap();
    assert_eq!(sent.unwrap_err().code(), Code::Cancelled);
}

/// C25: a sender without window is freed by an end that resets nothing, after a `recv` was dropped.
#[tokio::test(start_paused = true)]
async fn a_blocked_sender_learns_of_the_end_after_a_dropped_recv() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    peer.hold_windows();
    let (mut notes, mut replies) = halves.unwrap();
    let stream = peer.accept().await;
    assert!(replies.recv().now_or_never().is_none());
    let sending = tokio::spawn(async move {
        loop {
            if let Err(status) = notes.send(&noted([0; 1000])).await {
                return status;
            }
        }
    });
    peer.until("a full window", |peer| peer.stream(stream).body.len() == 65_535).await;
    peer.trailers_only(stream, "0", &[]).await;
    assert_eq!(timeout(PATIENCE, sending).await.unwrap().unwrap().code(), Code::Cancelled);
    assert!(replies.recv().await.unwrap().is_none());
}

/// C25: a handler hears in `recv` that its client is gone, and its sender knows it then.
#[tokio::test(start_paused = true)]
async fn a_handler_may_see_that_its_client_is_gone() {
    let (tell, mut told) = unbounded_channel();
    let script = Script::echo().bidi(move |requests, replies| {
        let tell = tell.clone();
        Box::pin(async move {
            requests.recv().await?;
            assert!(!replies.is_closed());
            let received = requests.recv().await;
            let known = replies.is_closed();
            tell.send((received.unwrap_err().code(), known, replies.send(&noted("x")).await.unwrap_err().code()))
                .unwrap();
            Ok(())
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    peer.headers(1, &request(BIDI, &[]), MORE).await;
    peer.data(1, note("x"), MORE).await;
    peer.settle().await;
    peer.reset(1, error::CANCEL).await;
    let told = timeout(PATIENCE, told.recv()).await.unwrap();
    assert_eq!(told, Some((Code::Cancelled, true, Code::Cancelled)));
}

/// Tells when it is dropped.
struct Tells(UnboundedSender<String>, String);

impl Drop for Tells {
    fn drop(&mut self) {
        let _ = self.0.send(std::mem::take(&mut self.1));
    }
}

/// C25: a handler that waits in `closed` hears of a reset and of its deadline; what waits behind it is dropped.
#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_the_end_is_told_of_it() {
    for extra in [&[][..], &[("grpc-timeout", "1S")]] {
        let (tell, mut told) = unbounded_channel();
        let script = Script::echo().server_stream(move |_, replies| {
            let tell = tell.clone();
            Box::pin(async move {
                let _dropped = Tells(tell.clone(), "dropped".into());
                replies.send(&noted("begun")).await?;
                replies.closed().await;
                tell.send(replies.send(&noted("x")).await.unwrap_err().code().to_string()).unwrap();
                std::future::pending::<()>().await;
                tell.send("went on".into()).unwrap();
                Ok(())
            })
        });
        let server = script.serve();
        let mut peer = server.peer().await;
        peer.headers(1, &request(SERVER_STREAM, extra), MORE).await;
        peer.data(1, note("x"), END).await;
        peer.until("the handler runs", |peer| !peer.stream(1).notes().is_empty()).await;
        let code = if extra.is_empty() {
            peer.reset(1, error::CANCEL).await;
            "CANCELLED"
        } else {
            assert_eq!(peer.answer(1).await.status(), 4);
            "DEADLINE_EXCEEDED"
        };
        for expected in [code, "dropped"] {
            assert_eq!(timeout(PATIENCE, told.recv()).await.unwrap().as_deref(), Some(expected));
        }
    }
}

/// C26: a `send` that is dropped while it waits has sent nothing, however large; one that is ready has.
#[tokio::test(start_paused = true)]
async fn a_dropped_send_has_sent_nothing() {
    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    peer.hold_windows();
    let (mut notes, _replies) = halves.unwrap();
    let stream = peer.accept().await;
    let mut expected = Vec::new();
    for round in 0.. {
        let message = noted(vec![round; 40_000]);
        if timeout(Duration::from_millis(1), notes.send(&message)).await.is_err() {
            break;
        }
        expected.push(message.value);
    }
    assert!(expected.len() > 1, "one beyond the window is taken");
    for lost in [noted(vec![99; 40_000]), noted(vec![99; 100])] {
        assert!(timeout(Duration::from_millis(1), notes.send(&lost)).await.is_err());
    }
    drop(notes.send(&noted(vec![99])));
    peer.give_window(0, 1 << 20).await;
    peer.give_window(stream, 1 << 20).await;
    notes.send(&noted("last")).await.unwrap();
    expected.push(b"last".to_vec());
    notes.close();
    let seen = peer.over(stream).await;
    assert_eq!(seen.notes(), expected);
}

/// C26: on a server, too, a `send` that was never polled has sent nothing.
#[tokio::test(start_paused = true)]
async fn a_send_that_was_not_polled_has_sent_nothing() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            drop(replies.send(&noted("never")));
            replies.send(&noted("once")).await
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, SERVER_STREAM, &[], &note("x")).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["once".into()]));
}

/// C26: streams of results and sinks send what they are given, up to the first error.
#[tokio::test(start_paused = true)]
async fn streams_of_results_and_sinks_are_sent() {
    let script = Script::echo().server_stream(|request, replies| {
        Box::pin(async move {
            if request.value == b"sink" {
                let mut notes = stream::iter([Ok(noted("a")), Ok(noted(vec![7; 50_000])), Ok(noted("c"))]);
                return replies.sink().send_all(&mut notes).await;
            }
            let notes = [Ok(noted("a")), Err(Status::data_loss("b")), Ok(noted("c"))];
            replies.try_send_all(stream::iter(notes)).await
        })
    });
    let server = script.serve();
    let mut peer = server.peer().await;
    let answer = peer.call(1, SERVER_STREAM, &[], &note("sink")).await;
    let values: Vec<_> = answer.notes().iter().map(|note| note.len()).collect();
    assert_eq!((answer.status(), values), (0, vec![1, 50_000, 1]));
    let answer = peer.call(3, SERVER_STREAM, &[], &note("results")).await;
    assert_eq!((answer.status(), answer.notes()), (15, vec!["a".into()]));

    let mut server = RawServer::new();
    let client = server.client();
    let (mut peer, halves) = tokio::join!(server.accept(), client.bidi(()));
    let (mut notes, _replies) = halves.unwrap();
    stream::iter(["a", "b"]).map(|text| Ok(noted(text))).forward(notes.sink()).await.unwrap();
    let stream = peer.accept().await;
    assert_eq!(peer.over(stream).await.notes(), ["a", "b"], "the sink's end is that of the stream");
}
