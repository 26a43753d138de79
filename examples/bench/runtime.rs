//! The runtime that a command line asks for.

use std::io::{Error, ErrorKind, Result};

use tokio::runtime::{Builder, Runtime};

/// `mt N` gives N worker threads; `ct`, or nothing, one thread for all.
pub(crate) fn build(words: &[String]) -> Result<Runtime> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut builder = match words.as_slice() {
        [] | ["ct"] => Builder::new_current_thread(),
        ["mt", workers] => {
            let workers = workers.parse().map_err(|_| unknown(&words))?;
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(workers);
            builder
        }
        _ => return Err(unknown(&words)),
    };
    builder.enable_all().build()
}

fn unknown(words: &[&str]) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("expected `ct` or `mt N` with N threads, not `{}`", words.join(" ")))
}
