//! Handlers that outlive the turn in which their calls came.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::server::drain::Live;
use crate::server::service::{BoxFuture, Route};

/// A call that runs as a task of its own.
pub(super) struct Spawned {
    pub(super) call: BoxFuture,
    #[expect(dead_code, reason = "counts the call as live until it is dropped")]
    pub(super) live: Live,
    /// The method, if it was spawned for being slow: when it is slow no more
    /// its calls go inline again.
    pub(super) route: Option<Arc<Route>>,
}

impl Future for Spawned {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(route) = self.route.take() else {
            return self.call.as_mut().poll(cx);
        };
        let started = Instant::now();
        let polled = self.call.as_mut().poll(cx);
        route.inline_policy.observe(started.elapsed());
        polled
    }
}
