//! Flow control: small windows, late readers and bursts.

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use puregrpc::{Server, Status};
use puregrpc_support::{
    BIDI, CLIENT_STREAM, END, MORE, Running, SERVER_STREAM, Script, UNARY, error, message, note, noted, request,
    setting,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{future::Future, pin::Pin, sync::Arc};
use tokio::sync::Semaphore;

/// Windows of 777 bytes lose no wake-up: every message arrives, each way, on several streams at once.
#[tokio::test(start_paused = true)]
async fn small_windows_lose_no_wake_up() {
    let server = Script::echo().serve();
    let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, 777)]).await;
    let body: Vec<u8> = (0..50_u8).flat_map(|number| note([number; 200])).collect();
    for stream in [1, 3, 5] {
        peer.request(stream, BIDI, &[]).await;
    }
    for stream in [1, 3, 5] {
        peer.send_data(stream, &body, END).await;
    }
    for stream in [1, 3, 5] {
        let answer = peer.answer(stream).await;
        assert_eq!((answer.status(), &answer.body[..]), (0, &body[..]));
    }
}

/// A window given back byte by byte is used byte by byte.
#[tokio::test(start_paused = true)]
async fn a_window_of_single_bytes_is_used() {
    let server = Script::echo().serve();
    let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, 0)]).await;
    peer.hold_windows();
    peer.request(1, SERVER_STREAM, &[]).await;
    peer.data(1, note("x"), END).await;
    let length = note("x").len() * 3;
    for count in 1..=length {
        peer.settle().await;
        peer.give_window(1, 1).await;
        peer.until("one byte", |peer| peer.stream(1).body.len() == count).await;
    }
    assert_eq!(peer.answer(1).await.status(), 0);
}

/// While the window is closed a handler sends a KiB, and what fits into the buffer, and then waits; nothing is lost.
#[tokio::test(start_paused = true)]
async fn a_closed_window_holds_the_handler_up() {
    let sent = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&sent);
    let script = Script::echo().bidi(move |requests, replies| {
        let count = Arc::clone(&count);
        Box::pin(async move {
            while let Some(note) = requests.recv().await? {
                replies.send(&note).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        })
    });
    let server = script.serve();
    let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, 0)]).await;
    peer.hold_windows();
    peer.request(1, BIDI, &[]).await;
    for number in 0..50_u8 {
        peer.data(1, note([number; 100]), number == 49).await;
        peer.settle().await;
    }
    let most = 1024 / note([0; 100]).len() + 1;
    assert!(sent.load(Ordering::Relaxed) <= most, "{sent:?}");
    peer.give_window(1, 100_000).await;
    let answer = peer.answer(1).await;
    let values: Vec<_> = answer.notes().iter().map(|note| note[0]).collect();
    assert_eq!((answer.status(), values), (0, (0..50).collect()));
}

/// The window of a stream opens as its handler takes messages, however many there are.
#[tokio::test(start_paused = true)]
async fn the_servers_window_opens_as_messages_are_taken() {
    let server = Script::echo().serve();
    let mut peer = server.peer().await;
    peer.request(1, CLIENT_STREAM, &[]).await;
    let message = note([1; 5_000]);
    for _ in 0..2_000 {
        peer.send_data(1, &message, MORE).await;
    }
    peer.data(1, [], END).await;
    let answer = peer.answer(1).await;
    // 10,000,000 bytes came in, and the answer is longer than a client takes by default, but not than this one.
    assert_eq!((answer.status(), answer.notes()[0].len()), (0, 10_000_000));
}

/// What a call has taken is no burden to the others: not while its handler runs on, not for as long as it does.
#[tokio::test(start_paused = true)]
async fn taken_requests_hold_no_window() {
    let forever = Script::echo().server_stream(|_, _| Box::pin(std::future::pending()));
    let server = forever.unary(|_| Box::pin(std::future::pending())).serve();
    let mut peer = server.peer().await;
    let message = note([1; 8_000]);
    for (path, stream) in [SERVER_STREAM, UNARY].into_iter().cycle().zip((1..).step_by(2)).take(900) {
        peer.request(stream, path, &[]).await;
        peer.send_data(stream, &message, END).await;
    }
    peer.assert_alive().await;
}

/// A handler that starts late gets a burst of 60,000 messages, each its own DATA frame, in order.
#[tokio::test(start_paused = true)]
async fn a_burst_on_one_stream_survives_a_late_handler() {
    const COUNT: u32 = 60_000;
    let (script, gate) = late();
    let server = Running::start(Server::new().stream_window(1 << 20).add(script));
    let mut peer = server.peer().await;
    peer.request(1, CLIENT_STREAM, &[]).await;
    for number in 0..COUNT {
        peer.queue_data(1, ten_bytes(number), number + 1 == COUNT);
    }
    peer.settle().await;
    gate.add_permits(1);
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.notes()), (0, vec!["60000 in order".into()]));
    peer.assert_alive().await;
}

/// The same burst over 1,000 streams.
#[tokio::test(start_paused = true)]
async fn a_burst_on_a_thousand_streams_survives_late_handlers() {
    let (script, gate) = late();
    let server = Running::start(Server::new().max_concurrent_streams(1_000).add(script));
    let mut peer = server.peer().await;
    let streams = || (1..).step_by(2).take(1_000);
    for stream in streams() {
        peer.queue_headers(stream, &request(CLIENT_STREAM, &[]), MORE);
    }
    for number in 0..60 {
        for stream in streams() {
            peer.queue_data(stream, ten_bytes(number), number == 59);
        }
    }
    peer.settle().await;
    gate.add_permits(1_000);
    for stream in streams() {
        let answer = peer.answer(stream).await;
        assert_eq!((answer.status(), answer.notes()), (0, vec!["60 in order".into()]), "stream {stream}");
    }
    peer.assert_alive().await;
}

/// The service whose `ClientStream` reads only once the gate is open, and checks the order of what it reads.
fn late() -> (Script, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let script = Script::echo().client_stream(move |requests| {
        let gate = opened.clone();
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            let mut count = 0_u32;
            while let Some(note) = requests.recv().await? {
                assert_eq!(note.value[..], count.to_be_bytes()[1..], "message {count}");
                count += 1;
            }
            Ok(noted(format!("{count} in order")).into())
        })
    });
    (script, gate)
}

/// A note that takes ten bytes on the wire.
fn ten_bytes(number: u32) -> bytes::Bytes {
    let bytes = note(&number.to_be_bytes()[1..]);
    assert_eq!(bytes.len(), 10);
    bytes
}

/// A handler that sends and receives at once inside a sub-executor is woken for both.
#[tokio::test(start_paused = true)]
async fn a_sub_executor_is_woken_for_both_directions() {
    let script = Script::echo().bidi(|requests, replies| {
        Box::pin(async move {
            let sending = async {
                for number in 0..500_u32 {
                    replies.send(&noted([number as u8; 100])).await?;
                }
                Ok(())
            };
            let receiving = async {
                let mut sum = 0;
                while let Some(note) = requests.recv().await? {
                    sum += note.value.len();
                }
                assert_eq!(sum, 50_000);
                Ok(())
            };
            both(sending, receiving).await
        })
    });
    let server = script.serve();
    let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, 777)]).await;
    peer.request(1, BIDI, &[]).await;
    for number in 0..500_u32 {
        peer.send_data(1, &note([number as u8; 100]), number == 499).await;
    }
    let answer = peer.answer(1).await;
    assert_eq!((answer.status(), answer.notes().len()), (0, 500));
}

/// Drives two futures, each only when its own waker was woken, as `join` and `FuturesUnordered` of other crates do.
async fn both<T>(
    first: impl Future<Output = Result<T, Status>> + Send,
    second: impl Future<Output = Result<T, Status>> + Send,
) -> Result<(), Status> {
    let mut set = FuturesUnordered::new();
    set.push(Box::pin(first) as Pin<Box<dyn Future<Output = _> + Send>>);
    set.push(Box::pin(second));
    while let Some(result) = set.next().await {
        result?;
    }
    Ok(())
}

/// A sender that its handler lends to another thread keeps the order of its messages.
#[tokio::test(start_paused = true)]
async fn a_lent_sender_keeps_the_order() {
    let script = Script::echo().server_stream(|_, replies| {
        Box::pin(async move {
            for round in 0..50_u8 {
                replies.send(&noted([3 * round])).await?;
                let lent = &mut *replies;
                let sent = std::thread::scope(|scope| {
                    scope.spawn(|| lent.send(&noted([3 * round + 1])).now_or_never()).join().unwrap()
                });
                sent.expect("there is room")?;
                replies.send(&noted([3 * round + 2])).await?;
            }
            Ok(())
        })
    });
    let server = script.serve();
    let answer = server.peer().await.call(1, SERVER_STREAM, &[], &note("")).await;
    assert_eq!((answer.status(), answer.notes().concat()), (0, (0..150).collect::<Vec<u8>>()));
}

/// Messages of all sizes round the size of a frame pass through windows of all sizes, in order.
#[tokio::test(start_paused = true)]
async fn all_sizes_pass_through_all_windows() {
    let sizes = [0, 1, 8_000, 16_370, 16_375, 16_379, 16_384, 20_000, 32_768, 32_770, 70_000, 200_000];
    let body: Vec<u8> = sizes.iter().flat_map(|size| note(vec![7; *size])).collect();
    let server = Script::echo().serve();
    for window in [1_000, 16_384, 65_535, 1 << 20] {
        let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, window)]).await;
        peer.request(1, BIDI, &[]).await;
        peer.send_data(1, &body, END).await;
        let answer = peer.answer(1).await;
        assert_eq!(answer.status(), 0, "{window}");
        assert!(answer.body == body, "{window}");
    }
}

/// What calls had of the connection's window when they were reset is there for the others, on both sides.
#[tokio::test(start_paused = true)]
async fn resets_in_the_midst_of_large_messages_lose_no_window() {
    let server = Script::echo().unary(|_| Box::pin(async { Ok(noted(vec![1; 300_000]).into()) })).serve();
    let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]).await;
    peer.hold_windows();
    for stream in (1..).step_by(2).take(50) {
        peer.request(stream, UNARY, &[]).await;
        peer.data(stream, note("x"), END).await;
        peer.until("a full window", |peer| peer.stream(stream).body.len() == 65_535).await;
        peer.reset(stream, error::CANCEL).await;
        peer.give_window(0, 65_535).await;
    }
    for stream in (1_003..).step_by(2).take(50) {
        peer.request(stream, CLIENT_STREAM, &[]).await;
        peer.send_data(stream, &note(vec![1; 900_000])[..800_000], MORE).await;
        peer.reset(stream, error::CANCEL).await;
    }
    peer.assert_alive().await;
}

/// Ten thousand streams at once are answered, each with its own.
#[tokio::test(start_paused = true)]
async fn ten_thousand_streams_on_one_connection() {
    let server = Running::start(Server::new().max_concurrent_streams(10_000).add(Script::echo()));
    let mut peer = server.peer().await;
    let streams = || (1..).step_by(2).take(10_000);
    for stream in streams() {
        peer.queue_headers(stream, &request(BIDI, &[]), MORE);
        peer.queue_data(stream, note(stream.to_be_bytes()), MORE);
    }
    for stream in streams() {
        assert_eq!(peer.note(stream).await, stream.to_be_bytes()[..]);
        peer.queue_data(stream, note("x"), END);
    }
    for stream in streams() {
        let answer = peer.answer(stream).await;
        assert_eq!((answer.status(), answer.notes().len()), (0, 2));
    }
    peer.assert_alive().await;
}

/// Calls of all kinds on several connections and threads at once each get their own answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_calls_on_many_threads() {
    let server = Script::echo().serve();
    let mut clients = Vec::new();
    for client in 0..8_u32 {
        let mut peer = server.peer_with(&[(setting::INITIAL_WINDOW_SIZE, 777 + 1_000 * client)]).await;
        clients.push(tokio::spawn(async move {
            for round in 0..50 {
                let streams = || (1 + 40 * round..).step_by(2).take(20);
                for stream in streams() {
                    let path = [UNARY, CLIENT_STREAM, BIDI][stream as usize / 2 % 3];
                    peer.queue_headers(stream, &request(path, &[]), MORE);
                    peer.queue_data(stream, note(stream.to_be_bytes()), MORE);
                    peer.queue_data(stream, [], END);
                }
                for stream in streams() {
                    let answer = peer.answer(stream).await;
                    assert_eq!((answer.status(), answer.notes().concat()), (0, stream.to_be_bytes().to_vec()));
                }
            }
            peer.assert_alive().await;
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
}

/// M1: a handler that takes what is at hand in a loop lets others run, however much is at hand.
#[tokio::test(start_paused = true)]
async fn many_messages_are_not_taken_in_one_poll() {
    let (sender, mut polls) = tokio::sync::mpsc::unbounded_channel();
    let script = Script::echo().client_stream(move |requests| {
        let polled = sender.clone();
        Box::pin(async move {
            let mut all = std::pin::pin!(async {
                while requests.recv().await?.is_some() {}
                Ok::<_, Status>(())
            });
            std::future::poll_fn(|cx| {
                polled.send(()).unwrap();
                all.as_mut().poll(cx)
            })
            .await?;
            Ok(noted("").into())
        })
    });
    let mut peer = script.serve().peer().await;
    peer.queue_headers(1, &request(CLIENT_STREAM, &[]), MORE);
    peer.queue_data(1, message([]).repeat(3), MORE);
    (0..12).for_each(|_| peer.queue_data(1, message([]).repeat(3_000), MORE));
    peer.data(1, [], END).await;
    assert_eq!(peer.answer(1).await.status(), 0);
    let polls = std::iter::from_fn(|| polls.try_recv().ok()).count();
    assert!(polls > 36_000 / 4_096, "{polls} polls");
}
