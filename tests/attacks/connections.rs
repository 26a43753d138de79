//! Connections, more than anybody needs.

use std::fs;

use puregrpc_support::RawPeer;

use crate::stage::Stage;

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

/// Those who are served stay so, and when the attacker goes the next one is served, too.
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
