//! The modes that look at the server's memory: connections without calls, and streams that stay open.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::event::Event;
use crate::failure::Failure;
use crate::options::{Mode, Options};
use crate::process::Process;
use crate::reactor::{Load, Reactor};
use crate::report::Report;

/// What has been opened and is kept.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Connections whose SETTINGS are known to both sides.
    connections: usize,
    /// Streams that have had their first message answered.
    streams: usize,
    /// What the server allows at a time on the connection that allows the fewest.
    allowed: Option<u32>,
    pub(crate) errors: u64,
    pub(crate) failures: BTreeMap<Failure, u64>,
}

impl Held {
    /// Opens what was asked for, and reports what each of it takes.
    pub(crate) fn run(&mut self, options: &Options, reactor: &mut Reactor, report: &mut Report) -> io::Result<()> {
        let pid = options.pid.map(Process::new).ok_or(io::ErrorKind::InvalidInput)?;
        let held = match options.mode {
            Mode::Idle => self.idle(options, reactor, pid),
            _ => self.open(options, reactor, pid),
        };
        let count = if options.mode == Mode::Idle { self.connections.saturating_sub(1) } else { self.streams };
        report.integer("count", count as u64);
        let (opened, before, time) = held?;
        let after = self.settled(reactor, pid)?;
        report.precise("seconds", time.as_secs_f64(), 3);
        report.number("per_second", opened as f64 / time.as_secs_f64());
        report.number("bytes_each", after.saturating_sub(before) as f64 * 1024.0 / opened as f64);
        Ok(())
    }

    /// Connections without calls, beyond a first one that pays for what all have in common.
    fn idle(&mut self, options: &Options, reactor: &mut Reactor, pid: Process) -> io::Result<(usize, u64, Duration)> {
        self.connect(reactor, 1)?;
        let before = self.settled(reactor, pid)?;
        let start = Instant::now();
        self.connect(reactor, options.conns)?;
        Ok((options.conns, before, start.elapsed()))
    }

    /// Streams that stay open, on as many connections as they need.
    fn open(&mut self, options: &Options, reactor: &mut Reactor, pid: Process) -> io::Result<(usize, u64, Duration)> {
        let wanted = usize::try_from(options.n).map_err(io::Error::other)?;
        let each = options.streams_per_connection;
        self.connect(reactor, wanted.div_ceil(each))?;
        if let Some(allowed) = self.allowed.filter(|allowed| (*allowed as usize) < each.min(wanted)) {
            let error = format!("the server allows only {allowed} streams on a connection (streams-per-connection=)");
            return Err(io::Error::other(error));
        }
        let before = self.settled(reactor, pid)?;
        let start = Instant::now();
        let mut left = wanted;
        for connection in reactor.connections() {
            for _ in 0..each.min(left) {
                connection.begin(0, Instant::now());
                left -= 1;
            }
        }
        reactor.flush(self)?;
        while self.streams < wanted {
            self.turn(reactor)?;
        }
        Ok((wanted, before, start.elapsed()))
    }

    /// Opens so many connections more and waits for their handshakes, a few at a time so that none is dropped.
    fn connect(&mut self, reactor: &mut Reactor, number: usize) -> io::Result<()> {
        let goal = reactor.live() + number;
        while self.connections < goal {
            let missing = goal - reactor.live();
            let connecting = reactor.live() - self.connections;
            reactor.open_many(missing.min(AT_A_TIME.saturating_sub(connecting)))?;
            self.turn(reactor)?;
        }
        Ok(())
    }

    fn turn(&mut self, reactor: &mut Reactor) -> io::Result<()> {
        reactor.turn(self, Duration::MAX)?;
        match self.failures.first_key_value() {
            Some((failure, _)) => Err(io::Error::other(failure.to_string())),
            None => Ok(()),
        }
    }

    /// The server's memory in KiB once it does not change any more.
    fn settled(&mut self, reactor: &mut Reactor, pid: Process) -> io::Result<u64> {
        let mut last = pid.private_kib()?;
        let (mut same, end) = (0, Instant::now() + LONGEST_SETTLING);
        while same < ENOUGH_OF_THE_SAME && Instant::now() < end {
            let until = Instant::now() + BETWEEN_LOOKS;
            while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                reactor.turn(self, left)?;
            }
            let now = pid.private_kib()?;
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
        Ok(last)
    }

    fn failed(&mut self, failure: Failure, calls: usize) {
        self.errors += calls as u64;
        *self.failures.entry(failure).or_default() += calls.max(1) as u64;
    }
}

impl Load for Held {
    fn event(&mut self, connection: &mut Connection, event: Event) {
        match event {
            Event::Ready => {
                let allowed = connection.max_streams();
                self.allowed = Some(self.allowed.map_or(allowed, |least| least.min(allowed)));
            }
            Event::Settled => self.connections += 1,
            Event::Messages { count, .. } => self.streams += count as usize,
            Event::End { outcome, .. } => self.failed(outcome.err().unwrap_or(Failure::Closed), 1),
            Event::GoAway { code, lost } => self.failed(Failure::GoAway(code), lost),
            Event::Closed { failure, lost } => self.failed(failure, lost),
        }
    }
}

/// How many handshakes go on at once.
const AT_A_TIME: usize = 64;

/// Memory is looked at so often, until it has been the same so many times in a row.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const ENOUGH_OF_THE_SAME: u32 = 4;
const LONGEST_SETTLING: Duration = Duration::from_secs(3);
