//! What all connections of a server share, and how a call begins on it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, Method, Request};
use tokio::time::Instant;

use crate::call::message_reader::exhausted;
use crate::call::sink::Respond;
use crate::call::source::Source;
use crate::call::{ConnectionContext, Head};
use crate::metadata::Metadata;
use crate::server::answer::refuse;
use crate::server::authorization::Authorization;
use crate::server::check::{Checked, Refused, check};
use crate::server::connection_limit::ConnectionLimiter;
use crate::server::drain::Drain;
use crate::server::inline_policy::Sample;
use crate::server::limits::Limits;
use crate::server::service::{BoxFuture, Call, Route, Router};
use crate::server::spawned::Spawned;
use crate::status::Status;
use crate::transport::{Budget, Exhausted, Grants, HeaderLists, Losses, Peer};

/// What all connections of a server share.
///
/// A call begins by [`accept`](Self::accept) and [`start`](Self::start). Neither needs a
/// connection: whatever has a request and a [`ConnectionContext`] can begin calls.
pub(crate) struct Shared {
    pub(crate) router: Router,
    pub(crate) authorization: Authorization,
    pub(crate) limits: Limits,
    pub(crate) drain: Arc<Drain>,
    pub(crate) connections: Arc<ConnectionLimiter>,
    pub(crate) memory: Arc<Budget>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) losses: Losses,
}

impl Shared {
    /// What the calls of one peer share. They may keep `window` bytes closed.
    pub(crate) fn connection(&self, peer: Peer, window: u32, header_lists: Arc<HeaderLists>) -> Arc<ConnectionContext> {
        let memory = self.memory.part(self.limits.memory_per_connection());
        ConnectionContext::new(peer, self.limits.terms(window), memory, header_lists)
    }

    /// Makes a call of a request, with the number of its method, or answers the request
    /// with a refusal.
    #[inline]
    pub(crate) fn accept<T: Into<Source>>(
        &self,
        request: Request<T>,
        mut respond: Respond,
        connection: &Arc<ConnectionContext>,
    ) -> Option<(usize, Call)> {
        let (Parts { method, uri, headers, .. }, source) = request.into_parts();
        match self.open(&method, &uri, headers, connection) {
            Ok((route, head, bytes)) => {
                let (source, connection) = (source.into(), Arc::clone(connection));
                let name = self.router.route(route).name;
                Some((route, Call { head, source, respond, connection, bytes, name }))
            }
            Err(refused) => {
                respond.send_whole(refuse(refused, connection, uri.path()));
                None
            }
        }
    }

    /// Checks a request, asks whether the call is authorized, and finds its method. In
    /// this order, a caller without permission learns nothing about which methods exist.
    ///
    /// Returns the number of the method, the head of the call, and how many bytes the
    /// call is charged for once it has to wait.
    #[inline]
    fn open(
        &self,
        method: &Method,
        uri: &Uri,
        headers: HeaderMap,
        connection: &Arc<ConnectionContext>,
    ) -> Result<(usize, Head, usize), Refused> {
        let checked = check(method, uri, &headers, self.limits.max_header_list_size)?;
        let Checked { protocol, deadline, offer, size } = checked;
        let deadline = self.limits.cap(deadline);
        let bytes = CALL + Metadata::footprint(&headers, size);
        let metadata = Metadata::from_headers(headers);
        let mut head = Head::received(metadata, deadline, Arc::clone(connection), protocol, offer);
        // The path and nothing but the path: a query makes it another one.
        let path = uri.path_and_query().map_or("", PathAndQuery::as_str);
        self.authorization.ask(path, &mut head).map_err(|status| Refused::status(protocol, status))?;
        let route = self.router.find(path).ok_or_else(|| Refused::status(protocol, no_such_method()))?;
        Ok((route, head, bytes))
    }

    /// Refuses a call if too many handlers run, or if there is no memory for it.
    #[inline]
    pub(crate) fn admit(&self, call: Call) -> Option<Call> {
        let connection = &call.connection;
        if connection.live() >= self.limits.handlers_per_connection() {
            tracing::debug!(peer = %connection.peer, method = %call.name, "call refused: its connection runs as many handlers as it may");
            call.refuse();
            return None;
        }
        if self.drain.live_calls() >= self.limits.max_handlers {
            call.fail(too_many_handlers());
            return None;
        }
        if !connection.budget.has_room(call.bytes) {
            call.fail(exhausted(Exhausted));
            return None;
        }
        Some(call)
    }

    /// Admits a call of this connection and polls it once, here. Spawns it only if it has to
    /// wait, or if its method is not known to be fast. `sample` chooses the polls that
    /// are timed.
    pub(crate) fn start(
        &self,
        cx: &mut Context<'_>,
        connection: &Arc<ConnectionContext>,
        route: &Arc<Route>,
        call: Call,
        sample: &mut Sample,
    ) {
        let Some(call) = self.admit(call) else {
            return;
        };
        let bytes = call.bytes;
        let mut call = route.call(call);
        if route.inline_policy.is_slow() {
            let live = self.drain.live(connection, bytes);
            tokio::spawn(Spawned { call, live, route: Some(Arc::clone(route)) });
            return;
        }
        // By the clock of the runtime, which stands still where a test has paused it.
        let timed = sample.next() || route.inline_policy.is_doubtful();
        let started = timed.then(Instant::now);
        let ready = poll_inline(cx, &mut call);
        if let Some(started) = started {
            route.inline_policy.observe(started.elapsed());
        }
        if !ready {
            let live = self.drain.live(connection, bytes);
            tokio::spawn(Spawned { call, live, route: None });
        }
    }
}

/// `true` if the call is over. A budget of its own keeps the handlers of one
/// turn from starving each other; a panic outside of the handler's polls (in a
/// `Drop` of its state) ends this call alone.
fn poll_inline(cx: &mut Context<'_>, call: &mut BoxFuture) -> bool {
    let polled = catch_unwind(AssertUnwindSafe(|| pin!(tokio::task::coop::unconstrained(call)).poll(cx)));
    !matches!(polled, Ok(Poll::Pending))
}

#[cold]
fn no_such_method() -> Status {
    Status::unimplemented("there is no such method on this server")
}

#[cold]
fn too_many_handlers() -> Status {
    Status::resource_exhausted("the server runs as many calls as it may: try again later")
        .with_source("the setter is Server::max_handlers")
}

/// What a call that waits is charged for beside its headers: its future, its task,
/// its stream, and a light message.
const CALL: usize = 4096;
