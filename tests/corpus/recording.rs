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

impl Recording {
    /// Whether the answer is that of another kind of server, which has a status of its own at every cut.
    pub(crate) fn is_foreign(&self) -> bool {
        self.responses.windows(5).any(|word| word == b"text/")
    }
}

/// Makes every call of [`scenarios`] over a connection of its own.
pub(crate) async fn record_all() -> Vec<Recording> {
    let mut recordings = Vec::new();
    for (number, scenario) in scenarios().into_iter().enumerate() {
        recordings.push(record(number, scenario).await);
    }
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

/// A hundred calls: all kinds, with messages of all lengths and ends of all sorts.
fn scenarios() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for kind in Kind::ALL {
        let plain = Scenario::echo(kind, &[b"note"]);
        for length in [0, 1, 2, 5, 125, 126, 127, 128, 300, 1_000, 3_000] {
            let note: Vec<u8> = (0..length).map(|n| n as u8).collect();
            scenarios.push(Scenario::echo(kind, &[&note]));
        }
        for count in [0, 2, 3, 20] {
            scenarios.push(Scenario::echo(kind, &vec![&b"several"[..]; count]));
        }
        for handler in [Handler::Decorate, Handler::Fail, Handler::Refuse] {
            scenarios.push(Scenario { handler, ..plain.clone() });
            scenarios.push(Scenario { handler, metadata: true, timeout: Some(PATIENCE / 3), ..plain.clone() });
        }
        let timeout = Some(Duration::from_millis(1_500));
        scenarios.push(Scenario { handler: Handler::Hang, timeout, ..plain.clone() });
        scenarios.push(Scenario { cancel: true, ..plain.clone() });
        scenarios.push(Scenario { cancel: true, handler: Handler::Hang, timeout, ..plain.clone() });
        scenarios.push(Scenario { metadata: true, ..plain });
        let long = Scenario::echo(kind, &[&b"more than once, ".repeat(100)]);
        scenarios.push(Scenario { handler: Handler::Compress, ..long.clone() });
        scenarios.push(long);
    }
    // One that takes more than a frame, each way.
    scenarios.push(Scenario::echo(Kind::Unary, &[&[7; 17_000]]));
    scenarios
}
