//! Who may be connected: so many in all, and so many from one address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::server::descriptors;
use crate::server::limits::Limits;
use crate::transport::Peer;

/// The connections that the clones of a server have open.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Only addresses that have a connection.
    by_origin: HashMap<Origin, usize>,
    /// How many were turned away so far.
    refused: u64,
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
pub(crate) struct Seat {
    seats: Arc<Seats>,
    origin: Option<Origin>,
}

impl Seats {
    /// A seat for a new connection, unless too many are taken.
    pub(crate) fn take(self: &Arc<Self>, peer: &Peer, limits: &Limits) -> Option<Seat> {
        let counted = limits.max_connections_per_ip.is_some();
        let origin = peer.socket_addr().filter(|_| counted).map(|address| Origin::of(address.ip()));
        let mut taken = self.lock();
        let of_origin = origin.and_then(|origin| taken.by_origin.get(&origin).copied()).unwrap_or(0);
        let full = taken.all >= limits.max_connections.unwrap_or_else(descriptors::connections);
        if full || limits.max_connections_per_ip.is_some_and(|limit| origin.is_some() && of_origin >= limit) {
            taken.refused += 1;
            warn(peer, full, taken.refused);
            return None;
        }
        taken.all += 1;
        if let Some(origin) = origin {
            taken.by_origin.insert(origin, of_origin + 1);
        }
        Some(Seat { seats: Arc::clone(self), origin })
    }

    /// A panic leaves the counts whole.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.all -= 1;
        if let Some(origin) = self.origin
            && let Entry::Occupied(mut entry) = taken.by_origin.entry(origin)
        {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    fn peer(address: &str) -> Peer {
        address.parse::<SocketAddr>().unwrap().into()
    }

    fn limits(all: Option<usize>, per_ip: Option<usize>) -> Limits {
        Limits { max_connections: all, max_connections_per_ip: per_ip, ..Limits::default() }
    }

    /// R8: what leaves makes room.
    #[test]
    fn seats_are_taken_and_given_back() {
        let (seats, limits) = (Arc::<Seats>::default(), limits(Some(2), None));
        let take = || seats.take(&peer("192.0.2.1:1"), &limits);
        let (first, _second) = (take().unwrap(), take().unwrap());
        assert!(take().is_none());
        drop(first);
        let _third = take().unwrap();
        assert!(take().is_none());
        assert_eq!(seats.lock().refused, 2);
    }

    /// R8: one address is counted for itself, and an IPv6 network of 2⁶⁴ is one.
    #[test]
    fn each_address_has_its_own_count() {
        let (seats, limits) = (Arc::<Seats>::default(), limits(None, Some(1)));
        let take = |address| seats.take(&peer(address), &limits);
        let _taken = ["192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8:0:1::1]:1"].map(|a| take(a).unwrap());
        for same in ["192.0.2.1:2", "[::ffff:192.0.2.2]:1", "[2001:db8::2]:1", "[2001:db8:0:1:ffff::]:1"] {
            assert!(take(same).is_none(), "{same}");
        }
        assert!(seats.take(&Peer::in_process(), &limits).is_some());
    }

    /// Nothing is left of who has gone.
    #[test]
    fn addresses_without_connections_are_forgotten() {
        let (seats, limits) = (Arc::<Seats>::default(), limits(None, Some(3)));
        let all: Vec<_> =
            (0..600u16).map(|n| seats.take(&peer(&format!("192.0.2.{}:{n}", n % 200)), &limits).unwrap()).collect();
        assert_eq!(seats.lock().by_origin.len(), 200);
        drop(all);
        let taken = seats.lock();
        assert_eq!((taken.all, taken.by_origin.len()), (0, 0));
    }
}
