//! How the clients and servers of a run are set up.

use std::time::Duration;

use fastrand::Rng;
use puregrpc::{Channel, ChannelBuilder, Encoding, InProcessConnector, Server};

use crate::plan::{chance, time};

#[derive(Clone, Debug)]
pub(crate) struct Setup {
    connect_timeout: Duration,
    streams: u32,
    handlers: Option<usize>,
    stream_window: u32,
    pub(crate) drain_timeout: Duration,
    age: Option<Duration>,
    grace: Option<Duration>,
    idle: Option<Duration>,
    client_keepalive: Option<Duration>,
    server_keepalive: Option<Duration>,
    keepalive_timeout: Duration,
    encoding: Encoding,
}

impl Setup {
    /// One that ends no call.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let seconds =
            |rng: &mut Rng, probability| chance(probability, rng).then(|| Duration::from_secs(rng.u64(1..20)));
        Self {
            connect_timeout: Duration::from_secs(rng.u64(2..20)),
            streams: if rng.bool() { 1000 } else { rng.u32(1..10) },
            handlers: None,
            stream_window: if rng.bool() { 1 << 20 } else { rng.u32(1..70_000) },
            drain_timeout: Duration::from_secs(200),
            age: seconds(rng, 0.2),
            grace: None,
            idle: seconds(rng, 0.2),
            client_keepalive: seconds(rng, 0.4),
            server_keepalive: seconds(rng, 0.2),
            keepalive_timeout: Duration::from_secs(rng.u64(10..20)),
            encoding: if chance(0.2, rng) { compressing() } else { Encoding::Identity },
        }
    }

    /// One whose limits may end calls.
    pub(crate) fn tightened(self, rng: &mut Rng) -> Self {
        Self {
            handlers: chance(0.2, rng).then(|| rng.usize(1..10)),
            drain_timeout: time(rng, Duration::from_secs(20)),
            grace: self.age.filter(|_| rng.bool()).map(|_| time(rng, Duration::from_secs(5))),
            keepalive_timeout: Duration::from_millis(rng.u64(1..10_000)),
            ..self
        }
    }

    pub(crate) fn server(&self) -> Server {
        let server = Server::new()
            .max_concurrent_streams(self.streams)
            .stream_window(self.stream_window)
            .drain_timeout(self.drain_timeout)
            .max_connection_age(self.age)
            .max_connection_age_grace(self.grace)
            .max_connection_idle(self.idle)
            .keepalive_time(self.server_keepalive)
            .keepalive_timeout(self.keepalive_timeout)
            .permit_keepalive_time(Duration::ZERO)
            .permit_keepalive_without_calls(true)
            .send_compression(self.encoding);
        match self.handlers {
            Some(handlers) => server.max_handlers_per_connection(handlers),
            None => server,
        }
    }

    pub(crate) fn channel(&self, connector: InProcessConnector) -> Channel {
        ChannelBuilder::in_process(connector)
            .connect_timeout(self.connect_timeout)
            .keepalive_time(self.client_keepalive)
            .keepalive_timeout(self.keepalive_timeout)
            .keepalive_without_calls(self.client_keepalive.is_some_and(|time| time.as_secs().is_multiple_of(2)))
            .build()
            .expect("it needs no address")
            .send_compression(self.encoding)
    }

    /// Whether a connection is given up whose answers take too long.
    pub(crate) fn is_impatient(&self) -> bool {
        self.client_keepalive.is_some() || self.server_keepalive.is_some()
    }

    /// Whether limits may end calls.
    pub(crate) fn is_tight(&self) -> bool {
        self.handlers.is_some() || self.grace.is_some()
    }
}

fn compressing() -> Encoding {
    #[cfg(feature = "gzip")]
    return Encoding::Gzip;
    #[cfg(not(feature = "gzip"))]
    Encoding::Identity
}
