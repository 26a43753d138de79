//! What the server keeps of the system's memory.

use std::time::Duration;

use puregrpc::examples::proto::routeguide::{Point, RouteGuideClient, RouteSummary};
use puregrpc::{Channel, ClientStreaming, Request};
use tokio::runtime;

use crate::process::Served;

/// Calls that held much, in small pieces, are over: what the allocator has kept of it goes back to the system.
#[test]
fn an_idle_server_returns_freed_memory() {
    let log = [("RUST_LOG", "puregrpc::serve::trim=debug")];
    let mut served = Served::start_with(&log, "127.0.0.1:0", &["--trim-interval", "100ms"]);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let open = runtime.block_on(open_calls(&served.url()));
    // The connections close with their runtime.
    drop((open, runtime));
    let kept = served.kill_after(Duration::from_secs(60));
    let mut peak = 0;
    loop {
        let line = served.log_line("returned freed memory");
        peak = peak.max(number(&line, "before="));
        if number(&line, "after=") < peak / 4 {
            break;
        }
    }
    drop(kept);
    assert!(peak > 64 << 20, "{peak} bytes");
}

/// Calls whose headers the server keeps, since their requests go on.
async fn open_calls(url: &str) -> Vec<ClientStreaming<Point, RouteSummary>> {
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        let client = RouteGuideClient::new(Channel::connect(url).await.unwrap());
        for _ in 0..CALLS {
            let mut request = Request::new(());
            for field in 0..FIELDS {
                request.metadata_mut().insert(&format!("field-{field}"), format!("{field:0>40}")).unwrap();
            }
            open.push(client.record_route(request).await.unwrap());
        }
    }
    open
}

/// The number behind a name in a line of the log.
fn number(line: &str, name: &str) -> u64 {
    let digits = line.split_once(name).unwrap().1;
    digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap()
}

const CONNECTIONS: usize = 4;
const CALLS: usize = 800;
const FIELDS: usize = 100;
