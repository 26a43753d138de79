//! Servers, one after the other: each is drained or crashes, and its port is closed for a while.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use futures_core::Stream;
use puregrpc::{DrainReport, Error, Incoming};
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::plan::{chance, time};
use crate::service::service;
use crate::world::{QUIET, World};

/// A server that serves.
struct Reign {
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<DrainReport, Error>>,
}

/// Lets servers come and go until it is quiet; the last one serves until `stop`.
pub(crate) async fn reigns(world: Arc<World>, mut rng: Rng, stop: oneshot::Receiver<()>) {
    let mut draining = Vec::new();
    let mut reign = Reign::begin(&world);
    while let Some(longest) = world.profile.reign {
        let end = world.now() + longest.mul_f64(rng.f64());
        if end >= QUIET {
            break;
        }
        world.until(end).await;
        if chance(world.profile.crash, &mut rng) {
            reign.crash(&world).await;
        } else {
            // No new connections are let in meanwhile, unless there is a next server.
            world.lock().door = None;
            let drain = tokio::spawn(reign.drain(Arc::clone(&world)));
            if rng.bool() {
                draining.push(drain);
            } else {
                drain.await.expect("a drain does not panic");
            }
        }
        if rng.bool() {
            world.pass(time(&mut rng, Duration::from_secs(5))).await;
        }
        reign = Reign::begin(&world);
    }
    // An error means that the run is given up.
    let _ = stop.await;
    for drain in draining {
        drain.await.expect("a drain does not panic");
    }
    world.note(|| "the last server stops".to_owned());
    world.lock().door = None;
    let report = reign.report(&world).await;
    if (report.cut_calls, report.cut_connections) != (0, 0) {
        world.violation(format!("the last server had to cut: {report:?}"));
    }
}

impl Reign {
    fn begin(world: &Arc<World>) -> Self {
        let (door, visitors) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let server = world.profile.setup.server().add(service(world));
        let served = tokio::spawn(server.serve(Incoming(Visitors(visitors)), async { drop(stopped.await) }));
        world.lock().door = Some(door);
        world.note(|| "a server listens".to_owned());
        Self { stop, served }
    }

    async fn crash(self, world: &World) {
        world.hit_all("crash");
        world.lock().door = None;
        self.served.abort();
        // The task ends as cancelled: its error says no more.
        let _ = self.served.await;
    }

    async fn drain(self, world: Arc<World>) {
        world.hit_all("drain");
        let begun = world.now();
        let report = self.report(&world).await;
        let (took, limit) = (world.now() - begun, world.profile.setup.drain_timeout);
        world.note(|| format!("drained: {report:?}"));
        let cut = report.cut_calls + report.cut_connections > 0;
        if took > limit + GRACE || cut && took < limit {
            world.violation(format!("a drain of at most {limit:?} took {took:?}: {report:?}"));
        }
    }

    async fn report(self, world: &World) -> DrainReport {
        // An error means that the server has ended, which its task says, too.
        let _ = self.stop.send(());
        match self.served.await.map(Result::ok) {
            Ok(Some(report)) => report,
            failed => {
                world.violation(format!("a server ended otherwise than by its drain: {failed:?}"));
                DrainReport::default()
            }
        }
    }
}

/// The links that come to a server.
struct Visitors(mpsc::UnboundedReceiver<DuplexStream>);

impl Stream for Visitors {
    type Item = io::Result<DuplexStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.poll_recv(cx) {
            Poll::Ready(Some(link)) => Poll::Ready(Some(Ok(link))),
            // A port whose owner has closed it gives no more, which is not the end of the server.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

const GRACE: Duration = Duration::from_millis(100);
