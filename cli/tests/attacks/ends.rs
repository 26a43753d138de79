//! Ends of calls, connections and servers, at the worst of times.

use puregrpc_support::{Frame, error, message};

use crate::attacker::{CHAT, GREET, RECORD};
use crate::stage::Stage;

/// C13, M12: of a message that was cut off nothing stays behind.
#[tokio::test]
async fn reset_inside_a_message_leaves_nothing_behind() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    for stream in (0..500).map(|number| 2 * number + 1) {
        let half = &message([0; 10_000])[..5_000];
        let path = if stream % 4 == 1 { GREET } else { RECORD };
        let frames = [Frame::request(stream, path), Frame::data(stream, half, 0), Frame::reset(stream, error::CANCEL)];
        attacker.send_frames(&frames).await;
    }
    attacker.send_frames(&[Frame::request(9_999, GREET), Frame::data(9_999, [0; 5], 1)]).await;
    assert!(attacker.until(|seen| seen.ends == 1).await, "{attacker:?}");
    stage.close("reset inside a message", &attacker);
    assert!(!attacker.is_cut());
}

/// A client that goes away may still finish what it has begun.
#[tokio::test]
async fn calls_behind_the_goaway_of_a_client_are_served_to_their_end() {
    let stage = Stage::open().await;
    let mut attacker = stage.attacker().await;
    let begin = (0..100).map(|number| Frame::request(2 * number + 1, GREET));
    let end = (0..100).map(|number| Frame::data(2 * number + 1, [0; 5], 1));
    let goaway = std::iter::once(Frame::goaway(0, error::NO_ERROR, ""));
    attacker.send_frames(&begin.chain(goaway).chain(end).collect::<Vec<_>>()).await;
    assert!(attacker.until(|seen| seen.ends == 100).await, "{attacker:?}");
    attacker.closed().await;
    stage.close("GOAWAY before the bodies", &attacker);
}

/// A hundred peers that answer no PING, half of them with a call that never ends.
#[tokio::test]
async fn peers_that_never_answer_cannot_keep_a_server_from_its_end() {
    let arguments = ["--drain-delay", "0s", "--drain-timeout", "1s"];
    let stage = Stage::open_with(&arguments).await;
    let mut held = Vec::new();
    for number in 0..100 {
        let mut attacker = stage.attacker().await;
        if number % 2 == 0 {
            attacker.send_frames(&[Frame::request(1, CHAT)]).await;
        }
        held.push(attacker);
    }
    let cost = stage.measure();
    let ended_after = stage.end();
    let sent = format!("{} connections", held.len());
    cost.print("shutdown with silent peers", &sent, "the server ends", Some(ended_after));
    assert!(ended_after.as_secs() < 10);
}
