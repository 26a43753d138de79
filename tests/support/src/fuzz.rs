//! Whole connections under any bytes, as a fuzzer gives them.

use crate::{
    End, Frame, PREFACE, QUIET, RawServer, Script, UNARY, WireClient, attack_client, attack_server, encode,
    frame::{flag, kind, setting},
    note, noted, request,
};
use bytes::BytesMut;
use puregrpc::{Request, Status};
use std::{future::Future, time::Duration};
use tokio::runtime::Builder;

/// A server answers any bytes lawfully, ends the connection, and is there for others.
///
/// The first byte says how the attacker ends, and whether the bytes come behind a greeting.
///
/// # Panics
/// When it does not.
pub fn fuzz_server(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else { return };
    in_no_time(async {
        let server = Script::echo().serve();
        let bytes = if choice & 4 == 0 { [PREFACE, &greeting(), data].concat() } else { data.to_vec() };
        let answered = attack_server(server.connect().await, &bytes, end(choice)).await;
        answered.unwrap_or_else(|fault| panic!("{fault}"));
        let mut peer = server.peer().await;
        assert_eq!(peer.call(1, UNARY, &[], &note("good")).await.notes(), ["good"]);
    });
}

/// A client ends its call whatever the server says, sends what is lawful, and connects anew.
///
/// The first byte says how the server ends, which kind of call is made, and whether the bytes come behind a greeting.
///
/// # Panics
/// When it does not.
pub fn fuzz_client(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else { return };
    in_no_time(async {
        let mut server = RawServer::new();
        let client = server.client();
        let (greeting, rest) = if choice & 4 == 0 { (greeting(), data) } else { (BytesMut::from(data), &[][..]) };
        let attacked = async { attack_client(server.accept_pipe().await, &greeting, rest, end(choice)).await };
        let (seen, _) = tokio::join!(attacked, call(&client, choice >> 3));
        let seen = seen.unwrap_or_else(|fault| panic!("{fault}"));
        assert!(seen.goaways.len() <= 2, "{seen:?}");
    });
}

/// One call of any kind, which ends in time.
async fn call(client: &WireClient, kind: u8) -> Result<(), Status> {
    let timeout = QUIET / 3;
    let request = Request::new(()).with_timeout(timeout);
    let call = async {
        match kind & 3 {
            0 => client.unary(request.map(|()| noted("x"))).await.map(drop),
            1 => {
                let mut replies = client.server_stream(request.map(|()| noted("x"))).await?;
                while replies.recv().await?.is_some() {}
                Ok(())
            }
            2 => {
                let mut call = client.client_stream(request).await?;
                call.send(&noted("x")).await?;
                call.finish().await.map(drop)
            }
            _ => {
                let (mut notes, mut replies) = client.bidi(request).await?;
                notes.send(&noted("x")).await?;
                notes.close();
                while replies.recv().await?.is_some() {}
                Ok(())
            }
        }
    };
    tokio::time::timeout(timeout + Duration::from_secs(1), call).await.expect("the call ends in time")
}

fn end(choice: u8) -> End {
    [End::Wait, End::Wait, End::Close, End::Vanish][usize::from(choice & 3)]
}

/// What either side says first, with the answer to what the other side says first.
fn greeting() -> BytesMut {
    let mut bytes = BytesMut::new();
    for frame in [Frame::settings(&[(setting::MAX_CONCURRENT_STREAMS, 100)]), Frame::settings_ack()] {
        frame.encode(&mut bytes);
    }
    bytes
}

/// What a fuzzer of servers may begin with: a whole call.
pub fn sample_request() -> Vec<u8> {
    let head = encode(&request(UNARY, &[]));
    sample(&[Frame::new(kind::HEADERS, flag::END_HEADERS, 1, head), Frame::data(1, note("note"), flag::END_STREAM)])
}

/// What a fuzzer of clients may begin with: a whole answer.
pub fn sample_answer() -> Vec<u8> {
    let head = encode(&[(":status", "200"), ("content-type", "application/grpc")]);
    let trailers = encode(&[("grpc-status", "0")]);
    sample(&[
        Frame::new(kind::HEADERS, flag::END_HEADERS, 1, head),
        Frame::data(1, note("note"), 0),
        Frame::new(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, trailers),
    ])
}

/// Frames behind a first byte that wants a greeting before them.
fn sample(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = BytesMut::from(&[0][..]);
    frames.iter().for_each(|frame| frame.encode(&mut bytes));
    bytes.to_vec()
}

/// Runs to the end on a clock that goes on by itself when there is nothing to do.
fn in_no_time(attack: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime starts");
    runtime.block_on(attack);
}
