//! The modes that keep so many calls going on each connection: one that ends is followed by the next.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::event::Event;
use crate::failure::Failure;
use crate::measure::Measure;
use crate::message;
use crate::options::{Mode, Options};
use crate::process::Process;
use crate::reactor::{Load, Reactor};
use crate::request::{Call, Headers};
use crate::streams::Upload;

/// Calls without end.
#[derive(Debug)]
pub(crate) struct Calls {
    plans: Vec<Plan>,
    pub(crate) measure: Measure,
    /// The server allows only so many calls at a time, which are too few.
    limited: Option<u32>,
}

/// One kind of call.
#[derive(Debug)]
struct Plan {
    /// How many of them there are at a time on each connection.
    streams: usize,
    /// The messages that have to come.
    expected: u64,
    /// What a call counts as.
    worth: u64,
    /// Each message that comes is counted, and is answered by another one.
    ping_pong: bool,
}

impl Calls {
    pub(crate) fn new(options: &Options) -> Self {
        let unary = Plan { streams: options.streams, expected: 1, worth: 1, ping_pong: false };
        let plans = match options.mode {
            Mode::ServerStream => vec![Plan { expected: options.n, worth: options.n, ..unary }],
            Mode::ClientStream => vec![Plan { worth: options.n, ..unary }],
            Mode::PingPong => vec![Plan { ping_pong: true, ..unary }],
            Mode::Mixed => {
                vec![Plan { streams: options.light, ..unary }, Plan { streams: options.heavy, ..unary }]
            }
            _ => vec![unary],
        };
        let server = options.pid.map(Process::new);
        let measure = Measure::new(plans.len(), options.warmup, options.duration, server);
        Self { plans, measure, limited: None }
    }

    /// Measures until the time is over.
    pub(crate) fn run(&mut self, options: &Options, reactor: &mut Reactor) -> io::Result<()> {
        reactor.open_many(options.conns)?;
        while !self.measure.over() && self.limited.is_none() && reactor.live() > 0 {
            reactor.turn(self, Duration::MAX)?;
        }
        if let Some(limit) = self.limited {
            let error = format!("the server allows only {limit} calls at a time on a connection");
            return Err(io::Error::other(error));
        }
        if !self.measure.over() {
            return Err(io::Error::other("every connection has ended"));
        }
        Ok(())
    }

    /// Begins what there has to be on a new connection.
    fn start(&mut self, connection: &mut Connection, now: Instant) {
        let wanted: usize = self.plans.iter().map(|plan| plan.streams).sum();
        if (connection.max_streams() as usize) < wanted {
            self.limited = Some(connection.max_streams());
            return;
        }
        for (kind, plan) in self.plans.iter().enumerate() {
            for _ in 0..plan.streams {
                connection.begin(kind, now);
            }
        }
    }
}

impl Load for Calls {
    fn event(&mut self, connection: &mut Connection, event: Event) {
        let now = Instant::now();
        match event {
            Event::Ready => self.start(connection, now),
            Event::Settled => {}
            Event::Messages { id, kind, begun, count, frames } => {
                self.measure.done(kind, begun, now, count, frames);
                connection.send_again(id, now);
            }
            Event::End { kind, begun, frames, outcome } => {
                let plan = &self.plans[kind];
                match outcome {
                    Ok(messages) if messages == plan.expected && !plan.ping_pong => {
                        self.measure.done(kind, begun, now, plan.worth, frames);
                    }
                    Ok(_) => self.measure.failed(Failure::Messages(plan.expected), 1, now),
                    Err(failure) => self.measure.failed(failure, 1, now),
                }
                if connection.draining() && connection.open_calls() == 0 {
                    connection.close();
                } else if !connection.draining() && !self.measure.over() {
                    connection.begin(kind, now);
                }
            }
            Event::GoAway { code, lost } => {
                self.measure.failed(Failure::GoAway(code), lost, now);
                if connection.open_calls() == 0 {
                    connection.close();
                }
            }
            Event::Closed { failure, lost } => self.measure.failed(failure, lost, now),
        }
    }
}

/// The calls of a mode, one of each kind.
pub(crate) fn calls(options: &Options) -> Vec<Call> {
    let whole = |body: Vec<u8>, end| {
        let left = body.len() as u64;
        Upload { pattern: Rc::from(body), offset: 0, left, end }
    };
    let text = || message::bytes(options.size);
    let work = || call(options, WORK, whole(message::work(options.work), true));
    let asked = |request: Vec<u8>| {
        let request = options.request.as_deref().map_or(request, message::framed);
        vec![call(options, &options.path, whole(request, true))]
    };
    match options.mode {
        Mode::Unary | Mode::Connect | Mode::Idle => asked(text()),
        Mode::Echo => vec![call(options, ECHO, whole(text(), true))],
        Mode::ServerStream => asked(message::stream_request(options.n, options.size)),
        Mode::ClientStream => vec![call(options, CLIENT_STREAM, many(&text(), options))],
        Mode::PingPong | Mode::Open => vec![call(options, BIDI, whole(text(), false))],
        Mode::Mixed => vec![call(options, HELLO, whole(text(), true)), work()],
    }
}

fn call(options: &Options, path: &str, body: Upload) -> Call {
    let tls = options.tls.is_some();
    let authority =
        if tls { format!("{}:{}", options.name, options.address.port()) } else { options.address.to_string() };
    let headers = Headers::new(path, &authority, tls, options.metadata).with_methods(path, options.methods);
    Call { headers, body }
}

/// The messages of a client's stream: each in a frame of its own, or as many as fit into one.
fn many(message: &[u8], options: &Options) -> Upload {
    let together = if options.coalesce { (COALESCED / message.len()).max(1) } else { 1 };
    let left = options.n * message.len() as u64;
    Upload { pattern: Rc::from(message.repeat(together)), offset: 0, left, end: true }
}

const HELLO: &str = "/bench.Bench/Hello";
const ECHO: &str = "/bench.Bench/Echo";
const CLIENT_STREAM: &str = "/bench.Bench/ClientStream";
const BIDI: &str = "/bench.Bench/Bidi";
const WORK: &str = "/bench.Bench/Work";

/// The size of frames that messages share.
const COALESCED: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;
    use crate::connection::tests::{connection, frame, settings, tell, trailers};
    use crate::frames;

    fn options(line: &str) -> Options {
        Options::parse(line.split(' ').map(String::from)).unwrap()
    }

    fn upload(line: &str) -> Upload {
        calls(&options(line)).swap_remove(0).body
    }

    /// A load of which everything is counted, on a connection to a server that allows so many streams.
    fn started(line: &str, allowed: u32) -> (Calls, Connection, TcpStream) {
        let mut load = Calls::new(&options(&format!("127.0.0.1:1 {line} warmup=0 secs=600")));
        let (mut connection, server) = connection(b"body");
        // The first event behind the warm-up begins to measure.
        load.measure.done(0, Instant::now(), Instant::now(), 0, 0);
        feed(&mut load, &mut connection, &settings(&[(frames::MAX_CONCURRENT_STREAMS, allowed)]));
        (load, connection, server)
    }

    fn feed(load: &mut Calls, connection: &mut Connection, bytes: &[u8]) {
        for event in tell(connection, bytes) {
            load.event(connection, event);
        }
    }

    #[test]
    fn a_call_that_ends_is_followed_by_the_next() {
        let (mut load, mut connection, _server) = started("unary streams=3", 3);
        assert_eq!(connection.open_calls(), 3);
        let message = frame(frames::DATA, 0, 1, b"\0\0\0\0\0");
        feed(&mut load, &mut connection, &[message, trailers(1, b"0")].concat());
        assert_eq!((load.measure.tallies[0].count, load.measure.errors), (1, 0));
        assert_eq!(connection.open_calls(), 3);
    }

    #[test]
    fn a_call_without_its_message_is_an_error() {
        let (mut load, mut connection, _server) = started("unary streams=1", 1);
        feed(&mut load, &mut connection, &trailers(1, b"0"));
        assert_eq!((load.measure.tallies[0].count, load.measure.errors), (0, 1));
        assert_eq!(load.measure.failures.get(&Failure::Messages(1)), Some(&1));
        assert_eq!(connection.open_calls(), 1);
    }

    #[test]
    fn each_message_of_a_ping_pong_is_answered() {
        let (mut load, mut connection, _server) = started("ping-pong streams=1", 1);
        for id in [1, 1] {
            let begun = Instant::now();
            load.event(&mut connection, Event::Messages { id, kind: 0, begun, count: 1, frames: 1 });
        }
        assert_eq!((load.measure.tallies[0].count, load.measure.frames), (2, 2));
        feed(&mut load, &mut connection, &trailers(1, b"0"));
        assert_eq!(load.measure.errors, 1, "the server has ended what goes on");
    }

    #[test]
    fn a_server_that_allows_too_few_calls_gets_none() {
        let (load, connection, _server) = started("mixed light=5 heavy=3", 7);
        assert_eq!((load.limited, connection.open_calls()), (Some(7), 0));
    }

    #[test]
    fn no_call_follows_a_goaway() {
        let (mut load, mut connection, _server) = started("unary streams=2", 2);
        feed(&mut load, &mut connection, &frame(frames::GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]));
        assert_eq!((connection.open_calls(), connection.closing()), (1, false));
        feed(&mut load, &mut connection, &trailers(1, b"0"));
        assert_eq!((connection.open_calls(), connection.closing()), (0, true));
        assert_eq!(load.measure.failures.get(&Failure::GoAway(0)), Some(&1));
    }

    #[test]
    fn messages_of_a_stream_share_frames_if_told_so() {
        let apart = upload("127.0.0.1:1 client-stream n=5000 size=10");
        assert_eq!((apart.pattern.len(), apart.left), (17, 5000 * 17));
        let together = upload("127.0.0.1:1 client-stream n=5000 size=10 coalesce=1");
        assert_eq!((together.pattern.len(), together.left), (16_384 / 17 * 17, 5000 * 17));
        let large = upload("127.0.0.1:1 client-stream n=5 size=20000 coalesce=1");
        assert_eq!(large.pattern.len() as u64 * 5, large.left);
    }

    #[test]
    fn a_request_of_ones_own_goes_with_the_path() {
        for mode in ["unary", "server-stream"] {
            let own = upload(&format!("127.0.0.1:1 {mode} path=/a/B request=0a01 n=3"));
            assert_eq!(own.pattern[..], [0, 0, 0, 0, 2, 0x0a, 0x01]);
        }
        assert_ne!(upload("127.0.0.1:1 server-stream").pattern, upload("127.0.0.1:1 unary").pattern);
    }

    #[test]
    fn only_streams_both_ways_stay_open() {
        for (mode, ends) in [("unary", true), ("echo", true), ("server-stream", true), ("mixed", true)] {
            assert_eq!(upload(&format!("127.0.0.1:1 {mode}")).end, ends, "{mode}");
        }
        assert!(!upload("127.0.0.1:1 ping-pong").end);
        assert!(!upload("127.0.0.1:1 open pid=1").end);
    }
}
