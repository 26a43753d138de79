//! What a server keeps resident.

use std::env;

use fastrand::Rng;

use crate::attacker::Attacker;
use crate::load::{Headers, Kind, Load, Method};
use crate::process::Process;

/// Puts loads on a server, one after the other, and asserts what it has kept resident at most.
async fn bear(limit: usize, loads: &[Load]) {
    bear_in(Order::Calls, limit, loads).await;
}

/// What a load sends first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Each call whole, one after the other.
    Calls,
    /// The headers of all calls of all connections, and then what follows them.
    Headers,
}

async fn bear_in(order: Order, limit: usize, loads: &[Load]) {
    let server = Process::server(limit);
    let (begin, _) = server.memory();
    for load in loads {
        let mut attackers = Vec::new();
        for _ in 0..load.connections {
            attackers.push(Attacker::connect(server.address).await);
        }
        for attacker in &mut attackers {
            match order {
                Order::Calls => attacker.attack(load).await,
                Order::Headers => attacker.begin(load).await,
            }
        }
        if order == Order::Headers {
            for attacker in &mut attackers {
                attacker.fill(load).await;
            }
        }
        let open: usize = attackers.iter().map(Attacker::open).sum();
        let (now, most) = server.memory();
        let [now, grown] = [now, most].map(|bytes| bytes.saturating_sub(begin));
        println!("memory: {} MiB, at most {} MiB of {} MiB, {open} calls: {load:?}", mib(now), mib(grown), mib(limit));
        assert!(grown <= limit + CONSTANT, "{} MiB with a limit of {} MiB: {load:?}", mib(grown), mib(limit));
    }
}

/// Many fields of headers, each one byte on the wire, held by as many calls as may be open.
#[tokio::test]
async fn header_fields_stay_within_the_limit() {
    let plain = Load {
        connections: 4,
        calls: 600,
        headers: Headers::Plain,
        message: Kind::Empty,
        method: Method::Half,
        size: 10,
        count: 1,
    };
    for headers in [Headers::Indexed(15_900), Headers::Names(15_900), Headers::Large(15_000)] {
        bear(LIMIT, &[Load { headers, ..plain.clone() }]).await;
    }
}

/// Messages that are small on the wire and large in memory, held by as many calls as may be open.
#[tokio::test]
async fn small_messages_stay_within_the_limit() {
    for message in Kind::ALL {
        for size in [64, 4_088] {
            for method in [Method::Hold, Method::Stream] {
                let load =
                    Load { connections: 2, calls: 250, headers: Headers::Plain, message, method, size, count: 1 };
                bear(LIMIT, &[load]).await;
            }
        }
    }
}

/// What no handler reads, on so many connections that the windows of all of them together are far larger than the limit.
#[tokio::test]
async fn unread_bytes_of_many_connections_stay_within_the_limit() {
    for (connections, size, count) in [(60, 60_000, 8), (100, 1_000, 400)] {
        let (headers, message, method) = (Headers::Plain, Kind::Bytes, Method::Unread);
        let load = Load { connections, calls: 20, headers, message, method, size, count };
        bear_in(Order::Headers, LIMIT, &[load]).await;
    }
}

/// Any shape of any size, any number of times: `PUREGRPC_RESIDENT` says how many loads.
#[tokio::test]
async fn any_load_stays_within_the_limit() {
    let loads = env::var("PUREGRPC_RESIDENT").map_or(6, |loads| loads.parse().unwrap());
    let seed = env::var("PUREGRPC_RESIDENT_SEED").map_or(1, |seed| seed.parse().unwrap());
    for number in 0..loads / 3 {
        println!("memory: seed {}", seed + number);
        let mut dice = Rng::with_seed(seed + number);
        let loads: Vec<_> = std::iter::repeat_with(|| Load::any(&mut dice)).take(3).collect();
        bear(LIMIT, &loads).await;
    }
}

pub(crate) fn mib(bytes: usize) -> usize {
    bytes >> 20
}

/// The limit of memory of servers and clients.
pub(crate) const LIMIT: usize = 32 << 20;

/// What a process may hold beside what its limit counts: what one turn of a connection takes before it is
/// counted, buffers of connections, and what the allocator keeps of what was given back.
pub(crate) const CONSTANT: usize = 64 << 20;
