//! What a client keeps resident.

use tokio::net::TcpListener;

use crate::attacker::Attacker;
use crate::load::{Headers, Kind, Load, Method};
use crate::process::Process;
use crate::server::{CONSTANT, LIMIT, mib};

/// Calls of each kind that a client makes.
pub(crate) const CALLS: usize = 400;

/// Answers the calls of a client like this, and asserts what it has kept resident at most.
async fn bear(headers: Headers, message: Kind, method: Method, size: usize) {
    bear_many(headers, message, method, size, 1).await;
}

/// The same with `count` messages in each answer.
async fn bear_many(headers: Headers, message: Kind, method: Method, size: usize, count: usize) {
    let load = Load { connections: 1, calls: 0, headers, message, method, size, count };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Process::client(listener.local_addr().unwrap(), LIMIT);
    let mut attacker = Attacker::accept(&listener).await;
    let (begin, _) = client.memory();
    attacker.answer(&load, 2 * CALLS).await;
    let (now, most) = client.memory();
    let [now, grown] = [now, most].map(|bytes| bytes.saturating_sub(begin));
    let open = attacker.open();
    println!(
        "memory: client: {} MiB, at most {} MiB of {} MiB, {open} calls: {load:?}",
        mib(now),
        mib(grown),
        mib(LIMIT)
    );
    assert!(grown <= LIMIT + CONSTANT, "{} MiB with a limit of {} MiB: {load:?}", mib(grown), mib(LIMIT));
}

/// Headers of answers that wait for what follows.
#[tokio::test]
async fn header_fields_of_answers_stay_within_the_limit() {
    for headers in [Headers::Indexed(32_000), Headers::Names(32_000), Headers::Large(31_000)] {
        bear(headers, Kind::Empty, Method::Half, 10).await;
    }
}

/// Answers that wait for their trailers, or for their other half.
#[tokio::test]
async fn answers_stay_within_the_limit() {
    for (message, method, size) in
        [(Kind::Files, Method::Hold, 4_088), (Kind::Files, Method::Half, 300_000), (Kind::Bytes, Method::Half, 300_000)]
    {
        bear(Headers::Plain, message, method, size).await;
    }
}

/// Answers that their readers do not take, beyond the first of each.
#[tokio::test]
async fn unread_answers_stay_within_the_limit() {
    for (size, count) in [(60_000, 8), (1_000, 400)] {
        bear_many(Headers::Plain, Kind::Bytes, Method::Hold, size, count).await;
    }
}
