//! One server, and the way to its connections.

mod backoff;
mod connect;
pub(crate) mod pool;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::client::settings::Settings;
use crate::client::subchannel::connect::Connect;
use crate::client::subchannel::pool::{ENDED, Next, Phase, Pool, StreamSlot, WaitHistory};
use crate::client::target::Target;
use crate::status::Status;
use crate::transport::{Budget, Losses, Queue};

/// Gives calls a place on a connection, and connects when they need it.
#[derive(Debug)]
pub(crate) struct Subchannel {
    pub(crate) target: Target,
    pool: Mutex<Pool>,
    queue: Arc<Queue>,
    pub(crate) losses: Losses,
}

impl Subchannel {
    pub(crate) fn new(target: Target) -> Arc<Self> {
        Arc::new(Self { target, pool: Mutex::default(), queue: Arc::default(), losses: Losses::default() })
    }

    /// A place for a call, if there is one now and nobody waits for it; its
    /// connection may just have been lost.
    #[inline]
    pub(crate) fn try_place(&self) -> Option<StreamSlot> {
        if self.queue.is_empty() { self.lock().try_place() } else { None }
    }

    /// Waits for a place; an error once an attempt to connect has failed and
    /// there is no connection.
    pub(crate) async fn place(
        self: &Arc<Self>,
        settings: &Settings,
        history: &mut WaitHistory,
    ) -> Result<StreamSlot, Status> {
        let place = |pool: &mut Pool, ahead: usize| {
            pool.prune();
            if ahead > 0 && (1..=ahead).contains(&pool.room()) {
                return Err(Next::Wait(Some(Instant::now() + COURTESY)));
            }
            Ok(pool.try_place())
        };
        self.wait(settings, history, place).await
    }

    /// Waits for a connection, with a place on it or without.
    pub(crate) async fn connect(self: &Arc<Self>, settings: &Settings) -> Result<(), Status> {
        let connected = |pool: &mut Pool, _| {
            pool.prune();
            Ok((!pool.is_empty()).then_some(()))
        };
        self.wait(settings, &mut WaitHistory::default(), connected).await
    }

    async fn wait<T>(
        self: &Arc<Self>,
        settings: &Settings,
        history: &mut WaitHistory,
        find: impl Fn(&mut Pool, usize) -> Result<Option<T>, Next>,
    ) -> Result<T, Status> {
        let ask = |ahead| {
            let mut pool = self.lock();
            let next = match find(&mut pool, ahead) {
                Ok(Some(found)) => return Ok(Ok(found)),
                Ok(None) => pool.next(settings.max_connections, history),
                Err(next) => next,
            };
            match next {
                Next::Wait(until) => Err(until),
                Next::Fail(status) => Ok(Err(status)),
                Next::GiveUp => Ok(Err(self.lost())),
                Next::Connect => match self.begin(pool, settings, history) {
                    Ok(()) => Err(None),
                    Err(status) => Ok(Err(status)),
                },
            }
        };
        self.queue.wait(ask).await
    }

    /// The status of a call that has seen too many connections end.
    #[cold]
    pub(crate) fn lost(&self) -> Status {
        Status::unavailable(format!("{} ended {ENDED} connections before the call could be sent", self.target))
    }

    /// Begins a connection for a call.
    fn begin(
        self: &Arc<Self>,
        mut pool: MutexGuard<'_, Pool>,
        settings: &Settings,
        history: &mut WaitHistory,
    ) -> Result<(), Status> {
        let runtime = Handle::try_current().map_err(|error| {
            let message = "a call needs a tokio runtime around it (a blocking channel has its own)";
            Status::internal(message).with_source(error)
        })?;
        let number = pool.begin(history);
        let connect = Connect {
            subchannel: Arc::downgrade(self),
            queue: Arc::clone(&self.queue),
            number,
            complaints: pool.complaints,
            started: Instant::now(),
            target: self.target.clone(),
            surplus: !pool.is_empty(),
        };
        // Without the lock: a runtime that is shutting down drops the task here and now.
        drop(pool);
        let task = runtime.spawn(connect.run(settings.connect_timeout, settings.wiring)).abort_handle();
        let mut pool = self.lock();
        if pool.newest == number
            && let Phase::Connecting(owner) = &mut pool.phase
        {
            *owner = Some(task);
        }
        Ok(())
    }

    /// The memory of what servers make the channel's calls hold.
    pub(crate) fn memory(&self) -> &Arc<Budget> {
        self.queue.memory()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that nobody waits for any more ends with its channel; a
/// connection ends with its last call.
impl Drop for Subchannel {
    fn drop(&mut self) {
        if let Phase::Connecting(Some(task)) = &self.lock().phase {
            task.abort();
        }
    }
}

/// How long a call leaves a place to others who have waited longer. A future that
/// is not polled while it waits would else keep the place from all.
const COURTESY: Duration = Duration::from_millis(10);
