//! One server, and the connection to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use crate::client::backoff::Backoff;
use crate::client::connection::{self, Connection, Driver};
use crate::client::keepalive::{self, Keepalive};
use crate::client::target::Target;
use crate::status::Status;

/// Connects when a call needs it, keeps the connection, and forgets it when it ends.
///
/// ```text
/// Idle ---> Connecting ---> Ready ---> Idle
///                |
///                +--------> Failed ---> Connecting   (after a pause)
/// ```
#[derive(Debug)]
pub(crate) struct Subchannel {
    pub(crate) target: Target,
    state: Mutex<State>,
    /// Told when an attempt to connect has ended.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    backoff: Backoff,
    /// Counts attempts, so that the end of an old connection is not taken for
    /// that of the present one.
    attempt: u64,
    /// How often the server has ended a connection for our pings.
    complaints: u32,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Connecting(Option<AbortHandle>),
    Ready(Connection),
    /// Calls made before this time fail with the status at once.
    Failed(Status, Instant),
}

impl Subchannel {
    pub(crate) fn new(target: Target) -> Arc<Self> {
        let state = State { phase: Phase::Idle, backoff: Backoff::default(), attempt: 0, complaints: 0 };
        Arc::new(Self { target, state: Mutex::new(state), changed: Notify::new() })
    }

    /// The connection, if there is one that works.
    pub(crate) fn ready(&self) -> Option<Connection> {
        let mut state = self.lock();
        let Phase::Ready(connection) = &mut state.phase else {
            return None;
        };
        if connection.is_usable() {
            return Some(connection.clone());
        }
        state.phase = Phase::Idle;
        None
    }

    /// Waits for the connection; an error once an attempt to make it has failed.
    pub(crate) async fn connect(
        self: Arc<Self>,
        patience: Duration,
        keepalive: Keepalive,
    ) -> Result<Connection, Status> {
        loop {
            let changed = self.changed.notified();
            if let Some(connection) = self.ready() {
                return Ok(connection);
            }
            let attempt = self.begin(patience, keepalive)?;
            changed.await;
            // However long it took: who has waited for an attempt hears how it ended.
            if let Some(status) = self.failure_of(attempt) {
                return Err(status);
            }
        }
    }

    /// Begins an attempt, unless one is under way; gives its number.
    fn begin(self: &Arc<Self>, patience: Duration, keepalive: Keepalive) -> Result<u64, Status> {
        let runtime = Handle::try_current().map_err(|error| {
            let message = "a call needs a tokio runtime around it (a blocking channel has its own)";
            Status::internal(message).with_source(error)
        })?;
        let attempt = match self.next_attempt()? {
            Next::Begin(attempt) => attempt,
            Next::Wait(number) => return Ok(number),
        };
        let number = attempt.number;
        // Without the lock: a runtime that is shutting down drops the task here and now.
        let task = runtime.spawn(attempt.run(patience, keepalive)).abort_handle();
        let mut state = self.lock();
        if state.attempt == number
            && let Phase::Connecting(owner) = &mut state.phase
        {
            *owner = Some(task);
        }
        Ok(number)
    }

    fn next_attempt(self: &Arc<Self>) -> Result<Next, Status> {
        let mut state = self.lock();
        match &state.phase {
            Phase::Connecting(_) | Phase::Ready(_) => return Ok(Next::Wait(state.attempt)),
            Phase::Failed(status, until) if Instant::now() < *until => return Err(status.clone()),
            Phase::Idle | Phase::Failed(..) => {}
        }
        state.attempt += 1;
        state.phase = Phase::Connecting(None);
        Ok(Next::Begin(Attempt {
            subchannel: Arc::downgrade(self),
            number: state.attempt,
            complaints: state.complaints,
            started: Instant::now(),
            target: self.target.clone(),
        }))
    }

    fn failure_of(&self, attempt: u64) -> Option<Status> {
        let state = self.lock();
        match &state.phase {
            Phase::Failed(status, _) if state.attempt == attempt => Some(status.clone()),
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

enum Next {
    Begin(Attempt),
    /// One is under way, or has just succeeded.
    Wait(u64),
}

/// One attempt to connect, and the connection that comes of it.
struct Attempt {
    subchannel: Weak<Subchannel>,
    number: u64,
    /// Those that came before it.
    complaints: u32,
    started: Instant,
    target: Target,
}

impl Attempt {
    async fn run(self, patience: Duration, keepalive: Keepalive) {
        match timeout(patience, self.establish(keepalive.after(self.complaints))).await {
            Ok(Ok((connection, driver))) => {
                self.succeed(connection);
                if let Err(error) = driver.await {
                    tracing::debug!(server = %self.target, %error, "connection ended");
                    if keepalive::is_complaint(&error) {
                        self.complain();
                    }
                }
            }
            Ok(Err(status)) => self.fail(status),
            Err(_) => self.fail(self.failure(&format!("no answer within {patience:?}"))),
        }
    }

    /// The server wants less pings; other connections may have told it, too.
    fn complain(&self) {
        tracing::warn!(server = %self.target, "the server complains of pings: the next connections send half as many");
        if let Some(subchannel) = self.subchannel.upgrade() {
            let mut state = subchannel.lock();
            state.complaints = state.complaints.max(self.complaints + 1);
        }
    }

    async fn establish(&self, keepalive: Keepalive) -> Result<(Connection, Driver), Status> {
        let io = self.target.connect().await.map_err(|error| self.failure(&error).with_source(error))?;
        connection::establish(io, keepalive).await.map_err(|error| self.failure(&error).with_source(error))
    }

    #[cold]
    fn failure(&self, error: &dyn std::fmt::Display) -> Status {
        Status::unavailable(format!("cannot connect to {}: {error}", self.target))
    }

    fn succeed(&self, connection: Connection) {
        self.settle(|state| {
            state.backoff.reset();
            state.phase = Phase::Ready(connection);
        });
    }

    fn fail(&self, status: Status) {
        tracing::debug!(%status);
        self.settle(|state| self.fail_in(state, status));
    }

    fn fail_in(&self, state: &mut State, status: Status) {
        let pause = state.backoff.next(fastrand::f64());
        state.phase = Phase::Failed(status, self.started + pause);
    }

    /// Changes the state, unless a newer attempt has come in between.
    fn settle(&self, change: impl FnOnce(&mut State)) {
        if let Some(subchannel) = self.subchannel.upgrade() {
            let mut state = subchannel.lock();
            if state.attempt == self.number {
                change(&mut state);
            }
            drop(state);
            subchannel.changed.notify_waiters();
        }
    }
}

/// The task has ended, or was dropped with its runtime: the next call connects anew.
impl Drop for Attempt {
    fn drop(&mut self) {
        self.settle(|state| match state.phase {
            Phase::Connecting(_) => self.fail_in(state, self.failure(&"the runtime was shut down")),
            Phase::Ready(_) => state.phase = Phase::Idle,
            Phase::Idle | Phase::Failed(..) => {}
        });
    }
}
