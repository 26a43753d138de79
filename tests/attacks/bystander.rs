//! A client that has done nothing wrong.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use puregrpc::examples::proto::helloworld::{GreeterClient, HelloRequest};
use puregrpc::{Channel, Request};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use crate::report::Latency;

/// A client on a thread of its own, which makes a call every few milliseconds and takes their times.
pub(crate) struct Bystander {
    times: Receiver<Result<Duration, String>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bystander {
    pub(crate) fn start(channel: impl FnOnce() -> Channel + Send + 'static) -> Self {
        let (sender, times) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = call(channel(), |time| drop(sender.send(time))) => {}
                    _ = stopped => {}
                }
            });
        };
        Self { times, stop: Some(stop), thread: Some(thread::spawn(work)) }
    }

    /// Forgets the calls so far.
    pub(crate) fn forget(&self) {
        self.times.try_iter().for_each(drop);
    }

    /// The times of the calls since they were last taken, at least so many.
    #[track_caller]
    pub(crate) fn latency(&self, calls: usize) -> Latency {
        let mut times = Vec::new();
        loop {
            let next = if times.len() < calls {
                self.times.recv_timeout(PATIENCE).map_err(|_| RecvTimeoutError::Timeout)
            } else {
                self.times.try_recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match next {
                Ok(time) => times.push(time.expect("the other client's calls succeed")),
                Err(RecvTimeoutError::Disconnected) => return Latency::of(times),
                Err(RecvTimeoutError::Timeout) => panic!("the other client is not served for {PATIENCE:?}"),
            }
        }
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        drop(self.stop.take());
        // If it has panicked, what it was asked for has failed already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn call(channel: Channel, tell: impl Fn(Result<Duration, String>)) {
    let greeter = GreeterClient::new(channel);
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let request = HelloRequest { name: "you".into(), ..Default::default() };
        let begun = Instant::now();
        let reply = greeter.say_hello(Request::new(request).with_timeout(PATIENCE)).await;
        tell(reply.map(|_| begun.elapsed()).map_err(|status| status.to_string()));
    }
}

const PACE: Duration = Duration::from_millis(4);

/// How long a call may take at the most, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(20);
