use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

use crate::escaped::escaped_log;

/// Sends the logs to the standard error, those that `RUST_LOG` asks for; without it, from "info" up.
pub(crate) fn start() {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_else(|_| DEFAULT.to_owned());
    let filter = EnvFilter::builder().parse_lossy(asked);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Lines).init();
}

/// The standard error, for whole lines, whose control characters it escapes.
struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(escaped_log(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// h2 warns of each PING that was acknowledged without having been sent, so that a client could write the log.
const DEFAULT: &str = "info,h2=error";
