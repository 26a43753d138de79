//! A client that has done nothing wrong.

use std::cell::RefCell;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use puregrpc::examples::proto::helloworld::{GreeterClient, HelloRequest};
use puregrpc::{Channel, Request};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use crate::report::Latency;
use crate::watch::Span;

/// A client on a thread of its own, which makes a call every few milliseconds and takes their times.
pub(crate) struct Bystander {
    ended: Receiver<Result<Call, String>>,
    /// Those that were taken from there.
    calls: RefCell<Vec<Call>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A call that was answered.
#[derive(Clone, Copy)]
struct Call {
    begun: Instant,
    time: Duration,
}

impl Bystander {
    pub(crate) fn start(channel: impl FnOnce() -> Channel + Send + 'static) -> Self {
        let (sender, ended) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = call(channel(), |call| drop(sender.send(call))) => {}
                    _ = stopped => {}
                }
            });
        };
        Self { ended, calls: RefCell::default(), stop: Some(stop), thread: Some(thread::spawn(work)) }
    }

    /// Waits until so many calls that were begun at `from` or later have been answered.
    #[track_caller]
    pub(crate) fn wait(&self, from: Instant, calls: usize) {
        while self.calls.borrow().iter().filter(|call| call.begun >= from).count() < calls {
            let ended = self.ended.recv_timeout(PATIENCE);
            let ended = ended.unwrap_or_else(|_| panic!("the other client is not served for {PATIENCE:?}"));
            self.calls.borrow_mut().push(ended.expect("the other client's calls succeed"));
        }
    }

    /// How long the calls took that were under way at any time of this span.
    #[track_caller]
    pub(crate) fn during(&self, span: &Span) -> Latency {
        // The next one is begun when those before it are over.
        self.wait(span.end(), 1);
        let calls = self.calls.borrow();
        let during = calls.iter().filter(|call| call.begun < span.end() && call.begun + call.time > span.begun);
        Latency::of(during.map(|call| call.time).collect())
    }

    /// How long the first call took that was begun behind this span.
    #[track_caller]
    pub(crate) fn behind(&self, span: &Span) -> Duration {
        self.wait(span.end(), 1);
        let calls = self.calls.borrow();
        calls.iter().find(|call| call.begun >= span.end()).expect("it was waited for").time
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        drop(self.stop.take());
        // If it has panicked, what it was asked for has failed already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn call(channel: Channel, tell: impl Fn(Result<Call, String>)) {
    let greeter = GreeterClient::new(channel);
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let request = HelloRequest { name: "you".into(), ..Default::default() };
        let begun = Instant::now();
        let reply = greeter.say_hello(Request::new(request).with_timeout(PATIENCE)).await;
        tell(reply.map(|_| Call { begun, time: begun.elapsed() }).map_err(|status| status.to_string()));
    }
}

const PACE: Duration = Duration::from_millis(4);

/// How long a call may take at the most, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(20);
