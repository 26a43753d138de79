//! A server that is restarted under load loses no call, and makes none twice.

use puregrpc::{
    Channel, Code, DrainReport, Error, InProcessListener, Listener, Peer, Receiver, Server, Status, in_process,
    protobuf::well_known_types::wrappers::BytesValue,
};
use puregrpc_support::{Script, WireClient, noted};
use std::{collections::BTreeMap, future::Future, io, sync::Arc};
use tokio::{
    io::DuplexStream,
    sync::{Mutex as Turn, oneshot, watch},
    task::{JoinHandle, JoinSet, yield_now},
};

/// R6, C13: what a server has not begun when it goes, its client makes anew with the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restarts_lose_no_call_and_make_none_twice() {
    let (begun, told) = restarted_under(|client, number| async move {
        let note = noted(number.to_string());
        let answer = if number % 3 > 0 {
            client.unary(note.clone()).await.map(|answer| answer.into_inner())
        } else {
            last(client.server_stream(note.clone()).await).await
        };
        assert!(answer.as_ref().is_ok_and(|answer| answer.value == note.value), "{answer:?}");
        true
    })
    .await;
    assert!(begun.values().all(|times| *times == 1), "more than once: {begun:?}");
    assert_eq!(begun.into_keys().collect::<Vec<_>>(), told);
}

/// The last answer of a stream that ends well.
async fn last(answers: Result<Receiver<BytesValue>, Status>) -> Result<BytesValue, Status> {
    let (mut answers, mut last) = (answers?, BytesValue::new());
    while let Some(answer) = answers.recv().await? {
        last = answer;
    }
    Ok(last)
}

/// R6: a stream that a server has begun comes to its end; one that it has not begun is UNAVAILABLE.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restarts_lose_no_stream_that_was_begun() {
    let (begun, told) = restarted_under(|client, number| async move {
        let ended = chat(&client, &number.to_string()).await;
        assert!(ended.as_ref().is_ok() || ended.as_ref().is_err_and(|status| status.code() == Code::Unavailable));
        ended.is_ok()
    })
    .await;
    assert!(begun.values().all(|times| *times == 1), "more than once: {begun:?}");
    assert_eq!(begun.into_keys().collect::<Vec<_>>(), told);
}

/// Says two things, one after the answer to the other.
async fn chat(client: &WireClient, number: &str) -> Result<(), Status> {
    let (mut notes, mut answers) = client.bidi(()).await?;
    for _ in 0..2 {
        notes.send(&noted(number)).await?;
        let answer = answers.recv().await?.expect("an answer to each note");
        assert_eq!(answer.value, number.as_bytes());
    }
    notes.close();
    assert!(answers.recv().await?.is_none());
    Ok(())
}

/// Lets many callers call while servers take over from each other: gives how often each call was begun, and the calls
/// that have ended well.
async fn restarted_under<F>(call: impl Fn(WireClient, usize) -> F + Clone + Send + 'static) -> (Begun, Vec<usize>)
where
    F: Future<Output = bool> + Send + 'static,
{
    let count = watch::Sender::new(Begun::new());
    let (listener, connector) = in_process();
    let listener = Handed(Arc::new(Turn::new(listener)));
    let (mut callers, mut progress) = (JoinSet::new(), Vec::new());
    let stop = watch::Sender::new(());
    for caller in 0..CALLERS {
        // Two share a connection.
        let client = WireClient::new(Channel::in_process(connector.clone()));
        for caller in [caller, CALLERS + caller] {
            let calls = watch::Sender::new(0);
            progress.push(calls.subscribe());
            callers.spawn(call_on(client.clone(), caller, call.clone(), calls, stop.subscribe()));
        }
    }
    let mut server = Running::start(&count, &listener);
    for _ in 0..RESTARTS {
        // A call is made anew once: none must meet with two restarts.
        let before: Vec<usize> = progress.iter().map(|calls| *calls.borrow()).collect();
        for (calls, before) in progress.iter_mut().zip(before) {
            calls.wait_for(|calls| *calls > before + 1).await.unwrap();
        }
        let next = Running::start(&count, &listener);
        let report = std::mem::replace(&mut server, next).end().await;
        assert_eq!((report.cut_calls, report.cut_connections), (0, 0));
    }
    drop(stop);
    let mut told = callers.join_all().await.concat();
    told.sort_unstable();
    server.end().await;
    (count.borrow().clone(), told)
}

/// One call after the other until told to stop: gives those that have ended well.
async fn call_on<F: Future<Output = bool>>(
    client: WireClient,
    caller: usize,
    call: impl Fn(WireClient, usize) -> F,
    calls: watch::Sender<usize>,
    stop: watch::Receiver<()>,
) -> Vec<usize> {
    let mut told = Vec::new();
    for number in (caller..).step_by(2 * CALLERS) {
        if stop.has_changed().is_err() {
            break;
        }
        if call(client.clone(), number).await {
            told.push(number);
        }
        calls.send_modify(|calls| *calls += 1);
    }
    told
}

/// How often each call was begun on a server.
type Begun = BTreeMap<usize, usize>;

/// A server of echoes that counts the calls it begins.
struct Running {
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<DrainReport, Error>>,
}

impl Running {
    fn start(count: &watch::Sender<Begun>, listener: &Handed) -> Self {
        let (unary, server_stream, bidi) = (count.clone(), count.clone(), count.clone());
        let script = Script::echo()
            .unary(move |note| {
                let number = begin(&unary, &note.value);
                Box::pin(async move {
                    // Every other call is answered in place, the others are tasks.
                    if number.is_multiple_of(2) {
                        yield_now().await;
                    }
                    Ok(note.into_inner().into())
                })
            })
            .server_stream(move |note, answers| {
                begin(&server_stream, &note.value);
                Box::pin(async move {
                    for _ in 0..3 {
                        answers.send(&note).await?;
                    }
                    Ok(())
                })
            })
            .bidi(move |notes, answers| {
                let count = bidi.clone();
                Box::pin(async move {
                    let mut begun = false;
                    while let Some(note) = notes.recv().await? {
                        if !std::mem::replace(&mut begun, true) {
                            begin(&count, &note.value);
                        }
                        answers.send(&note).await?;
                    }
                    Ok(())
                })
            });
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server::new().add(script).serve(listener.clone(), async { drop(stopped.await) });
        Self { stop, served: tokio::spawn(server) }
    }

    async fn end(self) -> DrainReport {
        drop(self.stop);
        self.served.await.unwrap().unwrap()
    }
}

fn begin(count: &watch::Sender<Begun>, number: &[u8]) -> usize {
    let number = std::str::from_utf8(number).unwrap().parse().unwrap();
    count.send_modify(|begun| *begun.entry(number).or_default() += 1);
    number
}

/// A listener that goes from one server to the next with all who wait.
#[derive(Clone)]
struct Handed(Arc<Turn<InProcessListener>>);

impl Listener for Handed {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Option<(DuplexStream, Peer)>> {
        self.0.lock().await.accept().await
    }
}

/// Pairs of callers.
const CALLERS: usize = 4;
const RESTARTS: usize = 20;
