//! The links between clients and servers: bytes wait, go in odd pieces, and stop for good.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fastrand::Rng;
use puregrpc::{InProcessListener, Listener};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, split};
use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};

use crate::plan::{chance, time};
use crate::wire::{Way, Wire};
use crate::world::{Life, QUIET, World};

/// Takes the connections of one client, and leads them to the server.
pub(crate) async fn doorman(world: Arc<World>, channel: usize, mut clients: InProcessListener) {
    let mut links = JoinSet::new();
    while let Ok(Some((client, _))) = Listener::accept(&mut clients).await {
        links.spawn(lead(Arc::clone(&world), channel, client));
    }
    while let Some(link) = links.join_next().await {
        link.expect("a link does not panic");
    }
}

/// One connection, to its end.
async fn lead(world: Arc<World>, channel: usize, client: DuplexStream) {
    let begun = world.now();
    let number = {
        let mut state = world.lock();
        state.links.push(Life { channel, begun, heard: None, ended: None });
        state.links.len() as u64
    };
    let mut rng = Rng::with_seed(world.seed.wrapping_mul(1000).wrapping_add(number));
    let locked_out = !world.is_quiet() && chance(world.profile.lock_out, &mut rng);
    let door = world.lock().door.clone().filter(|_| !locked_out);
    // A small pipe makes the server's writes partial.
    let (near, far) = tokio::io::duplex([64, 1000, 16_384, 1 << 18][rng.usize(..4)]);
    if door.is_none_or(|door| door.send(far).is_err()) {
        return turn_away(&world, number, client, rng).await;
    }
    world.note(|| format!("link {number} opens"));
    world.lock().open_links += 1;
    let link = Link {
        number,
        wire: Mutex::new(Wire::new(Arc::clone(&world), number, rng.fork())),
        changed: Notify::new(),
        cut: Cut::random(&world, &mut rng),
        world,
    };
    link.run(client, near, rng).await;
}

/// A connection that finds no server.
async fn turn_away(world: &World, number: u64, client: DuplexStream, mut rng: Rng) {
    if rng.bool() || world.is_quiet() {
        world.hit("nobody listens", number, None, || format!("link {number}"));
    } else {
        world.hit("nobody answers", number, None, || format!("link {number}"));
        let time = world.now() + time(&mut rng, Duration::from_secs(30));
        world.until(time.min(QUIET)).await;
    }
    drop(client);
    let now = world.now();
    world.life(number, |life| life.ended = Some(now));
}

/// A connection in the hands of the adversary.
struct Link {
    world: Arc<World>,
    number: u64,
    wire: Mutex<Wire>,
    /// Told when there is something to deliver, or room for more.
    changed: Notify,
    cut: Option<Cut>,
}

/// After how many bytes one direction ends.
struct Cut {
    way: Way,
    after: usize,
    /// How long the other goes on.
    half: Option<Duration>,
}

impl Cut {
    fn random(world: &World, rng: &mut Rng) -> Option<Self> {
        chance(world.profile.cut, rng).then(|| Self {
            way: if rng.bool() { Way::Up } else { Way::Down },
            after: 10_f64.powf(rng.f64() * 5.0) as usize,
            half: rng.bool().then(|| time(rng, Duration::from_secs(2))),
        })
    }
}

impl Link {
    async fn run(&self, client: DuplexStream, server: DuplexStream, mut rng: Rng) {
        let (from_client, to_client) = split(client);
        let (from_server, to_server) = split(server);
        let pumps = async {
            tokio::try_join!(
                biased;
                self.fill(Way::Up, from_client),
                self.fill(Way::Down, from_server),
                self.deliver(Way::Up, to_server, rng.fork()),
                self.deliver(Way::Down, to_client, rng.fork()),
            )
        };
        let ended = pumps.await;
        let (left, now) = (self.lock().held(), self.world.now());
        self.world.life(self.number, |life| life.ended = Some(now));
        self.world.note(|| format!("link {} is closed: {ended:?}, {left} bytes are lost", self.number));
        let mut state = self.world.lock();
        state.held -= left;
        state.open_links -= 1;
    }

    /// Takes what comes, unless much waits already.
    async fn fill(&self, way: Way, mut source: impl AsyncRead + Unpin) -> Result<(), Broken> {
        let mut buffer = BytesMut::with_capacity(MOST);
        loop {
            self.when(|wire| (wire.lane(way).out.len() < MOST).then_some(())).await;
            buffer.clear();
            let count = source.read_buf(&mut buffer).await.map_err(|_| Broken("read"))?;
            if count == 0 {
                self.world.note(|| format!("link {} {way:?}: end", self.number));
                self.lock().lane(way).ended = true;
                self.changed.notify_waiters();
                return Ok(());
            }
            self.lock().push(way, &buffer);
            self.changed.notify_waiters();
        }
    }

    /// Delivers it, sooner or later, whole or in pieces.
    async fn deliver(&self, way: Way, mut sink: impl AsyncWrite + Unpin, mut rng: Rng) -> Result<(), Broken> {
        let mut delivered = 0;
        let mut pieces = PIECES;
        while let Some(waiting) = self.when(|wire| waiting(wire, way)).await {
            self.hold(way, &mut rng).await;
            let mut count = waiting.min(ALL);
            if pieces > 0 && chance(self.world.profile.split, &mut rng) {
                let most = if rng.bool() { 9 } else { 3000 };
                count = rng.usize(1..=count.min(most));
                pieces -= 1;
                self.world.fault("split", || format!("link {} {way:?}: {count} of {waiting} bytes", self.number));
            }
            let cut = self.cut.as_ref().filter(|cut| cut.way == way && !self.world.is_quiet());
            let last = cut.filter(|cut| delivered + count >= cut.after);
            if let Some(cut) = last {
                count = cut.after.saturating_sub(delivered).min(count);
            }
            let piece = self.take(way, count);
            sink.write_all(&piece).await.map_err(|_| Broken("write"))?;
            delivered += count;
            if way == Way::Down && delivered >= GREETING {
                let now = self.world.now();
                self.world.life(self.number, |life| life.heard = life.heard.or(Some(now)));
            }
            if let Some(cut) = last {
                return Err(self.end(cut, delivered, sink).await);
            }
            if rng.bool() {
                yield_now().await;
            }
        }
        // The reader may have gone.
        let _ = sink.shutdown().await;
        Ok(())
    }

    /// Waits for no reason.
    async fn hold(&self, way: Way, rng: &mut Rng) {
        let profile = &self.world.profile;
        if self.world.is_quiet() {
            return;
        }
        if chance(profile.stall, rng) {
            let until = self.world.now() + time(rng, STALL);
            self.world.hit("stall", self.number, None, || format!("link {} {way:?} until {until:?}", self.number));
            self.world.until(until.min(QUIET)).await;
        } else if chance(profile.delay, rng) {
            let delay = time(rng, profile.latency);
            self.world.hit("delay", self.number, None, || format!("link {} {way:?} for {delay:?}", self.number));
            self.world.pass(delay).await;
        }
    }

    fn take(&self, way: Way, count: usize) -> Bytes {
        let piece = self.lock().lane(way).out.split_to(count).freeze();
        self.world.lock().held -= count;
        self.changed.notify_waiters();
        piece
    }

    /// Ends one direction, and the other with it or a little later.
    async fn end(&self, cut: &Cut, delivered: usize, mut sink: impl AsyncWrite + Unpin) -> Broken {
        let Some(half) = cut.half else {
            self.world.hit("cut", self.number, None, || {
                format!("link {} {:?} after {delivered} bytes", self.number, cut.way)
            });
            return Broken("cut");
        };
        self.world.hit("half-cut", self.number, None, || {
            format!("link {} {:?} after {delivered} bytes", self.number, cut.way)
        });
        // The reader may have gone.
        let _ = sink.shutdown().await;
        self.world.pass(half).await;
        Broken("half-cut")
    }

    /// Waits until there is something.
    async fn when<T>(&self, look: impl Fn(&mut Wire) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a link is over before both sides have said all.
#[derive(Debug)]
struct Broken(#[expect(dead_code, reason = "it is told in the trace")] &'static str);

/// What waits to be delivered; nothing once nothing more can come.
#[expect(clippy::option_option, reason = "not yet, never more, and so many")]
fn waiting(wire: &mut Wire, way: Way) -> Option<Option<usize>> {
    let lane = wire.lane(way);
    match lane.out.len() {
        0 if lane.ended => Some(None),
        0 => None,
        count => Some(Some(count)),
    }
}

/// More than the server's settings, and less than it says before all else.
const GREETING: usize = 48;

/// How much a link takes before it delivers, and how much it delivers at once.
const MOST: usize = 64 * 1024;
const ALL: usize = 64 * 1024;

/// How often one direction goes in odd pieces.
const PIECES: usize = 300;

const STALL: Duration = Duration::from_secs(25);
