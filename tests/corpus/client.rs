//! A client under attack, and what it may tell its caller.

use crate::scenario::{HANGS, Kind, PATIENCE, Scenario, Told};
use puregrpc::Code;
use puregrpc_support::{End, RawServer, WireClient, attack_client};
use std::{pin::pin, time::Duration};
use tokio::{join, select, time::advance};

/// Answers a call with these bytes, the first `greeting` of them before it is made, and then another call of the same
/// channel well; gives what the caller of the first was told.
pub(crate) async fn attack(scenario: &Scenario, bytes: &[u8], greeting: usize, end: End) -> Result<Told, String> {
    let mut server = RawServer::new();
    let client = server.client();
    let (greeting, rest) = bytes.split_at(greeting.min(bytes.len()));
    let told = {
        let mut called = pin!(scenario.perform(&client, PATIENCE));
        let pipe = select! {
            biased;
            pipe = server.accept_pipe() => pipe,
            told = &mut called => return Err(format!("nothing is connected: {told:?}")),
        };
        let both = async { join!(attack_client(pipe, greeting, rest, end), called) };
        // The call finds no other server.
        let (seen, told) =
            select! { biased; both = both => both, () = server.turn_away() => unreachable!("it goes on") };
        seen?;
        told
    };
    lawful(scenario, &told)?;
    check_recovery(&mut server, &client).await.map(|()| told)
}

/// Makes a good call, which takes a connection of its own.
async fn check_recovery(server: &mut RawServer, client: &WireClient) -> Result<(), String> {
    // Whatever pause the failure has earned is over.
    advance(Duration::from_secs(200)).await;
    let good = Scenario::echo(Kind::Unary, &[b"alive"]);
    let answer = async {
        let mut peer = server.accept().await;
        let stream = peer.accept().await;
        peer.reply(stream, b"alive").await;
        peer.settle().await;
    };
    let (told, ()) = join!(good.perform(client, PATIENCE), answer);
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
