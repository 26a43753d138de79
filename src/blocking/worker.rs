//! The thread that does the work of a blocking channel.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;

/// A thread with a runtime. Dropping the worker stops it.
#[derive(Debug)]
pub(crate) struct Worker {
    runtime: Handle,
    /// Its drop, with the worker, signals the thread.
    _stop: oneshot::Sender<()>,
}

impl Worker {
    pub(crate) fn start() -> io::Result<Arc<Self>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let handle = runtime.handle().clone();
        thread::Builder::new().name("puregrpc-blocking".to_owned()).spawn(move || {
            // The drop of the other end signals it.
            let _ = runtime.block_on(stopped);
            // A name lookup may hang, and nothing waits for it any more.
            runtime.shutdown_background();
        })?;
        Ok(Arc::new(Self { runtime: handle, _stop: stop }))
    }

    /// Runs a future on this thread, which blocks while the worker's runtime
    /// does what the future waits for.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.runtime.enter();
        // If this thread polls a task, the task's budget is not renewed before the next
        // poll: a future that uses up the budget here would wait forever.
        let mut future = pin!(unconstrained(future));
        let signal = Arc::new(Signal::default());
        let waker = Waker::from(Arc::clone(&signal));
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            signal.wait();
        }
    }
}

/// Wakes a blocked thread.
#[derive(Debug, Default)]
struct Signal {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    fn wait(&self) {
        let given = self.lock();
        let mut given = self.changed.wait_while(given, |given| !*given).unwrap_or_else(PoisonError::into_inner);
        *given = false;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.lock() = true;
        self.changed.notify_one();
    }
}
