//! Exchanges between our own client and our own server, as they pass on the wire.

use crate::scenario::{Handler, Kind, PATIENCE, Scenario, serve};
use puregrpc::{Channel, Listener, in_process};
use puregrpc_support::{PREFACE, WireClient};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    select,
};

/// What passed on one connection.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    pub(crate) name: String,
    /// The call that was made, or that is to be made where the answers are written by hand.
    pub(crate) scenario: Scenario,
    /// All that the client has sent, preface first.
    pub(crate) requests: Vec<u8>,
    /// All that the server has sent.
    pub(crate) responses: Vec<u8>,
    /// How much of it came before the first request.
    pub(crate) greeting: usize,
}

/// Makes every call of [`scenarios`] over a connection of its own; no two are alike.
pub(crate) async fn record_all() -> Vec<Recording> {
    let mut recordings = Vec::new();
    for (number, scenario) in scenarios().into_iter().enumerate() {
        recordings.push(record(number, scenario).await);
    }
    let mut distinct: Vec<_> = recordings.iter().map(|one| (&one.requests, &one.responses)).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), recordings.len());
    recordings
}

async fn record(number: usize, scenario: Scenario) -> Recording {
    let server = serve();
    let (mut listener, connector) = in_process();
    let client = WireClient::new(Channel::in_process(connector));
    let tap = async {
        let (near, _) = listener.accept().await.unwrap().unwrap();
        pass(near, server.connect().await).await
    };
    let call = async {
        scenario.perform(&client, PATIENCE).await;
        // What the server still says is part of the exchange.
        tokio::time::advance(Duration::from_millis(1)).await;
        drop(client);
    };
    let ((requests, responses, greeting), ()) = tokio::join!(tap, call);
    let has_gzip = |bytes: &[u8]| bytes.windows(3).any(|start| start == [0x1f, 0x8b, 8]);
    let is_compressed = cfg!(feature = "gzip") && scenario.handler == Handler::Compress;
    assert_eq!((has_gzip(&requests), has_gzip(&responses)), (is_compressed, is_compressed), "{scenario:?}");
    let name = format!("recorded {number} ({:?}, {:?})", scenario.kind, scenario.handler);
    Recording { name, scenario, requests, responses, greeting }
}

/// Passes bytes both ways until the client ends.
async fn pass(mut near: DuplexStream, mut far: DuplexStream) -> (Vec<u8>, Vec<u8>, usize) {
    let (mut requests, mut responses, mut greeting) = (Vec::new(), Vec::new(), 0);
    let (mut out, mut back) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        select! {
            biased;
            read = near.read(&mut out) => {
                let Ok(count @ 1..) = read else { break };
                if requests.len() <= PREFACE.len() + GREETING {
                    greeting = responses.len();
                }
                requests.extend_from_slice(&out[..count]);
                let _ = far.write_all(&out[..count]).await;
            }
            read = far.read(&mut back) => {
                let Ok(count @ 1..) = read else { break };
                responses.extend_from_slice(&back[..count]);
                let _ = near.write_all(&back[..count]).await;
            }
        }
    }
    (requests, responses, greeting)
}

/// More than the client says before its first request.
const GREETING: usize = 80;

/// More than two hundred calls: all kinds, with messages of all lengths and ends of all sorts.
fn scenarios() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for kind in Kind::ALL {
        let plain = Scenario::echo(kind, &[b"note"]);
        for length in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 125, 126, 127, 128, 144, 300, 1_000, 3_000] {
            let note: Vec<u8> = (0..length).map(|n| n as u8).collect();
            scenarios.push(Scenario::echo(kind, &[&note]));
        }
        for count in if kind.takes_one() { 1..2 } else { 2..6 } {
            scenarios.push(Scenario::echo(kind, &vec![&b"several"[..]; count]));
        }
        if !kind.takes_one() {
            scenarios.push(Scenario::echo(kind, &vec![&b"many"[..]; 20]));
            scenarios.push(Scenario::echo(kind, &[]));
        }
        for (number, handler) in
            [Handler::Echo, Handler::Decorate, Handler::Fail, Handler::Refuse].into_iter().enumerate()
        {
            let timeout = Some(PATIENCE / (number as u32 + 3));
            let call = Scenario { handler, ..plain.clone() };
            scenarios.push(Scenario { timeout, ..call.clone() });
            scenarios.push(Scenario { metadata: true, ..call.clone() });
            scenarios.push(Scenario { metadata: true, timeout, ..call.clone() });
            scenarios.push(Scenario { notes: Scenario::echo(kind, &[&[7; 40]]).notes, ..call.clone() });
            scenarios.push(Scenario { notes: Scenario::echo(kind, &[&[8; 20]]).notes, metadata: true, ..call.clone() });
            if handler != Handler::Echo {
                scenarios.push(Scenario { notes: Scenario::echo(kind, &[b""]).notes, ..call.clone() });
                scenarios.push(call);
            }
        }
        let timeout = Some(Duration::from_millis(1_500));
        scenarios.push(Scenario { handler: Handler::Hang, timeout, ..plain.clone() });
        if kind != Kind::Unary {
            scenarios.push(Scenario { cancel: true, ..plain.clone() });
            scenarios.push(Scenario { cancel: true, handler: Handler::Hang, timeout, ..plain });
        }
        let long = Scenario::echo(kind, &[&b"more than once, ".repeat(100)]);
        scenarios.push(Scenario { handler: Handler::Compress, ..long.clone() });
        scenarios.push(long);
    }
    // One that takes more than a frame, each way.
    scenarios.push(Scenario::echo(Kind::Unary, &[&[7; 17_000]]));
    scenarios
}
