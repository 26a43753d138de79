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

/// A server under attack. There is one at a time, so that what is measured is its own.
pub(crate) struct Stage {
    // Ends before the server does, and that before the next attack.
    bystander: Bystander,
    pub(crate) server: Process,
    security: Option<Arc<Security>>,
    idle: Idle,
    begun: Instant,
    cpu: Duration,
    _turn: MutexGuard<'static, ()>,
}

/// How things were before the attack.
struct Idle {
    latency: Latency,
    cpu: f64,
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
        let _ = bystander.latency(calls());
        let (begun, cpu) = (Instant::now(), server.cpu());
        let latency = bystander.latency(calls());
        let idle = Idle { latency, cpu: share(server.cpu() - cpu, begun.elapsed()), memory: server.memory().0 };
        bystander.forget();
        let cpu = server.cpu();
        Self { bystander, server, idle, security, begun: Instant::now(), cpu, _turn: turn }
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
        Attacker::new(self.connect().await)
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

    /// Ends an attack whose outcome is that of its attacker.
    #[track_caller]
    pub(crate) fn close(self, attack: &str, attacker: &Attacker) {
        let sent = format!("{} frames, {} KiB", attacker.frames, attacker.bytes / 1024);
        self.report(attack, &sent, &attacker.seen.to_string(), attacker.seen.cut_after);
    }

    /// Ends an attack: takes the measure, prints the row, and asserts what holds on any machine.
    #[track_caller]
    pub(crate) fn report(self, attack: &str, sent: &str, outcome: &str, cut_after: Option<Duration>) {
        self.measure().print(attack, sent, outcome, cut_after);
    }

    /// What the attack costs, from the beginning until now.
    #[track_caller]
    pub(crate) fn measure(&self) -> Cost {
        let latency = [self.idle.latency, self.bystander.latency(calls())];
        let cpu = [self.idle.cpu, share(self.server.cpu() - self.cpu, self.begun.elapsed())];
        let growth = self.server.memory().1.saturating_sub(self.idle.memory);
        Cost { cpu, growth, latency, log: self.server.log().len() }
    }

    /// Waits until the server has no more descriptors than this: it has to notice first who has gone.
    #[track_caller]
    pub(crate) fn settle(&self, descriptors: usize) {
        for _ in 0..100 {
            if self.server.descriptors() <= descriptors {
                return;
            }
            self.measure();
        }
        panic!("{} descriptors stay open, {descriptors} should", self.server.descriptors());
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

fn share(cpu: Duration, time: Duration) -> f64 {
    cpu.as_secs_f64() / time.as_secs_f64() * 100.0
}

/// How many calls of the other client make a measure.
fn calls() -> usize {
    if is_full() { 400 } else { 40 }
}
