//! The server: listens, accepts, routes, drains.

mod accept_errors;
mod answer;
mod authorization;
#[cfg(feature = "tls")]
mod certificate_watch;
mod check;
mod connection;
mod connection_limit;
mod connection_timers;
mod descriptors;
mod drain;
mod driver;
mod fitted;
mod goaway;
mod inbound;
mod inline_policy;
mod limits;
mod listener;
#[cfg(test)]
mod over_pipe;
mod prepare;
#[cfg(feature = "tls")]
mod reload;
mod service;
mod setters;
mod shared;
mod spawned;
#[cfg(feature = "tls")]
mod tls;
mod unsent;

pub use drain::{DrainReport, DrainWatch};
pub use driver::{Driver, Finish, Run};
pub use inbound::{Inbound, UnaryRequest};
pub use listener::{Incoming, Listener};
#[cfg(feature = "tls")]
pub use reload::TlsReload;
pub use service::{BoxFuture, Call, Service};
#[cfg(feature = "tls")]
pub use tls::TlsListener;

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::Poll;
use std::time::Duration;

use tokio::task::coop::unconstrained;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use crate::call::Request;
use crate::error::Error;
use crate::status::Status;
use crate::transport::{Budget, Grants, Losses, Peer};
use accept_errors::AcceptErrors;
use authorization::Authorization;
use connection_limit::ConnectionLimiter;
use drain::{Drain, DrainPhase};
use limits::Limits;
use service::Router;
use shared::Shared;

/// A gRPC server: services, limits, and what it takes to end well.
///
/// Clones share the services added so far, the limits set so far, and one
/// end: when one of them is told to stop, all of them drain.
///
/// ```no_run
/// # use puregrpc::codegen::Service;
/// # async fn example(greeter: impl Service) -> Result<(), Box<dyn std::error::Error>> {
/// use puregrpc::Server;
/// use tokio::net::TcpListener;
///
/// let listener = TcpListener::bind("[::1]:50051").await?;
/// let stop = async { drop(tokio::signal::ctrl_c().await) };
/// let report = Server::new().add(greeter).serve(listener, stop).await?;
/// println!("{} calls were finished, {} cut", report.finished_calls, report.cut_calls);
/// # Ok(())
/// # }
/// ```
///
/// How SIGTERM is taken, and how a second Ctrl-C ends it at once, is shown
/// [there](crate#running-a-server).
///
/// Two listeners, one server; what stops the first stops the second:
///
/// ```no_run
/// # use puregrpc::Server;
/// # use tokio::net::TcpListener;
/// # async fn example(server: Server, inner: TcpListener, outer: TcpListener) -> Result<(), puregrpc::Error> {
/// let stop = async { drop(tokio::signal::ctrl_c().await) };
/// tokio::try_join!(server.clone().serve(inner, stop), server.serve(outer, std::future::pending()))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Server {
    router: Router,
    authorization: Authorization,
    limits: Limits,
    drain: Arc<Drain>,
    connections: Arc<ConnectionLimiter>,
    /// What the messages of all clones take.
    memory: Arc<AtomicUsize>,
    /// What the connections of all clones were granted.
    granted: Arc<AtomicUsize>,
}

impl Server {
    /// A server without services, with the default limits.
    pub fn new() -> Self {
        Self {
            router: Router::default(),
            authorization: Authorization::default(),
            limits: Limits::default(),
            drain: Drain::new(),
            connections: Arc::default(),
            memory: Arc::default(),
            granted: Arc::default(),
        }
    }

    /// Adds a service; one of the same name is replaced.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it adds a service, as routers do; nobody adds servers up")]
    pub fn add(mut self, service: impl Service) -> Self {
        self.router.add(service);
        self
    }

    /// Lets `decide` say, before anything else is done, who may call what: its
    /// `Ok` lets the call in, its `Err` is what the client is told, usually
    /// UNAUTHENTICATED or PERMISSION_DENIED.
    ///
    /// It is given the whole path, such as `/helloworld.Greeter/SayHello`, byte
    /// by byte the one that is routed next, and the metadata, the peer and the
    /// deadline of the call. It is asked for every path, whether there is a method behind it
    /// or not, and for health, too: one that ends in `_ => Err(…)` is closed to
    /// whatever is added later. Of several, all must agree. A panic is a no.
    ///
    /// It runs on the task of the connection and must not block: what takes a
    /// while, such as asking another server, belongs into the handler.
    ///
    /// ```
    /// use puregrpc::{Server, Status};
    ///
    /// let server = Server::new().authorize(|path, request| match path {
    ///     "/grpc.health.v1.Health/Check" => Ok(()),
    ///     "/helloworld.Greeter/SayHello" => match request.metadata().get("authorization") {
    ///         Some("Bearer 7f3a…") => Ok(()),
    ///         Some(_) => Err(Status::permission_denied("this token is not for greetings")),
    ///         None => Err(Status::unauthenticated("a bearer token is needed")),
    ///     },
    ///     _ => Err(Status::permission_denied("nobody may call this")),
    /// });
    /// # drop(server);
    /// ```
    ///
    /// What it puts into the extensions is there for the handler:
    ///
    #[cfg_attr(feature = "example-services", doc = "```")]
    #[cfg_attr(not(feature = "example-services"), doc = "```ignore")]
    /// # mod proto { puregrpc::include_protos!(); }
    /// # use proto::helloworld::{Greeter, GreeterServer, HelloReply, HelloRequest};
    /// # use puregrpc::{Request, Response, Server, Status};
    /// # struct Polite;
    /// #[derive(Clone)]
    /// struct Caller(&'static str);
    ///
    /// impl Greeter for Polite {
    ///     async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
    ///         let caller: Option<&Caller> = request.extensions().get();
    ///         let name = caller.map_or("stranger", |caller| caller.0);
    ///         Ok(HelloReply { message: format!("Hello, {name}!"), ..Default::default() }.into())
    ///     }
    /// #   async fn say_hello_again(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
    /// #       self.say_hello(request).await
    /// #   }
    /// }
    ///
    /// let server = Server::new().add(GreeterServer::new(Polite)).authorize(|_, request| {
    ///     let caller = match request.metadata().get("authorization") {
    ///         Some("Bearer 7f3a…") => Caller("Ada"),
    ///         _ => return Err(Status::unauthenticated("a bearer token is needed")),
    ///     };
    ///     request.extensions_mut().insert(caller);
    ///     Ok(())
    /// });
    /// # drop(server);
    /// ```
    #[must_use]
    pub fn authorize(
        mut self,
        decide: impl Fn(&str, &mut Request<()>) -> Result<(), Status> + Send + Sync + 'static,
    ) -> Self {
        self.authorization.add(decide);
        self
    }

    /// The names of the services that were added, such as `helloworld.Greeter`.
    pub fn service_names(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.router.names().iter().copied()
    }

    /// Tells when this server, or one of its clones, is told to stop.
    pub fn drain_watch(&self) -> DrainWatch {
        DrainWatch(Arc::clone(&self.drain))
    }

    /// Serves the connections of a listener until `shutdown` is ready; then
    /// ends well, and so do all clones of the server:
    ///
    /// 1. Health is NOT_SERVING. For the time of [`lame_duck`](Self::lame_duck)
    ///    all is served as before, while who routes calls turns to other servers.
    /// 2. No new connections are taken, and a GOAWAY goes out on each open one.
    ///    Calls that run, and those that are on their way, come to their end; what
    ///    a client sends later it knows was not begun, and makes elsewhere.
    /// 3. What still runs after [`drain_timeout`](Self::drain_timeout) is cut.
    ///
    /// Dropping the future instead cuts all connections at once.
    ///
    /// A listener that ends, as an [`Incoming`] or an
    /// [`InProcessListener`](crate::InProcessListener) may, stops nothing: its
    /// connections are served until the last of them has closed, its clones go on.
    ///
    /// # Errors
    ///
    /// Only for what makes serving impossible; no client can end a server, and
    /// neither can a lack of file descriptors.
    pub async fn serve(
        self,
        listener: impl Listener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<DrainReport, Error> {
        let drain = Arc::clone(&self.drain);
        let patience = self.limits.drain_timeout;
        let shared = Arc::new(self.into_shared());
        let mut connections = JoinSet::new();
        if !accept(listener, shutdown, &shared, &mut connections).await {
            return Ok(DrainReport::default());
        }

        let (live, ended, lost) = (drain.live_calls(), drain.ended_calls(), drain.lost_calls());
        drain.advance(DrainPhase::Draining);
        let mut report = DrainReport::default();
        let finished = timeout(patience, async {
            while connections.join_next().await.is_some() {
                report.finished_connections += 1;
            }
        });
        if finished.await.is_err() {
            report.cut_connections = connections.len();
            report.cut_calls = drain.live_calls();
            drain.advance(DrainPhase::Cut);
            while connections.join_next().await.is_some() {}
        }
        report.cut_calls += drain.lost_calls() - lost;
        report.finished_calls = (drain.ended_calls() - ended).min(live.saturating_sub(report.cut_calls));
        Ok(report)
    }

    /// What its calls share, over whichever transport they come.
    fn into_shared(self) -> Shared {
        let Self { router, authorization, limits, drain, connections, memory, granted } = self;
        let memory = Budget::new(limits.memory_limit, memory);
        let grants = Grants::new(limits.granted(), granted);
        Shared { router, authorization, limits, drain, connections, memory, grants, losses: Losses::default() }
    }
}

/// Accepts until the server is to drain, or until nothing more can come and all
/// that came has gone; says whether it is to drain.
async fn accept(
    mut listener: impl Listener,
    shutdown: impl Future<Output = ()>,
    shared: &Arc<Shared>,
    connections: &mut JoinSet<()>,
) -> bool {
    let (drain, mut accept_errors) = (&shared.drain, AcceptErrors::default());
    let told = pin!(first(shutdown, drain.reached(DrainPhase::LameDuck)));
    if !accept_until(told, &mut listener, &mut accept_errors, shared, connections).await {
        return false;
    }
    drain.advance(DrainPhase::LameDuck);
    let lame_duck = shared.limits.lame_duck;
    if !lame_duck.is_zero() {
        let mut over = pin!(first(sleep(lame_duck), drain.reached(DrainPhase::Draining)));
        if !accept_until(over.as_mut(), &mut listener, &mut accept_errors, shared, connections).await {
            // Its clones may still be served, and their time is the same.
            over.await;
        }
    }
    accept_waiting(&mut listener, shared, connections).await;
    true
}

/// Accepts until `stop` is ready, and gives `true`, or until nothing more can
/// come and all that came has gone.
async fn accept_until<L: Listener>(
    mut stop: Pin<&mut impl Future<Output = ()>>,
    listener: &mut L,
    accept_errors: &mut AcceptErrors,
    shared: &Arc<Shared>,
    connections: &mut JoinSet<()>,
) -> bool {
    let mut more = true;
    while more || !connections.is_empty() {
        tokio::select! {
            biased;
            () = stop.as_mut() => return true,
            Some(_) = connections.join_next() => {}
            accepted = accept_one(listener, accept_errors), if more => match accepted {
                Some((io, peer)) => admit::<L>(io, peer, shared, connections),
                None => more = false,
            },
        }
    }
    false
}

/// Takes those who have connected and wait to be accepted: to close the listener
/// would reset them, with the calls that they may have sent.
async fn accept_waiting<L: Listener>(listener: &mut L, shared: &Arc<Shared>, connections: &mut JoinSet<()>) {
    for _ in 0..WAITING {
        // Beyond the budget of the task, which else has it look as if nobody waited.
        let mut accepted = pin!(unconstrained(listener.accept()));
        match poll_fn(|cx| Poll::Ready(accepted.as_mut().poll(cx))).await {
            Poll::Ready(Ok(Some((io, peer)))) => admit::<L>(io, peer, shared, connections),
            Poll::Ready(Err(error)) if is_of_one_connection(&error) => {}
            Poll::Ready(Ok(None) | Err(_)) | Poll::Pending => return,
        }
    }
}

/// Serves a connection, or closes it if too many are open.
fn admit<L: Listener>(io: L::Io, peer: Peer, shared: &Arc<Shared>, connections: &mut JoinSet<()>) {
    if let Some(slot) = shared.connections.take(&peer, &shared.limits) {
        connections.spawn(connection::serve::<L>(io, peer, slot, Arc::clone(shared)));
    }
}

/// Waits for the first of two.
async fn first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = one => {}
        () = other => {}
    }
}

/// The next connection, past all errors.
async fn accept_one<L: Listener>(listener: &mut L, accept_errors: &mut AcceptErrors) -> Option<(L::Io, Peer)> {
    let mut pause = SHORTEST_PAUSE;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // With a rest for the other tasks: a listener may have nothing else to give.
            Err(error) if is_of_one_connection(&error) => {
                tracing::debug!(%error, "a connection failed before it was accepted");
                yield_now().await;
            }
            Err(error) => {
                accept_errors.tell(&error, pause);
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Whether a failed accept says something of the peer only: also that it does
/// not speak TLS, if the listener takes care of that.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, InvalidData, NotConnected,
        TimedOut, UnexpectedEof,
    };
    matches!(
        error.kind(),
        BrokenPipe
            | ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | Interrupted
            | InvalidData
            | NotConnected
            | TimedOut
            | UnexpectedEof
    )
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("services", &self.router.names()).field("limits", &self.limits).finish()
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How many connections may wait when the listener is closed: a listener of ones
/// own may have no end of them.
const WAITING: usize = 1024;
