//! Many large calls at once (R21).

use futures_util::future::join_all;
use puregrpc::{Channel, Server, Status};
use puregrpc_support::{Running, Script, WireClient, noted};
use std::{future, time::Duration};
use tokio::{net::TcpListener, time::sleep};

/// What a client sends in one message.
const UP: usize = 300_000;

/// What a server sends in one message.
const DOWN: usize = 314_000;

/// Answers at once, or after a second in which the handlers hold their requests.
fn script(pause: Duration) -> Script {
    Script::echo()
        .unary(move |request| {
            Box::pin(async move {
                sleep(pause).await;
                drop(request);
                Ok(noted([1; DOWN]).into())
            })
        })
        .server_stream(move |_, replies| {
            Box::pin(async move {
                sleep(pause).await;
                for _ in 0..3 {
                    replies.send(&noted([1; DOWN])).await?;
                }
                Ok(())
            })
        })
        .client_stream(move |requests| {
            Box::pin(async move {
                let mut count = 0;
                while let Some(note) = requests.recv().await? {
                    sleep(pause).await;
                    count += note.value.len();
                }
                assert_eq!(count, 3 * UP);
                Ok(noted([1; DOWN]).into())
            })
        })
}

async fn unary(client: &WireClient) -> Result<usize, Status> {
    Ok(client.unary(noted([7; UP])).await?.value.len())
}

async fn small(client: &WireClient) -> Result<usize, Status> {
    Ok(client.unary(noted("x")).await?.value.len())
}

async fn server_stream(client: &WireClient) -> Result<usize, Status> {
    let mut answers = client.server_stream(noted([7; UP])).await?;
    let mut count = 0;
    while let Some(answer) = answers.recv().await? {
        count += answer.value.len();
    }
    Ok(count)
}

async fn client_stream(client: &WireClient) -> Result<usize, Status> {
    let mut call = client.client_stream(()).await?;
    for _ in 0..3 {
        call.send(&noted([7; UP])).await?;
    }
    Ok(call.finish().await?.value.len())
}

/// What goes wrong of a thousand calls at once.
async fn faults<'a, F: Future<Output = Result<usize, Status>>>(
    client: &'a WireClient,
    call: impl Fn(&'a WireClient) -> F,
    expected: usize,
) -> Vec<Result<usize, Status>> {
    let ended = join_all((0..1_000).map(|_| call(client))).await;
    ended.into_iter().filter(|end| !matches!(end, Ok(count) if *count == expected)).collect()
}

/// R21: a thousand large calls at once, each way, with all limits as they are.
#[tokio::test(start_paused = true)]
async fn a_thousand_large_calls_at_once_end_well() {
    for pause in [Duration::ZERO, Duration::from_secs(1)] {
        let running = Running::exactly(Server::new().add(script(pause)));
        let faults = faults(&running.client(), unary, DOWN).await;
        assert!(faults.is_empty(), "{pause:?}: {} of 1,000: {:?}", faults.len(), faults[0]);
    }
}

/// R21: so do calls that stream large answers.
#[tokio::test(start_paused = true)]
async fn a_thousand_streams_of_large_answers_at_once_end_well() {
    let running = Running::exactly(Server::new().add(script(Duration::from_secs(1))));
    let faults = faults(&running.client(), server_stream, 3 * DOWN).await;
    assert!(faults.is_empty(), "{} of 1,000: {:?}", faults.len(), faults[0]);
}

/// R21: so do calls that stream large requests.
#[tokio::test(start_paused = true)]
async fn a_thousand_streams_of_large_requests_at_once_end_well() {
    let running = Running::exactly(Server::new().add(script(Duration::from_secs(1))));
    let faults = faults(&running.client(), client_stream, DOWN).await;
    assert!(faults.is_empty(), "{} of 1,000: {:?}", faults.len(), faults[0]);
}

/// R21: so do calls over a socket.
#[tokio::test]
async fn a_thousand_large_calls_at_once_over_tcp_end_well() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::new().add(script(Duration::ZERO)).serve(listener, future::pending::<()>()));
    let client = WireClient::new(Channel::lazy(address.to_string()).unwrap());
    let faults = faults(&client, unary, DOWN).await;
    assert!(faults.is_empty(), "{} of 1,000: {:?}", faults.len(), faults[0]);
}

/// R21: answers that need more memory together than a connection has wait for each other.
#[tokio::test(start_paused = true)]
async fn a_thousand_larger_answers_at_once_end_well() {
    let larger = Script::echo().unary(|_| {
        Box::pin(async {
            sleep(Duration::from_secs(1)).await;
            Ok(noted([1; 2 * DOWN]).into())
        })
    });
    let running = Running::exactly(Server::new().add(larger));
    let faults = faults(&running.client(), small, 2 * DOWN).await;
    assert!(faults.is_empty(), "{} of 1,000: {:?}", faults.len(), faults[0]);
}
