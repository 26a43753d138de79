//! The task that owns one connection.
//!
//! In each turn it takes all requests that have come, starts their handlers,
//! and writes what they answered in one go. A handler that is ready at its
//! first poll never becomes a task of its own.

use std::cell::Cell;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::Request;
use tokio::time::timeout;

use crate::call::ConnectionContext;
use crate::call::sink::Respond;
use crate::excerpt::Excerpt;
use crate::server::connection_limit::{ConnectionSlot, Newcomer};
use crate::server::connection_timers::ConnectionTimers;
use crate::server::goaway::{self, GoAway, Leave};
use crate::server::inline_policy::Sample;
use crate::server::listener::Listener;
use crate::server::prepare::prepare;
use crate::server::service::Call;
use crate::server::shared::Shared;
use crate::server::unsent::UnsentBytes;
use crate::transport::{BufferedIo, Grant, IoHandle, Meter, Peer, Unnamed, Windows, Written};

/// Serves one connection to its end.
///
/// What has to be done before lies in a future of its own, so that a connection
/// that lives long holds no room for it.
pub(crate) async fn serve<L: Listener>(io: L::Io, peer: Peer, slot: ConnectionSlot, shared: Arc<Shared>) {
    let Some((h2, handle, peer, grant)) = begin::<L>(io, peer, &slot, &shared).await else {
        return;
    };
    let end = Connection::new(h2, handle.clone(), peer, grant, slot.newcomer(), Arc::clone(&shared)).await;
    if handle.tell_why().await || end == End::Closed {
        goaway::linger(&shared.drain, &handle).await;
    }
}

/// A connection that takes calls.
type Greeted = (h2::server::Connection<BufferedIo, Bytes>, IoHandle, Peer, Grant);

/// Brings a connection to where it takes calls; `None` if it does not come to that.
async fn begin<L: Listener>(io: L::Io, peer: Peer, slot: &ConnectionSlot, shared: &Arc<Shared>) -> Option<Greeted> {
    let newcomer = slot.newcomer();
    tokio::select! {
        biased;
        greeted = greet::<L>(io, peer, shared) => greeted,
        () = newcomer.evicted() => None,
    }
}

async fn greet<L: Listener>(io: L::Io, peer: Peer, shared: &Arc<Shared>) -> Option<Greeted> {
    let (io, peer) = prepare::<L>(io, peer, shared).await?;
    let meter = Meter::server(&shared.limits.allowance());
    let (io, handle) = if peer.is_unix() {
        BufferedIo::new(Unnamed::new(io, shared.limits.most_headers() as usize), meter)
    } else {
        BufferedIo::new(io, meter)
    };
    let grant = shared.grants.grant(shared.limits.stream_window, shared.limits.connection_window);
    let handshake = shared.limits.builder(grant.window()).handshake::<_, Bytes>(io);
    let greeted = timeout(shared.limits.handshake_timeout, Greeting { handshake: Box::pin(handshake), io: &handle });
    let greeted = tokio::select! {
        biased;
        greeted = greeted => greeted,
        () = goaway::to_stranger(&shared.drain) => return None,
    };
    match greeted {
        Ok(Ok(h2)) => return Some((h2, handle, peer, grant)),
        Ok(Err(error)) => {
            let first = handle.first_bytes();
            let what = if first.are_tls() { Some("TLS") } else { first.are_request() };
            let what = what.unwrap_or("something else");
            tracing::debug!(%peer, %error, "connection refused: the peer does not speak HTTP/2 but {what}");
            if handle.tell_why().await {
                goaway::linger(&shared.drain, &handle).await;
            }
        }
        Err(_) => tracing::debug!(%peer, "connection refused: no HTTP/2 preface in time"),
    }
    None
}

/// The handshake of h2, with what it writes.
struct Greeting<'a, F> {
    handshake: Pin<Box<F>>,
    io: &'a IoHandle,
}

impl<T, F: Future<Output = Result<T, h2::Error>>> Future for Greeting<'_, F> {
    type Output = Result<T, h2::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.handshake.as_mut().poll(cx);
        // What cannot be written now is written by the connection.
        let _ = self.io.poll_drain(cx);
        polled
    }
}

struct Connection {
    h2: h2::server::Connection<BufferedIo, Bytes>,
    io: IoHandle,
    connection: Arc<ConnectionContext>,
    shared: Arc<Shared>,
    /// Until it has made a call.
    newcomer: Option<Newcomer>,
    /// The requests of this turn, all taken before the first one is handled:
    /// to answer between them would cost a write for each. With the number of its method.
    batch: Vec<(usize, Call)>,
    goaway: GoAway,
    timers: ConnectionTimers,
    windows: Windows,
    unsent: UnsentBytes,
    /// Which inline polls are timed.
    sample: Sample,
}

/// How a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All was said.
    Closed,
    /// By a fault, or at the hard deadline.
    Lost,
}

impl Future for Connection {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        let me = &mut *self;
        me.io.begin_turn(me.connection.live() > 0);
        if me.poll_goaway(cx).is_ready() {
            return Poll::Ready(End::Lost);
        }
        me.poll_evicted(cx);
        let mut calls = 0;
        loop {
            let open = me.accept_all(cx);
            let taken = me.batch.len();
            calls += taken;
            me.start_all(cx);
            if !open {
                // The connection is over; what can still be said is said once.
                let _ = me.io.poll_drain(cx);
                return Poll::Ready(End::Closed);
            }
            if taken == 0 && !me.closes() {
                break;
            }
        }
        let others = calls > 1 || me.connection.live() > 0;
        match me.io.end_turn(cx, others) {
            Ok(turned) => {
                let cut = me.poll_written(cx, turned.written);
                me.windows.fit_connection(cx, turned.window, me.connection.live(), &mut me.h2);
                let timed = me.timers.poll(cx, &mut me.h2, &me.io, turned.stalled, me.connection.live() > 0);
                if cut.is_ready() {
                    return Poll::Ready(End::Lost);
                }
                timed.map(|reason| {
                    me.lose(&reason);
                    End::Lost
                })
            }
            Err(error) => {
                me.lose(&error);
                Poll::Ready(End::Lost)
            }
        }
    }
}

impl Connection {
    fn new(
        mut h2: h2::server::Connection<BufferedIo, Bytes>,
        io: IoHandle,
        peer: Peer,
        grant: Grant,
        newcomer: Newcomer,
        shared: Arc<Shared>,
    ) -> Self {
        let limits = &shared.limits;
        let timers = ConnectionTimers::new(limits, &mut h2);
        let connection = shared.connection(peer, grant.window(), io.header_lists());
        let goaway = GoAway::new(&shared.drain);
        let growth = limits.unread_per_connection();
        let windows = Windows::of_server(limits.stream_window, grant, growth, &shared.memory);
        Self {
            h2,
            io,
            connection,
            shared,
            newcomer: Some(newcomer),
            batch: Vec::new(),
            goaway,
            timers,
            windows,
            unsent: UnsentBytes::default(),
            sample: Sample::default(),
        }
    }

    /// Ready when the peer has taken nothing for too long, or when there is no
    /// memory for what it does not take.
    fn poll_written(&mut self, cx: &mut Context<'_>, written: Written) -> Poll<()> {
        let polled = match written {
            Written::All => {
                self.connection.gauge.empty();
                self.unsent.clear();
                Poll::Pending
            }
            Written::Later => Poll::Pending,
            Written::Part(total) => self.unsent.poll_written(cx, total, &self.connection),
        };
        if polled.is_ready() {
            self.lose(&"the peer does not take what is sent");
        }
        polled
    }

    /// The connection ends by an error, and its calls with it.
    #[cold]
    fn lose(&self, reason: &dyn Display) {
        let calls = self.connection.lose();
        self.shared.drain.lose(calls);
        self.shared.losses.tell(&self.connection.peer, reason, calls);
    }

    /// Ready when the connection is to be cut.
    fn poll_goaway(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(leave) = self.goaway.poll(cx) {
            match leave {
                Leave::Gracefully => self.h2.graceful_shutdown(),
                Leave::AtOnce => return Poll::Ready(()),
            }
        }
        Poll::Pending
    }

    /// Closes a connection that has made no call and whose slot went to another one.
    /// What its peer has sent meanwhile it is told was not begun.
    fn poll_evicted(&mut self, cx: &mut Context<'_>) {
        if self.newcomer.as_ref().is_some_and(|newcomer| newcomer.poll_evicted(cx).is_ready()) {
            tracing::debug!(peer = %self.connection.peer, "connection closed: it has made no call, and others need its place");
            self.newcomer = None;
            self.h2.abrupt_shutdown(Reason::NO_ERROR);
        }
    }

    /// Closes a connection whose peer has been told to go away, has no calls,
    /// and does not say that it has heard: h2 would wait for that for ever.
    fn closes(&mut self) -> bool {
        let closes = self.goaway.is_overdue() && !self.h2.has_streams();
        if closes {
            self.goaway.close();
            self.h2.abrupt_shutdown(Reason::NO_ERROR);
        }
        closes
    }

    /// Takes every request that has come; `false` once the connection is over.
    fn accept_all(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            match self.h2.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => self.accept(request, respond),
                Poll::Ready(Some(Err(error))) => {
                    self.lose(&Excerpt(&error));
                    return false;
                }
                Poll::Ready(None) => return false,
                Poll::Pending => return true,
            }
        }
    }

    fn accept(&mut self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        if let Some(newcomer) = self.newcomer.take() {
            newcomer.settle();
        }
        if let Some(call) = self.shared.accept(request, Respond::H2(respond), &self.connection) {
            if self.batch.capacity() == 0 {
                self.batch = BATCH.take();
            }
            self.batch.push(call);
        }
    }

    fn start_all(&mut self, cx: &mut Context<'_>) {
        let mut batch = std::mem::take(&mut self.batch);
        let shared = Arc::clone(&self.shared);
        for (route, call) in batch.drain(..) {
            shared.start(cx, &self.connection, shared.router.route(route), call, &mut self.sample);
        }
        if (1..=KEPT).contains(&batch.capacity()) {
            BATCH.set(batch);
        }
    }
}

thread_local! {
    /// The buffer of the last batch: a connection holds none between its turns.
    static BATCH: Cell<Vec<(usize, Call)>> = const { Cell::new(Vec::new()) };
}

/// How large a batch may leave its buffer to the next.
const KEPT: usize = 64;
