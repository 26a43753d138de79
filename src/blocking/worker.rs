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

/// A thread with a runtime, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    runtime: Handle,
    /// Dropped with the worker: that is how the thread hears of it.
    _stop: oneshot::Sender<()>,
}

impl Worker {
    pub(crate) fn start() -> io::Result<Arc<Self>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let handle = runtime.handle().clone();
        thread::Builder::new().name("puregrpc-blocking".to_owned()).spawn(move || {
            // It is told by the drop of the other end.
            let _ = runtime.block_on(stopped);
            // A look-up of a name may hang; nobody waits for it any more.
            runtime.shutdown_background();
        })?;
        Ok(Arc::new(Self { runtime: handle, _stop: stop }))
    }

    /// Runs a future on this thread, which blocks while the worker's runtime
    /// does what the future waits for.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.runtime.enter();
        // The task that this thread may be polling has a budget that is not
        // renewed before it goes on: a future that asks for it would wait for ever.
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
