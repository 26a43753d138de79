//! Makes one connection, and drives it to its end.

use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::client::connection::Connection;
use crate::client::connection::keepalive;
use crate::client::connection::task::{Driver, establish};
use crate::client::settings::Wiring;
use crate::client::subchannel::Subchannel;
use crate::client::subchannel::pool::{Phase, Pool};
use crate::client::target::Target;
use crate::status::Status;
use crate::transport::{Alarm, Queue, reset};

/// A connection from its beginning: first it is made, then this is its task.
pub(crate) struct Connect {
    pub(crate) subchannel: Weak<Subchannel>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) number: u64,
    /// Those that came before it.
    pub(crate) complaints: u32,
    pub(crate) started: Instant,
    pub(crate) target: Target,
    /// Whether there are other connections: then it ends when it is not used.
    pub(crate) surplus: bool,
}

impl Connect {
    pub(crate) async fn run(self, patience: Duration, wiring: Wiring) {
        let wiring = Wiring { keepalive: wiring.keepalive.after(self.complaints), ..wiring };
        match timeout(patience, self.establish(wiring)).await {
            Ok(Ok((connection, driver))) => {
                self.settle(|pool| pool.succeed(connection));
                if let Err((error, calls)) = self.drive(driver).await {
                    self.lose(&reset::Closing(&error), calls);
                    if keepalive::is_complaint(&error) {
                        self.complain();
                    }
                }
            }
            Ok(Err(status)) => self.fail(status),
            Err(_) => self.fail(self.failure(&format!("no answer within {patience:?}"))),
        }
    }

    /// Polls the connection to its end, and forgets it before, when it is of no use any more.
    /// An error comes with the number of calls that were open.
    async fn drive(&self, mut driver: Driver) -> Result<(), (io::Error, usize)> {
        let mut alarm = Alarm::default();
        if self.surplus {
            poll_fn(|cx| {
                alarm.set(cx, Some(Instant::now() + REST));
                Poll::Ready(())
            })
            .await;
        }
        let ended = poll_fn(|cx| {
            let polled = Pin::new(&mut driver).poll(cx);
            if polled.is_pending() {
                self.look_after(&mut alarm, cx);
            }
            polled
        });
        ended.await.map_err(|error| (error, driver.calls()))
    }

    #[inline]
    fn look_after(&self, alarm: &mut Alarm, cx: &mut Context<'_>) {
        if alarm.is_due() {
            self.with_pool(|pool| pool.rest(self.number));
            alarm.set(cx, Some(Instant::now() + REST));
        }
        // A server that goes away may do so slowly: calls that wait need not.
        if !self.queue.is_empty() && self.with_pool(Pool::prune) == Some(true) {
            self.queue.wake_all();
        }
    }

    /// The connection has ended by an error, and its calls with it.
    #[cold]
    fn lose(&self, reason: &dyn Display, calls: usize) {
        match self.subchannel.upgrade() {
            Some(subchannel) => subchannel.losses.tell(&self.target, reason, calls),
            None => tracing::debug!(server = %self.target, %reason, calls, "connection lost"),
        }
    }

    /// The server wants less pings; other connections may have told it, too.
    fn complain(&self) {
        tracing::warn!(server = %self.target, "the server complains of pings: the next connections send half as many");
        self.with_pool(|pool| pool.complaints = pool.complaints.max(self.complaints + 1));
    }

    async fn establish(&self, wiring: Wiring) -> Result<(Arc<Connection>, Driver), Status> {
        let (io, peer) = self.target.connect().await.map_err(|error| self.failure(&error).with_source(error))?;
        let established = establish(io, peer, wiring, Arc::clone(&self.queue)).await;
        established.map_err(|error| self.failure(&reset::Closing(&error)).with_source(error))
    }

    #[cold]
    fn failure(&self, error: &dyn Display) -> Status {
        Status::unavailable(format!("cannot connect to {}: {error}", self.target))
    }

    fn fail(&self, status: Status) {
        tracing::debug!(%status);
        self.settle(|pool| pool.fail(status, self.started));
    }

    /// Changes the pool and tells all who wait.
    fn settle(&self, change: impl FnOnce(&mut Pool)) {
        self.with_pool(change);
        self.queue.wake_all();
    }

    fn with_pool<T>(&self, change: impl FnOnce(&mut Pool) -> T) -> Option<T> {
        self.subchannel.upgrade().map(|subchannel| change(&mut subchannel.lock()))
    }
}

/// The task has ended, or was dropped with its runtime: the next call connects anew.
impl Drop for Connect {
    fn drop(&mut self) {
        self.settle(|pool| {
            pool.end(self.number);
            // Nobody begins another connection before this one is made or has failed.
            if pool.newest == self.number && matches!(pool.phase, Phase::Connecting(_)) {
                pool.fail(self.failure(&"the runtime was shut down"), self.started);
            }
        });
    }
}

/// How long a connection that is one more may be without calls: it ends when
/// that has twice been seen, so after one to two times as long.
const REST: Duration = Duration::from_secs(30);
