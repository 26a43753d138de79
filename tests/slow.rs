//! Handlers that compute for long, and what they do to other calls of their connection.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use puregrpc::{Response, Server, Status};
use puregrpc_support::{Running, Script, WireClient, noted};
use tokio::task::{Id, id};

/// Takes long enough to be slow.
fn compute() {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1) {}
}

/// Whether calls of `Unary` hold up their connection until one of `ServerStream` lets them go on.
#[derive(Clone, Default)]
struct Blocking(Arc<AtomicBool>);

impl Blocking {
    /// A server whose `Unary` keeps its thread, if it is to, until `ServerStream` was called.
    fn serve(&self) -> Running {
        let (release, released) = mpsc::channel();
        let (blocking, released) = (Arc::clone(&self.0), Arc::new(Mutex::new(released)));
        let script = Script::echo()
            .unary(move |request| {
                let (blocking, released) = (Arc::clone(&blocking), Arc::clone(&released));
                Box::pin(async move {
                    if blocking.load(Ordering::Relaxed) {
                        // Far more than it takes, so that it fails where it would hang.
                        let went_on = released.lock().unwrap().recv_timeout(Duration::from_secs(30));
                        compute();
                        went_on.map_err(|_| Status::aborted("the other call was held up"))?;
                    }
                    Ok(Response::new(request.into_inner()))
                })
            })
            .server_stream(move |_, _| {
                release.send(()).unwrap();
                Box::pin(async { Ok(()) })
            });
        Running::start(Server::new().add(script))
    }

    /// Makes a call that computes until another one of the same connection is answered.
    async fn assert_overtaken(&self, client: &WireClient) {
        self.0.store(true, Ordering::Relaxed);
        let blocked = client.unary(noted("blocked"));
        let light = async { client.server_stream(noted("light")).await.unwrap().recv().await };
        // The blocked call is sent first; one answer after the other, whichever that is.
        let (blocked, light) = tokio::join!(biased; blocked, light);
        assert_eq!(light.unwrap(), None);
        assert_eq!(&blocked.unwrap().value[..], b"blocked");
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Nobody knows yet what a method does when it is called first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_call_of_a_method_holds_up_nobody() {
    let blocking = Blocking::default();
    let running = blocking.serve();
    blocking.assert_overtaken(&running.client()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_of_a_slow_method_hold_up_nobody() {
    let blocking = Blocking::default();
    let running = blocking.serve();
    let client = running.client();
    for _ in 0..3 {
        blocking.assert_overtaken(&client).await;
    }
}

/// A server whose `Unary` notes the task that it runs on, and computes for a millisecond if it is to.
struct Noting {
    heavy: Arc<AtomicBool>,
    task: Arc<Mutex<Option<Id>>>,
    client: WireClient,
    _running: Running,
}

impl Noting {
    fn new() -> Self {
        let (heavy, task) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Option<Id>>>::default());
        let (is_heavy, noted_task) = (Arc::clone(&heavy), Arc::clone(&task));
        let script = Script::echo().unary(move |request| {
            *noted_task.lock().unwrap() = Some(id());
            if is_heavy.load(Ordering::Relaxed) {
                compute();
            }
            Box::pin(async move { Ok(Response::new(request.into_inner())) })
        });
        let running = script.serve();
        Self { heavy, task, client: running.client(), _running: running }
    }

    /// Makes a call; gives the task that it has run on.
    async fn call(&self) -> Id {
        self.client.unary(noted("")).await.unwrap();
        self.task.lock().unwrap().unwrap()
    }

    /// Makes calls until one runs on a task on which another one has run, which must be that of the connection.
    async fn inline(&self) -> Id {
        let mut tasks = HashSet::new();
        for _ in 0..MANY {
            let task = self.call().await;
            if !tasks.insert(task) {
                return task;
            }
        }
        panic!("{MANY} calls each had a task of its own");
    }
}

/// More than may be needed, however busy the machine is.
const MANY: usize = 100_000;

#[tokio::test]
async fn a_method_is_spawned_for_as_long_as_it_is_slow() {
    let noting = Noting::new();
    let connection = noting.inline().await;
    noting.heavy.store(true, Ordering::Relaxed);
    // Chosen to be timed is one in sixteen, and one is enough.
    let mut inline = 0;
    while noting.call().await == connection {
        inline += 1;
    }
    assert!(inline < 200, "{inline} calls held up their connection");
    for _ in 0..50 {
        assert_ne!(noting.call().await, connection);
    }
    noting.heavy.store(false, Ordering::Relaxed);
    assert_eq!(noting.inline().await, connection);
}
