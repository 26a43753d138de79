//! Many calls on many threads over one connection.

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, ClientStreaming, Code, Receiver, Response, Server, Status};

use crate::service::{CHAT, COLLECT, EXPAND, UNARY, bytes, serve};

async fn unary(channel: &Channel, size: usize) -> Result<usize, Status> {
    let answer: Response<BytesValue> = channel.unary(UNARY, bytes(vec![7; size]).into()).await?;
    Ok(answer.value.len())
}

async fn expand(channel: &Channel, size: usize) -> Result<usize, Status> {
    let mut answers: Receiver<BytesValue> = channel.server_streaming(EXPAND, bytes(vec![7; size]).into()).await?;
    let mut count = 0;
    while answers.recv().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

async fn collect(channel: &Channel, size: usize) -> Result<usize, Status> {
    let mut call: ClientStreaming<BytesValue, BytesValue> = channel.client_streaming(COLLECT, ().into()).await?;
    for part in 0..size / 100 {
        call.send(&bytes(vec![part as u8; 100])).await?;
    }
    call.send(&bytes(vec![7; size % 100])).await?;
    Ok(call.finish().await?.value.len())
}

async fn chat(channel: &Channel, size: usize) -> Result<usize, Status> {
    let (mut sender, mut receiver) = channel.bidi_streaming::<BytesValue, BytesValue>(CHAT, ().into()).await?;
    let mut all = 0;
    for part in [1, 2, 3, size - 6] {
        sender.send(&bytes(vec![7; part])).await?;
        all += receiver.recv().await?.map_or(0, |message| message.value.len());
    }
    sender.close();
    receiver.recv().await?.map_or(Ok(all), |_| Err(Status::internal("too many")))
}

/// Every kind of call, a third of them dropped on their way, with fewer streams than callers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_on_many_threads_all_end() {
    // The handlers of dropped calls may still run when the next calls come: those are not to be refused.
    let server = serve(Server::new().max_concurrent_streams(10).max_handlers_per_connection(1000));
    let channel = Channel::in_process(server.connector.clone());
    let callers: Vec<_> = (0..16_u64).map(|seed| tokio::spawn(call_often(channel.clone(), seed))).collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(unary(&channel, 5).await.unwrap(), 5);
}

async fn call_often(channel: Channel, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..50 {
        let size = [10, 1000, 20_000, 100_000][random.usize(..4)];
        let kind = random.usize(..4);
        let dropped_after = (random.u8(..3) == 0).then(|| random.u32(..200));
        let call = async {
            match kind {
                0 => unary(&channel, size).await,
                1 => expand(&channel, size / 10).await.map(|count| count * 10),
                2 => collect(&channel, size).await,
                _ => chat(&channel, size).await,
            }
        };
        tokio::select! {
            result = call => match result {
                Ok(count) => assert_eq!(count, size, "kind {kind}"),
                Err(status) => panic!("kind {kind}, {size} bytes: {status}"),
            },
            () = yields(dropped_after) => {}
        }
    }
}

/// Waits for other tasks so many times, or for ever.
async fn yields(count: Option<u32>) {
    let Some(count) = count else {
        return std::future::pending().await;
    };
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// A server that stops takes no call with it that could not be made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_after_the_server_has_stopped_are_unavailable() {
    let server = serve(Server::new());
    let channel = Channel::in_process(server.connector.clone());
    unary(&channel, 5).await.unwrap();
    drop(server);
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let channel = channel.clone();
            tokio::spawn(async move {
                while unary(&channel, 5).await.map_err(|status| status.code()) != Err(Code::Unavailable) {}
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

/// Answers that are more than a connection holds unwritten wait for one another, and all come.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn large_answers_on_many_threads_all_come() {
    let server = serve(Server::new());
    let channel = Channel::in_process(server.connector.clone());
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let channel = channel.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    assert_eq!(unary(&channel, 150_000).await.unwrap(), 150_000);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}
