use std::io;

use tracing_subscriber::EnvFilter;

/// Sends the logs to the standard error, those that `RUST_LOG` asks for; without it, from "info" up.
pub(crate) fn start() {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_else(|_| DEFAULT.to_owned());
    let filter = EnvFilter::builder().parse_lossy(asked);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}

/// h2 warns of each PING that was acknowledged without having been sent, so that a client could write the log.
const DEFAULT: &str = "info,h2=error";
