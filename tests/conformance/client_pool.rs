//! Several connections behind one channel (C21), and the queue for all of them (C16).

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use puregrpc::{ChannelBuilder, Code};
use puregrpc_support::{Frame, RawPeer, RawServer, WireClient, error, noted, setting};
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, timeout};

/// A call that ends with what was answered.
fn call(client: &WireClient) -> JoinHandle<Result<Vec<u8>, Code>> {
    let client = client.clone();
    tokio::spawn(async move {
        match client.unary(noted("x")).await {
            Ok(answer) => Ok(answer.into_inner().value),
            Err(status) => Err(status.code()),
        }
    })
}

/// A client that may make so many connections.
fn client(server: &RawServer, connections: usize) -> WireClient {
    server.client_built(|channel| channel.max_connections(connections))
}

/// Waits for a connection, on which so many calls are allowed.
async fn accept(server: &mut RawServer, streams: u32) -> RawPeer {
    server.accept_with(&[(setting::MAX_CONCURRENT_STREAMS, streams)]).await
}

/// Answers a call and sees it end well.
async fn answer(peer: &mut RawPeer, stream: u32, call: JoinHandle<Result<Vec<u8>, Code>>) {
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert_eq!(call.await.unwrap(), Ok(b"y".to_vec()));
}

/// Whether nobody connects before long.
async fn nobody_connects(server: &mut RawServer) -> bool {
    timeout(Duration::from_millis(1), server.accept_pipe()).await.is_err()
}

/// C21: the call that finds no room is answered on a connection of its own, while the others are held.
#[tokio::test(start_paused = true)]
async fn a_call_without_room_is_given_another_connection() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = [call(&client), call(&client)];
    let mut first = accept(&mut server, 2).await;
    let streams = [first.accept().await, first.accept().await];
    let next = call(&client);
    let mut second = accept(&mut server, 2).await;
    let stream = second.accept().await;
    answer(&mut second, stream, next).await;
    for (stream, call) in streams.into_iter().zip(held) {
        answer(&mut first, stream, call).await;
    }
    // There is room on the oldest again: that is where calls go.
    let last = call(&client);
    let stream = first.accept().await;
    answer(&mut first, stream, last).await;
}

/// C16, C21: there are never more connections than are allowed; calls beyond them wait and go on, wherever there is room.
#[tokio::test(start_paused = true)]
async fn calls_beyond_all_connections_wait_for_any() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let on_first = call(&client);
    let mut first = accept(&mut server, 1).await;
    let stream_on_first = first.accept().await;
    let on_second = call(&client);
    let mut second = accept(&mut server, 1).await;
    let stream_on_second = second.accept().await;
    let waiting = call(&client);
    assert!(nobody_connects(&mut server).await && !waiting.is_finished());
    answer(&mut second, stream_on_second, on_second).await;
    let stream = second.accept().await;
    answer(&mut second, stream, waiting).await;
    answer(&mut first, stream_on_first, on_first).await;
}

/// C21: one connection is the default, and the least.
#[tokio::test(start_paused = true)]
async fn there_is_one_connection_unless_more_are_allowed() {
    for set in [|channel: ChannelBuilder| channel, |channel: ChannelBuilder| channel.max_connections(0)] {
        let mut server = RawServer::new();
        let client = server.client_built(set);
        let held = call(&client);
        let mut peer = accept(&mut server, 1).await;
        let stream = peer.accept().await;
        let waiting = call(&client);
        assert!(nobody_connects(&mut server).await);
        answer(&mut peer, stream, held).await;
        let stream = peer.accept().await;
        answer(&mut peer, stream, waiting).await;
    }
}

/// C21: many calls at once make as many connections as they need, one at a time.
#[tokio::test(start_paused = true)]
async fn a_burst_makes_no_more_connections_than_it_needs() {
    let mut server = RawServer::new();
    let client = client(&server, 10);
    let calls: Vec<_> = (0..25).map(|_| call(&client)).collect();
    let mut peers = Vec::new();
    for taken in [10, 10, 5] {
        let pipe = server.accept_pipe().await;
        assert!(nobody_connects(&mut server).await, "one attempt at a time");
        let mut peer = RawPeer::server_with(pipe, &[(setting::MAX_CONCURRENT_STREAMS, 10)]).await;
        let mut streams = Vec::new();
        for _ in 0..taken {
            streams.push(peer.accept().await);
        }
        peers.push((peer, streams));
    }
    assert!(nobody_connects(&mut server).await);
    for (peer, streams) in &mut peers {
        for stream in streams {
            peer.reply(*stream, b"y").await;
        }
        peer.settle().await;
    }
    for call in calls {
        assert_eq!(call.await.unwrap(), Ok(b"y".to_vec()));
    }
}

/// C21: a further connection that cannot be made fails no call: they wait for the first, and try again after the pause.
#[tokio::test(start_paused = true)]
async fn a_further_connection_that_fails_is_no_failure_of_calls() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    let stream = first.accept().await;
    let waiting = [call(&client), call(&client)];
    drop(server.accept_pipe().await);
    assert!(nobody_connects(&mut server).await, "not before the pause is over");
    answer(&mut first, stream, held).await;
    let stream = first.accept().await;
    let [one, other] = waiting;
    advance(Duration::from_millis(1300)).await;
    let mut second = accept(&mut server, 1).await;
    let stream_on_second = second.accept().await;
    first.reply(stream, b"y").await;
    first.settle().await;
    second.reply(stream_on_second, b"y").await;
    second.settle().await;
    assert_eq!((one.await.unwrap(), other.await.unwrap()), (Ok(b"y".to_vec()), Ok(b"y".to_vec())));
}

/// C21, K5: when a further connection has failed and then the first is lost, calls connect anew and at once.
#[tokio::test(start_paused = true)]
async fn the_failure_of_a_further_connection_delays_no_first() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    first.accept().await;
    let waiting = call(&client);
    drop(server.accept_pipe().await);
    assert!(nobody_connects(&mut server).await);
    drop(first);
    let mut next = accept(&mut server, 1).await;
    let stream = next.accept().await;
    answer(&mut next, stream, waiting).await;
    assert_eq!(held.await.unwrap(), Err(Code::Unavailable));
}

/// C21: further connections that end before they carry a call are not made for ever.
#[tokio::test(start_paused = true)]
async fn further_connections_that_end_at_once_are_given_up() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    let stream = first.accept().await;
    let waiting = call(&client);
    let mut made = 0;
    while let Ok(pipe) = timeout(Duration::from_millis(1), server.accept_pipe()).await {
        drop(RawPeer::server_with(pipe, &[(setting::MAX_CONCURRENT_STREAMS, 0)]).await);
        made += 1;
    }
    assert_eq!(made, 5);
    answer(&mut first, stream, held).await;
    let stream = first.accept().await;
    answer(&mut first, stream, waiting).await;
}

/// C13, C21: after GOAWAY on one connection new calls go to the other.
#[tokio::test(start_paused = true)]
async fn goaway_moves_new_calls_to_another_connection() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    let stream = first.accept().await;
    let on_second = call(&client);
    let mut second = accept(&mut server, 2).await;
    let stream_on_second = second.accept().await;
    first.send(&Frame::goaway(stream, error::NO_ERROR, "max_age")).await;
    first.settle().await;
    let moved = call(&client);
    let stream_of_moved = second.accept().await;
    assert!(nobody_connects(&mut server).await);
    answer(&mut second, stream_of_moved, moved).await;
    answer(&mut second, stream_on_second, on_second).await;
    answer(&mut first, stream, held).await;
    first.closed().await;
}

/// C13, C16: calls that wait for room on a connection that is told to end go to another one, before its calls have ended.
#[tokio::test(start_paused = true)]
async fn goaway_moves_the_calls_that_wait() {
    let mut server = RawServer::new();
    let client = client(&server, 1);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    let stream = first.accept().await;
    let waiting = call(&client);
    assert!(nobody_connects(&mut server).await);
    first.send(&Frame::goaway(stream, error::NO_ERROR, "max_age")).await;
    let mut second = accept(&mut server, 1).await;
    let stream_on_second = second.accept().await;
    answer(&mut second, stream_on_second, waiting).await;
    answer(&mut first, stream, held).await;
}

/// C21: a connection beyond the first ends after 30 to 60 seconds without calls, and not while it has some.
#[tokio::test(start_paused = true)]
async fn a_further_connection_ends_when_it_is_not_used() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    let stream = first.accept().await;
    let long = call(&client);
    let mut second = accept(&mut server, 1).await;
    let stream_of_long = second.accept().await;
    advance(Duration::from_secs(300)).await;
    second.assert_alive().await;
    answer(&mut second, stream_of_long, long).await;
    advance(Duration::from_secs(29)).await;
    second.assert_alive().await;
    let again = call(&client);
    let stream_of_again = second.accept().await;
    answer(&mut second, stream_of_again, again).await;
    for _ in 0..2 {
        advance(Duration::from_secs(30)).await;
        tokio::task::yield_now().await;
    }
    second.closed().await;
    first.assert_alive().await;
    answer(&mut first, stream, held).await;
    for _ in 0..10 {
        advance(Duration::from_secs(30)).await;
        tokio::task::yield_now().await;
    }
    first.assert_alive().await;
}

/// C21: what is left when the first connection is lost stays.
#[tokio::test(start_paused = true)]
async fn the_last_connection_stays_though_it_is_not_used() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    first.accept().await;
    let on_second = call(&client);
    let mut second = accept(&mut server, 1).await;
    let stream = second.accept().await;
    answer(&mut second, stream, on_second).await;
    drop(first);
    assert_eq!(held.await.unwrap(), Err(Code::Unavailable));
    for _ in 0..10 {
        advance(Duration::from_secs(30)).await;
        tokio::task::yield_now().await;
    }
    second.assert_alive().await;
    let next = call(&client);
    let stream = second.accept().await;
    answer(&mut second, stream, next).await;
}

/// C21: what holds for connections is the same for all clones: whichever calls, more are made as the channel allows.
#[tokio::test(start_paused = true)]
async fn no_clone_changes_how_connections_are_made() {
    for clone_calls_first in [false, true] {
        let mut server = RawServer::new();
        let client = client(&server, 2);
        // A handle with its own settings of calls, which is made before there is any connection.
        let other = WireClient::new(client.channel.clone().max_send_message_size(1_000));
        let [first, second] = if clone_calls_first { [&other, &client] } else { [&client, &other] };
        let held = call(first);
        let mut peer = accept(&mut server, 1).await;
        let stream = peer.accept().await;
        let next = call(second);
        let mut further = accept(&mut server, 1).await;
        let stream_of_next = further.accept().await;
        let waiting = call(first);
        assert!(nobody_connects(&mut server).await && !waiting.is_finished(), "two are all that the channel allows");
        answer(&mut further, stream_of_next, next).await;
        let stream = (stream, further.accept().await);
        answer(&mut further, stream.1, waiting).await;
        answer(&mut peer, stream.0, held).await;
    }
}

/// C21: all connections end with the last clone.
#[tokio::test(start_paused = true)]
async fn all_connections_end_with_the_channel() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let calls = [call(&client), call(&client)];
    let mut peers = Vec::new();
    for call in calls {
        let mut peer = accept(&mut server, 1).await;
        let stream = peer.accept().await;
        peers.push((peer, stream, call));
    }
    drop(client);
    let mut left = Vec::new();
    for (mut peer, stream, call) in peers {
        answer(&mut peer, stream, call).await;
        left.push(peer);
    }
    for peer in &mut left {
        peer.closed().await;
    }
}

/// C16: a server that allows no calls is not asked for more connections.
#[tokio::test(start_paused = true)]
async fn a_server_that_allows_no_calls_gets_one_connection() {
    let mut server = RawServer::new();
    let client = client(&server, 3);
    let waiting = call(&client);
    let mut peer = accept(&mut server, 0).await;
    assert!(nobody_connects(&mut server).await);
    peer.send(&Frame::settings(&[(setting::MAX_CONCURRENT_STREAMS, 1)])).await;
    let stream = peer.accept().await;
    answer(&mut peer, stream, waiting).await;
}

/// C16: who calls again at once does not go ahead of a call that waits.
#[tokio::test(start_paused = true)]
async fn the_longest_waiting_call_goes_first() {
    let mut server = RawServer::new();
    let client = client(&server, 1);
    let busy = client.clone();
    let busy = tokio::spawn(async move {
        loop {
            busy.unary(noted("x")).await.unwrap();
        }
    });
    let mut peer = accept(&mut server, 1).await;
    let stream = peer.accept().await;
    let waiting = call(&client);
    assert!(nobody_connects(&mut server).await);
    peer.reply(stream, b"y").await;
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    assert!(waiting.is_finished());
    let stream = peer.accept().await;
    peer.reply(stream, b"y").await;
    peer.settle().await;
    busy.abort();
}

/// C16: a call that is not polled while it waits keeps its own place from others for a moment, and no other place.
#[tokio::test(start_paused = true)]
async fn a_waiting_call_that_stands_still_holds_up_nobody() {
    let mut server = RawServer::new();
    let client = client(&server, 1);
    let held = [call(&client), call(&client)];
    let mut peer = accept(&mut server, 2).await;
    let streams = [peer.accept().await, peer.accept().await];
    let mut still = pin!(client.unary(noted("x")));
    assert!(poll_fn(|cx| Poll::Ready(still.as_mut().poll(cx).is_pending())).await);
    for (stream, call) in streams.into_iter().zip(held) {
        answer(&mut peer, stream, call).await;
    }
    let start = Instant::now();
    let beside = call(&client);
    let stream_beside = peer.accept().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    let instead = call(&client);
    let stream_instead = peer.accept().await;
    assert!(start.elapsed() < Duration::from_millis(20));
    answer(&mut peer, stream_beside, beside).await;
    answer(&mut peer, stream_instead, instead).await;
    let answered = async {
        let stream = peer.accept().await;
        peer.reply(stream, b"y").await;
        peer.settle().await;
    };
    let (last, ()) = tokio::join!(still, answered);
    assert_eq!(last.unwrap().into_inner().value, b"y");
}

/// C13, C21: failed attempts to make one more connection are no connections that have ended: when the first one
/// is lost in the end, a call that has waited all the time connects anew.
#[tokio::test(start_paused = true)]
async fn failed_attempts_do_not_count_as_connections_that_ended() {
    let mut server = RawServer::new();
    let client = client(&server, 2);
    let held = call(&client);
    let mut first = accept(&mut server, 1).await;
    first.accept().await;
    let [ahead, waiting] = [call(&client), call(&client)];
    for _ in 0..7 {
        drop(timeout(Duration::from_secs(200), server.accept_pipe()).await.unwrap());
    }
    assert!(nobody_connects(&mut server).await);
    ahead.abort();
    drop(first);
    assert_eq!(held.await.unwrap(), Err(Code::Unavailable));
    let mut next = accept(&mut server, 1).await;
    let stream = next.accept().await;
    answer(&mut next, stream, waiting).await;
}
