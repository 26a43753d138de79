//! Connections, more than anybody needs.

use std::collections::VecDeque;
use std::fs;

use puregrpc_support::{END, RawPeer};

use crate::attacker::GREET;
use crate::stage::Stage;
use crate::watch::Watch;

#[tokio::test]
async fn many_idle_connections_cost_little() {
    let stage = Stage::open().await;
    let before = stage.server.memory().0;
    let mut held = Vec::new();
    for _ in 0..count() {
        let mut attacker = stage.attacker().await;
        attacker.frames = 0;
        held.push(attacker);
    }
    let each = (stage.server.memory().0 - before) / held.len() as u64;
    let outcome = format!("{} KiB each", each / 1024);
    stage.report("idle connections", &format!("{} connections", held.len()), &outcome, None);
    assert!(each < 64 << 10, "{outcome}");
}

/// As many as this process may have descriptors for.
fn count() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let own: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap_or(usize::MAX);
    own.saturating_sub(200).min(2_000)
}

#[tokio::test]
async fn connections_of_one_address_are_bounded_and_others_are_served() {
    let stage = Stage::open_with(&["--max-connections-per-ip", "20"]).await;
    let (mut held, mut refused) = (Vec::new(), 0);
    for _ in 0..100 {
        let mut attacker = stage.stranger_over(stage.connect_from(2).await);
        refused += usize::from(!attacker.try_greet().await);
        held.push(attacker);
    }
    RawPeer::client(stage.connect_from(3).await).await.assert_alive().await;
    stage.report("connections of one address", "100 connections", &format!("{refused} refused"), None);
    assert_eq!(refused, 80);
}

#[tokio::test]
async fn connections_in_all_are_bounded_and_those_that_are_open_are_served() {
    let stage = Stage::open_with(&["--max-connections", "50"]).await;
    let (mut held, mut refused) = (Vec::new(), 0);
    for _ in 0..100 {
        let mut attacker = stage.stranger().await;
        refused += usize::from(!attacker.try_greet().await);
        held.push(attacker);
    }
    stage.report("connections in all", "100 connections", &format!("{refused} refused"), None);
    assert_eq!(refused, 51, "the other client has one, too");
}

/// Connections that never make a call keep others out for some seconds only.
#[tokio::test]
async fn idle_connections_without_calls_make_room() {
    let stage = Stage::open_with(&["--max-connections", "50"]).await;
    let mut held = Vec::new();
    for _ in 0..49 {
        held.push(stage.attacker().await);
    }
    let mut refused = 0;
    while !stage.stranger().await.try_greet().await {
        refused += 1;
        stage.pass();
    }
    let outcome = format!("one more is served after {refused} attempts");
    stage.report("connections without calls", "49 connections", &outcome, None);
    assert!(refused > 0, "{outcome}");
}

/// By default connections leave some descriptors to the program. Those who are served stay so, and when the attacker
/// goes the next one is served, too.
#[tokio::test]
async fn lack_of_descriptors_ends_nothing() {
    let stage = Stage::open_as(&[], &[("DESCRIPTORS", "64")]).await;
    let quiet = stage.server.descriptors();
    let mut held = Vec::new();
    for _ in 0..200 {
        held.push(stage.connect().await);
    }
    let cost = stage.measure();
    let open = stage.server.descriptors();
    drop(held);
    stage.settle(quiet);
    stage.peer().await.assert_alive().await;
    cost.print("connections beyond the descriptors", "200 connections", &format!("{open} descriptors in use"), None);
}

/// A server that is told to take more than it has descriptors for comes to accept(2) without one: it says so, waits
/// without any work, serves those that it has, and takes the others as there is room.
#[tokio::test]
async fn a_server_without_any_descriptor_left_serves_on() {
    let arguments = ["--max-connections", "10000", "--handshake-timeout", "10m"];
    let stage = Stage::open_as(&arguments, &[("DESCRIPTORS", "64")]).await;
    let quiet = stage.server.descriptors();
    let mut old = stage.peer().await;
    old.request(1, GREET, &[]).await;
    old.settle().await;
    let mut held = VecDeque::new();
    for _ in 0..150 {
        held.push_back(stage.socket(1).await);
    }
    stage.logs("cannot accept connections for now");
    stage.logs("(os error 24)");

    let watch = Watch::start(stage.server.id());
    let cost = stage.measure();
    let share = watch.read().share();
    assert!(share < cost.spans[0].share() + 25.0, "{share} % of a core without descriptors: {cost}");
    old.send_data(1, &[0; 5], END).await;
    assert_eq!(old.answer(1).await.status(), 0);

    // Each that goes makes room for one that waits, and behind that there is none again.
    for _ in 0..300 {
        held.pop_front();
        held.push_back(stage.socket(1).await);
        stage.pass();
    }
    drop(held);
    stage.settle(quiet + 1);
    stage.peer().await.assert_alive().await;
    old.assert_alive().await;
    stage.report("connections without descriptors", "450 connections", "served on", None);
}
