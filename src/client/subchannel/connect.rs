//! Makes one connection, and drives it to its end.

use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::client::address::Address;
use crate::client::connection::Connection;
use crate::client::connection::keepalive;
use crate::client::connection::task::{Driver, establish};
use crate::client::connectivity::States;
use crate::client::dns;
use crate::client::settings::ConnectSettings;
use crate::client::subchannel::pool::Pool;
use crate::client::subchannel::race::{interleave, race};
use crate::client::subchannel::shared::Shared;
use crate::client::target::{Name, Target};
use crate::status::Status;
use crate::transport::{Alarm, Queue, reset};

/// A connection from its beginning: first it is made, then this is its task.
pub(crate) struct Connect {
    pub(crate) shared: Weak<Shared>,
    pub(crate) states: Arc<States>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) number: u64,
    /// Those that came before it.
    pub(crate) complaints: u32,
    pub(crate) started: Instant,
    pub(crate) target: Target,
    pub(crate) settings: ConnectSettings,
    /// Whether there are other connections: then it ends when it is not used.
    pub(crate) surplus: bool,
}

/// Why an address does not do, in words and as its cause.
struct Failure {
    reason: String,
    cause: io::Error,
}

impl Connect {
    pub(crate) async fn run(self) {
        let patience = self.settings.connect_timeout;
        match timeout(patience, self.connect()).await {
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

    async fn connect(&self) -> Result<(Arc<Connection>, Driver), Status> {
        let addresses = self.addresses().await.map_err(|error| self.failure(&error).with_source(error))?;
        self.connect_to(addresses).await
    }

    /// Races addresses of the server. The first that greets us is taken, under TLS if it is to be.
    async fn connect_to(&self, addresses: Vec<Address>) -> Result<(Arc<Connection>, Driver), Status> {
        let count = addresses.len();
        let raced = race(addresses, |address| async move {
            let established = self.establish(&address).await;
            established.map_err(|failure| (address, failure))
        });
        raced.await.map_err(|last| match last {
            Some((address, Failure { reason, cause })) if count > 1 => {
                self.failure(&format!("{count} addresses failed; the last, {address}: {reason}")).with_source(cause)
            }
            Some((_, Failure { reason, cause })) => self.failure(&reason).with_source(cause),
            None => self.failure(&"the name has no addresses"),
        })
    }

    async fn addresses(&self) -> io::Result<Vec<Address>> {
        Ok(match &self.target.name {
            Name::Host(host) => interleave(dns::lookup(host).await?).into_iter().map(Address::Tcp).collect(),
            Name::Unix(path) => vec![Address::Unix(path.clone())],
            Name::InProcess(connector) => vec![Address::InProcess(connector.clone())],
        })
    }

    async fn establish(&self, address: &Address) -> Result<(Arc<Connection>, Driver), Failure> {
        let secured = async {
            let (io, peer) = address.dial().await?;
            self.target.security.apply(io, peer, self.target.authority.host()).await
        };
        let (io, peer) = secured.await.map_err(|cause| Failure { reason: cause.to_string(), cause })?;
        let keepalive = self.settings.keepalive.after(self.complaints);
        let settings = ConnectSettings { keepalive, ..self.settings };
        let established = establish(io, peer, &settings, Arc::clone(&self.queue)).await;
        established.map_err(|cause| Failure { reason: reset::Closing(&cause).to_string(), cause })
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
            self.update(|pool| pool.rest(self.number));
            alarm.set(cx, Some(Instant::now() + REST));
        }
        // A server that goes away may do so slowly: waiting calls and watches hear of it now.
        if (!self.queue.is_empty() || self.states.is_watched()) && self.update(Pool::prune) == Some(true) {
            self.queue.wake_all();
        }
    }

    /// The connection has ended by an error, and its calls with it.
    #[cold]
    fn lose(&self, reason: &dyn Display, calls: usize) {
        match self.shared.upgrade() {
            Some(shared) => shared.losses.tell(&self.target, reason, calls),
            None => tracing::debug!(server = %self.target, %reason, calls, "connection lost"),
        }
    }

    /// The server wants fewer pings.
    fn complain(&self) {
        tracing::warn!(server = %self.target, "the server complains of pings: the next connections send half as many");
        if let Some(shared) = self.shared.upgrade() {
            shared.complain(self.complaints);
        }
    }

    #[cold]
    fn failure(&self, error: &dyn Display) -> Status {
        Status::unavailable(format!("cannot connect to {}: {error}", self.target))
    }

    fn fail(&self, status: Status) {
        tracing::debug!(%status);
        self.settle(|pool| pool.fail(status, self.started, fastrand::f64()));
    }

    /// The connection is made or cannot be: all waiting calls look again.
    fn settle(&self, change: impl FnOnce(&mut Pool<Arc<Connection>>)) {
        if let Some(shared) = self.shared.upgrade() {
            shared.settle(change);
        }
        self.queue.wake_all();
    }

    fn update<T>(&self, change: impl FnOnce(&mut Pool<Arc<Connection>>) -> T) -> Option<T> {
        self.shared.upgrade().map(|shared| shared.update(change))
    }
}

/// The task has ended, or was dropped with its runtime: the next call connects anew.
impl Drop for Connect {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            // Nobody begins another connection before this one is made or has failed.
            let unsettled = shared.update(|pool| {
                pool.end(self.number);
                pool.is_connecting(self.number)
            });
            if unsettled {
                let status = self.failure(&"the runtime was shut down");
                shared.settle(|pool| pool.fail(status, self.started, fastrand::f64()));
            }
        }
        self.queue.wake_all();
    }
}

/// How long a connection that is one more may be without calls: it ends when
/// that has twice been seen, so after one to two times as long.
const REST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{InProcessConnector, in_process};
    use crate::{InProcessListener, Listener};
    use tokio::io::AsyncReadExt;

    /// What connects, for nobody.
    fn connect() -> Connect {
        Connect {
            shared: Weak::new(),
            states: Arc::default(),
            queue: Arc::default(),
            number: 1,
            complaints: 0,
            started: Instant::now(),
            target: Target::parse("name.test:1").unwrap(),
            settings: ConnectSettings::default(),
            surplus: false,
        }
    }

    fn addresses(all: [&InProcessConnector; 2]) -> Vec<Address> {
        all.into_iter().cloned().map(Address::InProcess).collect()
    }

    /// Greets the first client and serves it nothing.
    fn greet(mut listener: InProcessListener) {
        tokio::spawn(async move {
            let (pipe, _) = listener.accept().await.unwrap().unwrap();
            let mut connection = h2::server::handshake(pipe).await.unwrap();
            while connection.accept().await.is_some() {}
        });
    }

    /// K79: a server that takes the connection and says nothing is overtaken, and its connection is closed.
    #[tokio::test(start_paused = true)]
    async fn a_server_that_does_not_greet_is_overtaken() {
        let (mut silent, to_silent) = in_process();
        let (greeting, to_greeting) = in_process();
        greet(greeting);
        let begin = Instant::now();
        let connected = connect().connect_to(addresses([&to_silent, &to_greeting])).await;
        assert_eq!(begin.elapsed(), Duration::from_millis(250));
        let (mut pipe, _) = silent.accept().await.unwrap().unwrap();
        pipe.read_to_end(&mut Vec::new()).await.unwrap();
        assert!(connected.is_ok());
    }

    /// K78: an address where nobody listens delays nothing; without any other the error names how many there were.
    #[tokio::test(start_paused = true)]
    async fn an_address_that_fails_is_passed_over() {
        let (greeting, to_greeting) = in_process();
        let (_, to_nobody) = in_process();
        greet(greeting);
        let begin = Instant::now();
        assert!(connect().connect_to(addresses([&to_nobody, &to_greeting])).await.is_ok());
        let failed = connect().connect_to(addresses([&to_nobody, &to_nobody])).await;
        let text = failed.err().map(|status| status.message().to_owned()).unwrap_or_default();
        assert!(
            text.starts_with("cannot connect to name.test:1: 2 addresses failed; the last, in-process: "),
            "{text}"
        );
        let none = connect().connect_to(Vec::new()).await;
        let text = none.err().map(|status| status.message().to_owned()).unwrap_or_default();
        assert_eq!(
            (text.as_str(), begin.elapsed()),
            ("cannot connect to name.test:1: the name has no addresses", Duration::ZERO)
        );
    }
}
