//! The mode that connects, makes one call and closes, again and again.

use std::io;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::event::Event;
use crate::failure::Failure;
use crate::measure::Measure;
use crate::options::Options;
use crate::process::Process;
use crate::reactor::{Load, Reactor};

/// Short connections.
#[derive(Debug)]
pub(crate) struct Handshakes {
    pub(crate) measure: Measure,
}

impl Handshakes {
    pub(crate) fn new(options: &Options) -> Self {
        let server = options.pid.map(Process::new);
        Self { measure: Measure::new(1, options.warmup, options.duration, server) }
    }

    /// Measures until the time is over, or until no connection comes about any more.
    pub(crate) fn run(&mut self, options: &Options, reactor: &mut Reactor) -> io::Result<()> {
        while !self.measure.over() {
            while reactor.live() < options.conns {
                // The time of a call is that of its connection too.
                let now = Instant::now();
                // With the greeting, as clients do that have no reason to wait.
                reactor.open()?.begin(0, now);
            }
            reactor.turn(self, Duration::MAX)?;
        }
        Ok(())
    }
}

impl Load for Handshakes {
    fn event(&mut self, connection: &mut Connection, event: Event) {
        let now = Instant::now();
        match event {
            Event::End { kind, begun, frames, outcome } => {
                match outcome {
                    Ok(1) => self.measure.done(kind, begun, now, 1, frames),
                    Ok(_) => self.measure.failed(Failure::Messages(1), 1, now),
                    Err(failure) => self.measure.failed(failure, 1, now),
                }
                connection.close();
            }
            Event::GoAway { code, lost } => {
                self.measure.failed(Failure::GoAway(code), lost, now);
                connection.close();
            }
            Event::Closed { failure, lost } => self.measure.failed(failure, lost, now),
            Event::Ready | Event::Settled | Event::Messages { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::tests::{connection, frame, tell, trailers};
    use crate::frames;

    #[test]
    fn a_connection_is_closed_behind_its_call() {
        let line = "127.0.0.1:1 connect warmup=0 secs=600";
        let mut load = Handshakes::new(&Options::parse(line.split(' ').map(String::from)).unwrap());
        load.measure.done(0, Instant::now(), Instant::now(), 0, 0);
        let (mut connection, _server) = connection(b"body");
        connection.begin(0, Instant::now());
        let answer = [frame(frames::DATA, 0, 1, b"\0\0\0\0\0"), trailers(1, b"0")].concat();
        for event in tell(&mut connection, &answer) {
            assert!(!connection.closing());
            load.event(&mut connection, event);
        }
        assert!(connection.closing());
        assert_eq!((load.measure.tallies[0].count, load.measure.errors), (1, 0));
    }
}
