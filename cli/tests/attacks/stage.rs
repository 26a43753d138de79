//! Where an attack takes place: a server, a client that has done nothing wrong, and what is measured.

use std::env;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use puregrpc::{Channel, Io};
use puregrpc_support::RawPeer;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Mutex, MutexGuard};

use crate::attacker::Attacker;
use crate::bystander::Bystander;
use crate::process::Process;
use crate::report::{Cost, Latency};
use crate::security::Security;
use crate::watch::{Span, Watch};

/// A server under attack. There is one at a time, so that what is measured is its own.
pub(crate) struct Stage {
    // Ends before the server does, and that before the next attack.
    bystander: Bystander,
    pub(crate) server: Process,
    security: Option<Arc<Security>>,
    idle: Idle,
    watch: Watch,
    _turn: MutexGuard<'static, ()>,
}

/// How things were before the attack.
struct Idle {
    latency: Latency,
    span: Span,
    memory: u64,
}

impl Stage {
    /// A server with default limits.
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// A server with these arguments.
    pub(crate) async fn open_with(arguments: &[&str]) -> Self {
        Self::open_as(arguments, &[]).await
    }

    /// A server that speaks TLS.
    pub(crate) async fn open_secure(arguments: &[&str]) -> Self {
        Self::begin(arguments, &[], true).await
    }

    /// The same, with variables of its environment.
    pub(crate) async fn open_as(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::begin(arguments, environment, asked_for("tls")).await
    }

    async fn begin(arguments: &[&str], environment: &[(&str, &str)], secure: bool) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = TURN.lock().await;
        let server = Process::start(arguments, environment, secure);
        let security = secure.then(|| Arc::new(Security::new(&server.authority())));
        let bystander = Bystander::start({
            let (security, address) = (security.clone(), server.address);
            move || match security {
                Some(security) => security.channel(address),
                None => Channel::lazy(address.to_string()).unwrap(),
            }
        });
        // The first calls warm up.
        bystander.wait(Instant::now(), calls());
        let watch = Watch::start(server.id());
        bystander.wait(Instant::now(), calls());
        let span = watch.read();
        let idle = Idle { latency: bystander.during(&span), span, memory: server.memory().0 };
        let watch = Watch::start(server.id());
        Self { bystander, server, idle, security, watch, _turn: turn }
    }

    /// A connection on which nothing has been said.
    pub(crate) async fn connect(&self) -> Box<dyn Io> {
        self.connect_from(1).await
    }

    /// The same, from the address 127.0.0.`last`.
    pub(crate) async fn connect_from(&self, last: u8) -> Box<dyn Io> {
        let socket = self.socket(last).await;
        match &self.security {
            Some(security) => security.connect(socket).await,
            None => Box::new(socket),
        }
    }

    /// The same without TLS, even if the server speaks it.
    pub(crate) async fn socket(&self, last: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.connect(self.server.address).await.unwrap()
    }

    /// An attacker that has said nothing.
    pub(crate) async fn stranger(&self) -> Attacker {
        self.stranger_over(self.connect().await)
    }

    /// The same over this connection.
    pub(crate) fn stranger_over(&self, io: impl Io) -> Attacker {
        Attacker::new(io, self.server.id())
    }

    /// An attacker that has greeted the server.
    pub(crate) async fn attacker(&self) -> Attacker {
        let mut attacker = self.stranger().await;
        attacker.greet().await;
        attacker
    }

    /// A raw client, for attacks whose answers matter.
    pub(crate) async fn peer(&self) -> RawPeer {
        RawPeer::client(self.connect().await).await
    }

    /// Ends an attack whose outcome is that of its attacker: if it was cut, what counts is the time until then.
    #[track_caller]
    pub(crate) fn close(self, attack: &str, attacker: &Attacker) {
        let sent = format!("{} frames, {} KiB", attacker.frames, attacker.bytes / 1024);
        let cost = attacker.seen.cut.map_or_else(|| self.measure(), |span| self.cost(span));
        cost.print(attack, &sent, &attacker.seen.to_string(), attacker.seen.cut.map(|span| span.time));
    }

    /// Ends an attack: takes the measure, prints the row, and asserts what holds on any machine.
    #[track_caller]
    pub(crate) fn report(self, attack: &str, sent: &str, outcome: &str, cut_after: Option<Duration>) {
        self.measure().print(attack, sent, outcome, cut_after);
    }

    /// What an attack costs that lasts: from the beginning until now, but long enough for a measure.
    #[track_caller]
    pub(crate) fn measure(&self) -> Cost {
        self.bystander.wait(self.watch.read().begun, calls());
        self.cost(self.watch.read())
    }

    /// What an attack has cost in this span.
    #[track_caller]
    fn cost(&self, span: Span) -> Cost {
        let latency = [self.idle.latency, self.bystander.during(&span)];
        let next = self.bystander.behind(&span);
        let growth = self.server.memory().1.saturating_sub(self.idle.memory);
        Cost { spans: [self.idle.span, span], growth, latency, next, log: self.server.log().len() }
    }

    /// Waits until the server has no more descriptors than this: it has to notice first who has gone.
    #[track_caller]
    pub(crate) fn settle(&self, descriptors: usize) {
        let settled = self.becomes(|| self.server.descriptors() <= descriptors);
        assert!(settled, "{} descriptors stay open, {descriptors} should", self.server.descriptors());
    }

    /// Waits until the server has logged this.
    #[track_caller]
    pub(crate) fn logs(&self, text: &str) {
        let log = || String::from_utf8_lossy(&self.server.log()).into_owned();
        assert!(self.becomes(|| log().contains(text)), "{text} should be in the log: {}", log());
    }

    /// Whether this comes to hold in some seconds.
    #[track_caller]
    pub(crate) fn becomes(&self, holds: impl Fn() -> bool) -> bool {
        (0..PATIENCE).any(|_| {
            let done = holds();
            if !done {
                self.pass();
            }
            done
        })
    }

    /// Waits as long as a call of the other client takes.
    #[track_caller]
    pub(crate) fn pass(&self) {
        self.bystander.wait(Instant::now(), 1);
    }

    /// Tells the server to end, and gives how long it took.
    pub(crate) fn end(self) -> Duration {
        let Self { bystander, mut server, .. } = self;
        drop(bystander);
        let begun = Instant::now();
        server.terminate();
        assert_eq!(server.wait().code(), Some(0));
        begun.elapsed()
    }
}

/// Whether the long version was asked for.
pub(crate) fn is_full() -> bool {
    asked_for("full")
}

fn asked_for(mode: &str) -> bool {
    env::var("PUREGRPC_ATTACKS").is_ok_and(|modes| modes.split(',').any(|asked| asked == mode))
}

/// How many calls of the other client make a measure.
fn calls() -> usize {
    if is_full() { 400 } else { 40 }
}

/// How many calls of the other client something may take that the server does in its own time.
const PATIENCE: usize = 4_000;
