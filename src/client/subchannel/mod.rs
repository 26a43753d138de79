//! One server, and the way to its connections.

mod backoff;
mod connect;
pub(crate) mod pool;
mod race;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::client::connection::Connection;
use crate::client::connectivity::{ConnectivityState, StateWatch};
use crate::client::settings::ConnectSettings;
use crate::client::subchannel::connect::Connect;
use crate::client::subchannel::pool::{ENDED, Next, Pool, WaitHistory};
use crate::client::subchannel::shared::Shared;
use crate::client::target::Target;
use crate::status::Status;
use crate::transport::Queue;

/// A call's place on a connection.
pub(crate) type StreamSlot = pool::StreamSlot<Arc<Connection>>;

/// Gives calls a place on a connection, and connects when they need it.
#[derive(Debug)]
pub(crate) struct Subchannel {
    pub(crate) target: Target,
    settings: ConnectSettings,
    queue: Arc<Queue>,
    shared: Arc<Shared>,
}

/// A connection that is to be made, by a task of this runtime.
struct Begun {
    number: u64,
    surplus: bool,
    runtime: Handle,
}

impl Subchannel {
    pub(crate) fn new(target: Target, settings: ConnectSettings) -> Self {
        let queue = Arc::<Queue>::default();
        queue.memory().set_limit(settings.memory_limit);
        Self { target, settings, queue, shared: Arc::new(Shared::new(settings.max_connections)) }
    }

    /// A place for a call, if there is one now and nobody waits for it; its
    /// connection may just have been lost.
    #[inline]
    pub(crate) fn try_place(&self) -> Option<StreamSlot> {
        if self.queue.is_empty() { self.shared.try_place() } else { None }
    }

    /// Waits for a place; an error once no connection can be made and there is none.
    pub(crate) async fn place(&self, history: &mut WaitHistory) -> Result<StreamSlot, Status> {
        let place = |pool: &mut Pool<_>, ahead: usize| {
            if ahead > 0 && (1..=ahead).contains(&pool.room()) {
                return Err(Next::Wait(Some(Instant::now() + COURTESY)));
            }
            Ok(pool.try_place())
        };
        self.wait(history, place).await
    }

    /// Waits for a connection, with a place on it or without.
    pub(crate) async fn ready(&self) -> Result<(), Status> {
        let connected = |pool: &mut Pool<_>, _| Ok((!pool.is_empty()).then_some(()));
        self.wait(&mut WaitHistory::default(), connected).await
    }

    /// Whether calls can be made now; connections that have ended do not count.
    pub(crate) fn state(&self) -> ConnectivityState {
        if self.shared.update(Pool::prune) {
            self.queue.wake_all();
        }
        self.shared.states.current()
    }

    /// Returns the changes of the state from now on.
    pub(crate) fn watch(&self) -> StateWatch {
        self.shared.states.watch()
    }

    async fn wait<T>(
        &self,
        history: &mut WaitHistory,
        find: impl Fn(&mut Pool<Arc<Connection>>, usize) -> Result<Option<T>, Next>,
    ) -> Result<T, Status> {
        let ask = |ahead| {
            self.shared.update(Pool::prune);
            let asked = self.shared.update(|pool| match find(pool, ahead) {
                Ok(Some(found)) => Ok(Ok(found)),
                Ok(None) => match pool.next(Instant::now(), history) {
                    Next::Connect => {
                        let begun = self.begin(pool).map_err(Next::Fail)?;
                        history.wait_for(begun.number);
                        Ok(Err(begun))
                    }
                    next => Err(next),
                },
                Err(next) => Err(next),
            });
            match asked {
                Ok(Ok(found)) => Ok(Ok(found)),
                Ok(Err(begun)) => {
                    self.spawn(begun);
                    Err(None)
                }
                Err(Next::Wait(until)) => Err(until),
                Err(Next::Fail(status)) => Ok(Err(status)),
                Err(Next::GiveUp | Next::Connect) => Ok(Err(self.lost())),
            }
        };
        self.queue.wait(ask).await
    }

    /// The status of a call that has seen too many connections end.
    #[cold]
    pub(crate) fn lost(&self) -> Status {
        Status::unavailable(format!("{} ended {ENDED} connections before the call could be sent", self.target))
    }

    /// Begins a connection, for a call or for nobody. [`spawn`](Self::spawn) must follow,
    /// without the lock: a runtime that is shutting down drops a task as it is spawned.
    fn begin(&self, pool: &mut Pool<Arc<Connection>>) -> Result<Begun, Status> {
        let runtime = Handle::try_current().map_err(|error| {
            let message = "a call needs a tokio runtime around it (a blocking channel has its own)";
            Status::internal(message).with_source(error)
        })?;
        Ok(Begun { surplus: !pool.is_empty(), number: pool.begin(), runtime })
    }

    fn spawn(&self, Begun { number, surplus, runtime }: Begun) {
        let connect = Connect {
            shared: Arc::downgrade(&self.shared),
            states: Arc::clone(&self.shared.states),
            queue: Arc::clone(&self.queue),
            number,
            complaints: self.shared.complaints(),
            started: Instant::now(),
            target: self.target.clone(),
            settings: self.settings,
            surplus,
        };
        self.shared.set_task(number, runtime.spawn(connect.run()).abort_handle());
    }
}

/// A connection that is being made and that nobody waits for any more ends with its
/// channel; one that is made ends with its last call.
impl Drop for Subchannel {
    fn drop(&mut self) {
        self.shared.abort();
        self.shared.states.close();
    }
}

/// How long a call leaves a place to others who have waited longer. Otherwise a future
/// that is not polled while it waits would keep the place from all.
const COURTESY: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::in_process;

    fn begin(subchannel: &Subchannel) -> u64 {
        let begun = subchannel.shared.update(|pool| subchannel.begin(pool)).unwrap();
        let number = begun.number;
        subchannel.spawn(begun);
        number
    }

    /// K66: a connection can be begun without a call, and is there for the first one.
    #[tokio::test(start_paused = true)]
    async fn a_connection_can_begin_without_a_call() {
        let (mut listener, connector) = in_process();
        let subchannel = Subchannel::new(Target::in_process(connector), ConnectSettings::default());
        let mut states = subchannel.watch();
        begin(&subchannel);
        let (pipe, _) = crate::Listener::accept(&mut listener).await.unwrap().unwrap();
        let _server = h2::server::handshake(pipe).await.unwrap();
        assert_eq!(states.changed().await, Some(ConnectivityState::Connecting));
        assert_eq!(states.changed().await, Some(ConnectivityState::Ready));
        assert!(subchannel.try_place().is_some());
    }
}
