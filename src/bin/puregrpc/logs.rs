use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Sends the logs to the standard error, those that `RUST_LOG` asks for; without it, from "info" up.
pub(crate) fn start() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}
