//! Who may be connected: so many in all, and so many from one address.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::poll_fn;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use tokio::time::Instant;

use crate::server::descriptors;
use crate::server::limits::Limits;
use crate::transport::Peer;

/// The connections that the clones of a server have open.
#[derive(Debug, Default)]
pub(crate) struct ConnectionLimiter(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Only addresses that have a connection.
    by_origin: HashMap<Origin, OfOrigin>,
    /// The connections that have made no call yet, the oldest first.
    newcomers: BTreeMap<u64, Waiting>,
    /// The number of the next connection.
    next: u64,
    /// How many were turned away so far, and how many had to make room.
    refused: u64,
    evicted: u64,
}

/// The connections of one address.
#[derive(Debug, Default)]
struct OfOrigin {
    all: usize,
    newcomers: BTreeSet<u64>,
}

/// A connection that has made no call.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    occupant: Arc<Occupant>,
}

/// What counts as one address: with IPv6 a network of 2⁶⁴, which is the least
/// that anybody is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    V4([u8; 4]),
    V6([u16; 4]),
}

/// The place of one connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot(Arc<Occupant>);

/// A connection that has made no call. It loses its slot when slots are short.
#[derive(Debug)]
pub(crate) struct Newcomer(Arc<Occupant>);

/// A connection that has or had a slot. The state changes only while the slots
/// are locked.
#[derive(Debug)]
struct Occupant {
    limiter: Arc<ConnectionLimiter>,
    origin: Option<Origin>,
    number: u64,
    state: AtomicU8,
    /// Woken when the slot goes to another connection.
    task: AtomicWaker,
}

/// The states of an [`Occupant`].
const NEW: u8 = 0;
const SETTLED: u8 = 1;
const EVICTED: u8 = 2;

impl ConnectionLimiter {
    /// A slot for a new connection. If all are taken, the oldest connection that
    /// has made no call loses its slot, unless it is younger than [`GRACE`].
    pub(crate) fn take(self: &Arc<Self>, peer: &Peer, limits: &Limits) -> Option<ConnectionSlot> {
        let counted = limits.max_connections_per_ip.is_some();
        let origin = peer.socket_addr().filter(|_| counted).map(|address| Origin::of(address.ip()));
        let mut taken = self.lock();
        let now = Instant::now();
        // First the address: its newcomers make room for it, and no others.
        let limit = limits.max_connections_per_ip.unwrap_or(usize::MAX);
        let crowded = origin.filter(|origin| taken.of_origin(*origin) >= limit);
        let full = taken.all >= limits.max_connections.unwrap_or_else(descriptors::connections);
        if (crowded.is_some() || full) && !taken.evict(crowded, now) {
            taken.refused += 1;
            warn(peer, crowded.is_none(), taken.refused);
            return None;
        }
        Some(taken.slot(self, origin, now))
    }

    /// A panic leaves the counts whole.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn of_origin(&self, origin: Origin) -> usize {
        self.by_origin.get(&origin).map_or(0, |of_origin| of_origin.all)
    }

    fn slot(&mut self, limiter: &Arc<ConnectionLimiter>, origin: Option<Origin>, since: Instant) -> ConnectionSlot {
        let number = self.next;
        self.next += 1;
        self.add(origin);
        if let Some(origin) = origin {
            self.by_origin.entry(origin).or_default().newcomers.insert(number);
        }
        let (state, task) = (AtomicU8::new(NEW), AtomicWaker::new());
        let occupant = Arc::new(Occupant { limiter: Arc::clone(limiter), origin, number, state, task });
        self.newcomers.insert(number, Waiting { since, occupant: Arc::clone(&occupant) });
        ConnectionSlot(occupant)
    }

    /// Takes the slot of the oldest newcomer, of this address if there is one;
    /// says whether there was any that is old enough.
    fn evict(&mut self, origin: Option<Origin>, now: Instant) -> bool {
        let oldest = match origin {
            Some(origin) => self.by_origin.get(&origin).and_then(|of_origin| of_origin.newcomers.first().copied()),
            None => self.newcomers.first_key_value().map(|(number, _)| *number),
        };
        let old = |waiting: &Waiting| now.saturating_duration_since(waiting.since) >= GRACE;
        let waiting = oldest.and_then(|number| self.newcomers.get(&number)).filter(|waiting| old(waiting));
        let Some(occupant) = waiting.map(|waiting| Arc::clone(&waiting.occupant)) else {
            return false;
        };
        self.forget(&occupant);
        self.remove(occupant.origin);
        occupant.state.store(EVICTED, Ordering::Release);
        occupant.task.wake();
        self.evicted += 1;
        if self.evicted.is_power_of_two() {
            let evicted = self.evicted;
            tracing::warn!(evicted, "connection closed that has made no call: others need its place");
        }
        true
    }

    /// The connection is no newcomer any more.
    fn forget(&mut self, occupant: &Occupant) {
        self.newcomers.remove(&occupant.number);
        if let Some(of_origin) = occupant.origin.and_then(|origin| self.by_origin.get_mut(&origin)) {
            of_origin.newcomers.remove(&occupant.number);
        }
    }

    fn add(&mut self, origin: Option<Origin>) {
        self.all += 1;
        if let Some(origin) = origin {
            self.by_origin.entry(origin).or_default().all += 1;
        }
    }

    fn remove(&mut self, origin: Option<Origin>) {
        self.all -= 1;
        if let Some(origin) = origin
            && let Entry::Occupied(mut entry) = self.by_origin.entry(origin)
        {
            entry.get_mut().all -= 1;
            if entry.get().all == 0 {
                entry.remove();
            }
        }
    }
}

impl ConnectionSlot {
    /// The connection that sits here, which has made no call.
    pub(crate) fn newcomer(&self) -> Newcomer {
        Newcomer(Arc::clone(&self.0))
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut taken = self.0.limiter.lock();
        if self.0.state.load(Ordering::Acquire) != EVICTED {
            taken.forget(&self.0);
            taken.remove(self.0.origin);
        }
    }
}

impl Newcomer {
    /// Ready once the slot went to another connection.
    pub(crate) fn poll_evicted(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.task.register(cx.waker());
        if self.0.state.load(Ordering::Acquire) == EVICTED { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits until the slot goes to another connection.
    pub(crate) async fn evicted(&self) {
        poll_fn(|cx| self.poll_evicted(cx)).await;
    }

    /// The connection has made a call, and keeps its slot. If it has just lost
    /// that, there is one connection more than there should be.
    pub(crate) fn settle(self) {
        let mut taken = self.0.limiter.lock();
        if self.0.state.swap(SETTLED, Ordering::AcqRel) == EVICTED {
            taken.add(self.0.origin);
        } else {
            taken.forget(&self.0);
        }
    }
}

impl Origin {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = Ipv6Addr::segments(&address);
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// Loud ever more rarely: who is turned away comes again, and a log is no place
/// for each of his attempts.
#[cold]
fn warn(peer: &Peer, full: bool, refused: u64) {
    let limit = if full { "Server::max_connections" } else { "Server::max_connections_per_ip" };
    if refused.is_power_of_two() {
        tracing::warn!(%peer, limit, refused, "connection refused: too many are open");
    } else {
        tracing::debug!(%peer, limit, refused, "connection refused: too many are open");
    }
}

/// How long a connection keeps its slot in any case: a client that has just
/// connected makes its first call within this time, over slow networks too.
const GRACE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use std::task::Waker;
    use tokio::time::advance;

    fn peer(address: &str) -> Peer {
        address.parse::<SocketAddr>().unwrap().into()
    }

    fn limits(all: Option<usize>, per_ip: Option<usize>) -> Limits {
        Limits { max_connections: all, max_connections_per_ip: per_ip, ..Limits::default() }
    }

    /// R8: what leaves makes room.
    #[test]
    fn seats_are_taken_and_given_back() {
        let (limiter, limits) = (Arc::<ConnectionLimiter>::default(), limits(Some(2), None));
        let take = || limiter.take(&peer("192.0.2.1:1"), &limits);
        let (first, _second) = (take().unwrap(), take().unwrap());
        assert!(take().is_none());
        drop(first);
        let _third = take().unwrap();
        assert!(take().is_none());
        assert_eq!(limiter.lock().refused, 2);
    }

    /// R8: one address is counted for itself, and an IPv6 network of 2⁶⁴ is one.
    #[test]
    fn each_address_has_its_own_count() {
        let (limiter, limits) = (Arc::<ConnectionLimiter>::default(), limits(None, Some(1)));
        let take = |address| limiter.take(&peer(address), &limits);
        let _taken = ["192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8:0:1::1]:1"].map(|a| take(a).unwrap());
        for same in ["192.0.2.1:2", "[::ffff:192.0.2.2]:1", "[2001:db8::2]:1", "[2001:db8:0:1:ffff::]:1"] {
            assert!(take(same).is_none(), "{same}");
        }
        assert!(limiter.take(&Peer::in_process(), &limits).is_some());
    }

    /// Nothing is left of who has gone.
    #[test]
    fn addresses_without_connections_are_forgotten() {
        let (limiter, limits) = (Arc::<ConnectionLimiter>::default(), limits(None, Some(3)));
        let all: Vec<_> =
            (0..600u16).map(|n| limiter.take(&peer(&format!("192.0.2.{}:{n}", n % 200)), &limits).unwrap()).collect();
        assert_eq!(limiter.lock().by_origin.len(), 200);
        drop(all);
        let taken = limiter.lock();
        assert_eq!((taken.all, taken.by_origin.len(), taken.newcomers.len()), (0, 0, 0));
    }

    /// R8: a connection that has made a call keeps its slot; of the others the oldest goes, but none that is young.
    #[tokio::test(start_paused = true)]
    async fn the_oldest_connection_without_a_call_makes_room() {
        let (limiter, limits) = (Arc::<ConnectionLimiter>::default(), limits(Some(3), None));
        let take = || limiter.take(&peer("192.0.2.1:1"), &limits);
        let is_evicted =
            |newcomer: &Newcomer| newcomer.poll_evicted(&mut Context::from_waker(Waker::noop())).is_ready();
        let held = [take().unwrap(), take().unwrap(), take().unwrap()];
        let [busy, old, young] = held.each_ref().map(ConnectionSlot::newcomer);
        busy.settle();
        advance(GRACE - Duration::from_millis(1)).await;
        assert!(take().is_none());
        advance(Duration::from_millis(1)).await;
        let fourth = take().unwrap();
        assert_eq!([&old, &young].map(is_evicted), [true, false]);
        let fifth = take().unwrap();
        assert!(is_evicted(&young) && take().is_none());
        drop((held, fourth, fifth));
        let taken = limiter.lock();
        assert_eq!((taken.all, taken.newcomers.len()), (0, 0));
    }

    /// R8: who is over the limit of its address takes slots of that address only.
    #[tokio::test(start_paused = true)]
    async fn an_address_makes_room_for_itself() {
        let (limiter, limits) = (Arc::<ConnectionLimiter>::default(), limits(Some(4), Some(2)));
        let take = |address| limiter.take(&peer(address), &limits);
        let is_evicted =
            |slot: &ConnectionSlot| slot.newcomer().poll_evicted(&mut Context::from_waker(Waker::noop())).is_ready();
        let others = ["192.0.2.1:1", "192.0.2.1:2"].map(|address| take(address).unwrap());
        let own = ["192.0.2.2:1", "192.0.2.2:2"].map(|address| take(address).unwrap());
        advance(GRACE).await;
        let next = take("192.0.2.2:3").unwrap();
        assert_eq!((others.each_ref().map(is_evicted), own.each_ref().map(is_evicted)), ([false; 2], [true, false]));
        // A third address finds no slot: the oldest of all makes room.
        let third = take("192.0.2.3:1").unwrap();
        assert_eq!((others.each_ref().map(is_evicted), is_evicted(&own[1])), ([true, false], false));
        drop((others, own, next, third));
        assert!(limiter.lock().by_origin.is_empty() && limiter.lock().all == 0);
    }

    /// A call that comes as the slot is lost is served: it counts again.
    #[tokio::test(start_paused = true)]
    async fn a_call_in_the_last_moment_keeps_the_connection() {
        let (limiter, limits) = (Arc::<ConnectionLimiter>::default(), limits(Some(1), None));
        let first = limiter.take(&peer("192.0.2.1:1"), &limits).unwrap();
        advance(GRACE).await;
        let second = limiter.take(&peer("192.0.2.1:2"), &limits).unwrap();
        first.newcomer().settle();
        assert_eq!(limiter.lock().all, 2);
        drop((first, second));
        assert_eq!(limiter.lock().all, 0);
    }
}
