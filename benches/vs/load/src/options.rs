//! What the command line asks for: `vs-load ADDR MODE [key=value]...`

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// What to do to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Unary,
    Echo,
    ServerStream,
    ClientStream,
    PingPong,
    Idle,
    Open,
    Connect,
    Mixed,
}

impl Mode {
    /// The mode's name on the command line and in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Echo => "echo",
            Self::ServerStream => "server-stream",
            Self::ClientStream => "client-stream",
            Self::PingPong => "ping-pong",
            Self::Idle => "idle",
            Self::Open => "open",
            Self::Connect => "connect",
            Self::Mixed => "mixed",
        }
    }

    const ALL: [Self; 9] = [
        Self::Unary,
        Self::Echo,
        Self::ServerStream,
        Self::ClientStream,
        Self::PingPong,
        Self::Idle,
        Self::Open,
        Self::Connect,
        Self::Mixed,
    ];
}

/// The command line, with defaults where it says nothing.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) address: SocketAddr,
    pub(crate) mode: Mode,
    /// Calls at a time on each connection.
    pub(crate) streams: usize,
    pub(crate) conns: usize,
    /// How long is measured, and what is not counted before.
    pub(crate) duration: Duration,
    pub(crate) warmup: Duration,
    /// Bytes in a message.
    pub(crate) size: usize,
    /// Bytes of metadata that each call has beyond what it needs.
    pub(crate) metadata: usize,
    /// The method of `unary`, `server-stream` and `connect`.
    pub(crate) path: String,
    /// Calls go to so many methods in turn, whose paths are `path` and a number; 0 is to `path` itself.
    pub(crate) methods: usize,
    /// The request of calls to `path`, if it is another than that of `bench.Bench`.
    pub(crate) request: Option<Vec<u8>>,
    /// Messages of a streaming call, or streams to open.
    pub(crate) n: u64,
    /// Messages share DATA frames.
    pub(crate) coalesce: bool,
    pub(crate) streams_per_connection: usize,
    /// Of `mixed`: streams of either kind, and the microseconds that a heavy call keeps the server busy.
    pub(crate) light: usize,
    pub(crate) heavy: usize,
    pub(crate) work: u64,
    /// The server's process.
    pub(crate) pid: Option<u32>,
    /// The certificate authority of the server, and the name that its certificate has.
    pub(crate) tls: Option<PathBuf>,
    pub(crate) name: String,
    /// TLS sessions are taken up again.
    pub(crate) resume: bool,
}

impl Options {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// Says in one line what is wrong with them.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments.into_iter();
        let (Some(address), Some(mode)) = (arguments.next(), arguments.next()) else {
            return Err(usage());
        };
        let mode = Mode::ALL.into_iter().find(|known| known.name() == mode).ok_or_else(usage)?;
        let address = address.to_socket_addrs().map_err(|error| format!("{address}: {error}"))?.next();
        let mut options = Self::new(address.ok_or("the address has no host")?, mode);
        for argument in arguments {
            let (key, value) = argument.split_once('=').ok_or_else(|| format!("{argument} is not key=value"))?;
            options.set(key, value)?;
        }
        options.checked()
    }

    fn new(address: SocketAddr, mode: Mode) -> Self {
        let (streams, conns, n) = match mode {
            Mode::ServerStream => (1, 1, 200_000),
            Mode::ClientStream => (1, 1, 100_000),
            Mode::Idle => (1, 900, 0),
            Mode::Open => (1, 1, 20_000),
            Mode::Connect => (1, 1, 0),
            Mode::Unary | Mode::Echo | Mode::PingPong | Mode::Mixed => (64, 1, 0),
        };
        Self {
            address,
            mode,
            streams,
            conns,
            duration: Duration::from_millis(500),
            warmup: Duration::from_millis(100),
            size: 10,
            metadata: 0,
            path: (if mode == Mode::ServerStream { "/bench.Bench/ServerStream" } else { "/bench.Bench/Hello" }).into(),
            methods: 0,
            request: None,
            n,
            coalesce: false,
            streams_per_connection: 1000,
            light: 32,
            heavy: 4,
            work: 2000,
            pid: None,
            tls: None,
            name: "localhost".into(),
            resume: false,
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "streams" => self.streams = number(key, value)?,
            "conns" => self.conns = number(key, value)?,
            "secs" => self.duration = seconds(key, value)?,
            "warmup" => self.warmup = seconds(key, value)?,
            "size" => self.size = number(key, value)?,
            "metadata" => self.metadata = number(key, value)?,
            "path" => self.path = value.into(),
            "methods" => self.methods = number(key, value)?,
            "request" => self.request = Some(bytes(key, value)?),
            "n" => self.n = number(key, value)?,
            "coalesce" => self.coalesce = flag(key, value)?,
            "streams-per-connection" => self.streams_per_connection = number(key, value)?,
            "light" => self.light = number(key, value)?,
            "heavy" => self.heavy = number(key, value)?,
            "work" => self.work = number(key, value)?,
            "pid" => self.pid = Some(number(key, value)?),
            "tls" => self.tls = Some(value.into()),
            "name" => self.name = value.into(),
            "resume" => self.resume = flag(key, value)?,
            _ => return Err(format!("unknown option {key}; there are {KEYS}")),
        }
        Ok(())
    }

    fn checked(self) -> Result<Self, String> {
        let wanted = [
            ("streams", self.streams > 0),
            ("conns", self.conns > 0),
            ("streams-per-connection", self.streams_per_connection > 0),
            ("light", self.mode != Mode::Mixed || self.light > 0),
            ("n", self.n > 0 || !matches!(self.mode, Mode::ServerStream | Mode::ClientStream | Mode::Open)),
            ("secs", !self.duration.is_zero()),
        ];
        if let Some((key, _)) = wanted.into_iter().find(|(_, holds)| !holds) {
            return Err(format!("{key}=0 leaves nothing to do"));
        }
        if matches!(self.mode, Mode::Idle | Mode::Open) && self.pid.is_none() {
            return Err(format!("{} looks at the server's memory and needs pid=", self.mode.name()));
        }
        if self.methods > MOST_METHODS {
            return Err(format!("at most methods={MOST_METHODS}"));
        }
        if self.size > LARGEST_MESSAGE || self.metadata > LARGEST_METADATA {
            return Err(format!("at most size={LARGEST_MESSAGE} and metadata={LARGEST_METADATA}"));
        }
        Ok(self)
    }
}

fn usage() -> String {
    let modes: Vec<_> = Mode::ALL.iter().map(|mode| mode.name()).collect();
    format!("usage: vs-load ADDR MODE [key=value]...\nmodes: {}\nkeys: {KEYS}", modes.join(" "))
}

fn number<T: FromStr>(key: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{key}={value} is not a number that fits"))
}

/// Reads bytes that are given as hexadecimal digits.
fn bytes(key: &str, value: &str) -> Result<Vec<u8>, String> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    let read = value.as_bytes().chunks(2).map(pair).collect();
    Option::ok_or_else(read, || format!("{key}={value} is not bytes in hexadecimal digits"))
}

fn flag(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(format!("{key}={value} is neither 0 nor 1")),
    }
}

fn seconds(key: &str, value: &str) -> Result<Duration, String> {
    let seconds: f64 = number(key, value)?;
    if !(0.0..=MOST_SECONDS).contains(&seconds) {
        return Err(format!("{key}={value} is not between 0 and {MOST_SECONDS} seconds"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

const KEYS: &str = "streams conns secs warmup size metadata path methods request n coalesce streams-per-connection light \
                    heavy work pid tls name resume";

/// So that a connection does not run out of numbers for its streams.
const MOST_SECONDS: f64 = 600.0;

const LARGEST_MESSAGE: usize = 1 << 30;
const LARGEST_METADATA: usize = 1 << 20;
const MOST_METHODS: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split(' ').map(String::from))
    }

    #[test]
    fn modes_have_their_own_defaults() {
        let unary = parse("127.0.0.1:1 unary").unwrap();
        assert_eq!((unary.streams, unary.conns, unary.size), (64, 1, 10));
        assert_eq!((unary.duration, unary.warmup), (Duration::from_millis(500), Duration::from_millis(100)));
        assert_eq!(parse("127.0.0.1:1 server-stream").unwrap().n, 200_000);
        assert_eq!(parse("127.0.0.1:1 client-stream").unwrap().n, 100_000);
        assert_eq!(parse("127.0.0.1:1 idle pid=1").unwrap().conns, 900);
    }

    #[test]
    fn a_request_is_given_in_hexadecimal_digits() {
        let request = |digits| parse(&format!("127.0.0.1:1 unary request={digits}")).map(|options| options.request);
        assert_eq!(request("0aFf07"), Ok(Some(vec![0x0a, 0xff, 0x07])));
        assert_eq!(request(""), Ok(Some(Vec::new())));
    }

    #[test]
    fn every_mode_is_found_by_its_name() {
        for mode in Mode::ALL {
            assert_eq!(parse(&format!("127.0.0.1:1 {} pid=1", mode.name())).unwrap().mode, mode);
        }
    }

    #[test]
    fn every_key_is_known() {
        for key in KEYS.split_whitespace() {
            let value = if key == "request" { "0a" } else { "1" };
            assert!(parse(&format!("127.0.0.1:1 unary {key}={value}")).is_ok(), "{key}");
        }
        let options = parse("127.0.0.1:1 echo secs=0.25 size=7 coalesce=1 tls=/a/b name=x pid=9").unwrap();
        assert_eq!((options.duration, options.size, options.coalesce), (Duration::from_millis(250), 7, true));
        assert_eq!((options.tls, options.name, options.pid), (Some("/a/b".into()), "x".into(), Some(9)));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        for (line, reason) in [
            ("127.0.0.1:1", "usage"),
            ("127.0.0.1:1 uniary", "usage"),
            ("127.0.0.1:1 unary streams", "key=value"),
            ("127.0.0.1:1 unary streems=1", "unknown option streems"),
            ("127.0.0.1:1 unary streams=x", "streams=x"),
            ("127.0.0.1:1 unary streams=0", "streams=0"),
            ("127.0.0.1:1 unary secs=1e9", "between 0 and 600"),
            ("127.0.0.1:1 unary secs=0", "secs=0"),
            ("127.0.0.1:1 client-stream coalesce=yes", "neither 0 nor 1"),
            ("127.0.0.1:1 idle", "needs pid="),
            ("127.0.0.1:1 unary request=0a0", "hexadecimal"),
            ("127.0.0.1:1 unary request=0x", "hexadecimal"),
            ("127.0.0.1:1 unary methods=1000001", "methods=1000000"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }
}
