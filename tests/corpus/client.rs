//! A client under attack, and what it may tell its caller.

use crate::scenario::{HANGS, Kind, PATIENCE, Scenario, Told};
use puregrpc::Code;
use puregrpc_support::{End, RawServer, attack_client};
use std::time::Duration;

/// Answers a call with these bytes, the first `greeting` of them before it is made; gives what its caller was told.
pub(crate) async fn attack(scenario: &Scenario, bytes: &[u8], greeting: usize, end: End) -> Result<Told, String> {
    let mut server = RawServer::new();
    let client = server.client();
    let (greeting, rest) = bytes.split_at(greeting.min(bytes.len()));
    let attacked = async {
        let pipe = server.accept_pipe().await;
        // Nobody answers another connection.
        drop(server);
        attack_client(pipe, greeting, rest, end).await
    };
    let called = async {
        let told = scenario.perform(&client, PATIENCE).await;
        drop(client);
        told
    };
    let (seen, told) = tokio::join!(attacked, called);
    seen?;
    lawful(scenario, &told)?;
    Ok(told)
}

/// Answers a call with these bytes, and then another call of the same channel well, on a connection of its own.
pub(crate) async fn check_recovery(scenario: &Scenario, bytes: &[u8], greeting: usize) -> Result<(), String> {
    let mut server = RawServer::new();
    let client = server.client();
    let (greeting, rest) = bytes.split_at(greeting.min(bytes.len()));
    let pipe = async { attack_client(server.accept_pipe().await, greeting, rest, End::Close).await };
    let (seen, _) = tokio::join!(pipe, scenario.perform(&client, PATIENCE));
    seen?;
    // Whatever pause the failure has earned is over.
    tokio::time::advance(Duration::from_secs(200)).await;
    let good = Scenario::echo(Kind::Unary, &[b"alive"]);
    let answer = async {
        loop {
            // Other connections of the call that was attacked may still wait to be accepted.
            let mut peer = server.accept().await;
            if let Ok(stream) = tokio::time::timeout(PATIENCE / 4, peer.accept()).await {
                peer.reply(stream, b"alive").await;
                peer.settle().await;
                break;
            }
        }
    };
    let (told, ()) = tokio::join!(good.perform(&client, PATIENCE), answer);
    if told.code == Code::Ok && told.notes == ["alive"] { Ok(()) } else { Err(format!("a good call: {told:?}")) }
}

/// What holds of every call, whatever its answer.
fn lawful(scenario: &Scenario, told: &Told) -> Result<(), String> {
    if told.message == HANGS {
        return Err(HANGS.to_owned());
    }
    if scenario.kind.gives_one() && told.code == Code::Ok && told.notes.len() != 1 {
        return Err(format!("a call with one answer succeeds: {told:?}"));
    }
    Ok(())
}
