//! `vs-NAME ADDR THREADS [--tls CERTIFICATE KEY]`

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use crate::{Error, runtime};

/// Where the certificate and the key of a server are, in PEM.
#[derive(Debug)]
pub struct TlsFiles {
    /// The server's certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Listens as the command line says, tells the address, and hands over to `serve`, which never ends.
///
/// # Errors
///
/// If the command line is not understood, nothing can listen there, or `serve` fails.
pub fn serve<S>(serve: impl FnOnce(TcpListener, Option<TlsFiles>) -> S + Send + 'static) -> Result<(), Error>
where
    S: Future<Output = Result<(), Error>> + Send,
{
    let words: Vec<String> = std::env::args().skip(1).collect();
    serve_as(&words, serve)
}

/// Does the same as such words say, instead of those of the command line.
///
/// # Errors
///
/// As those of `serve`.
pub fn serve_as<S>(
    words: &[String],
    serve: impl FnOnce(TcpListener, Option<TlsFiles>) -> S + Send + 'static,
) -> Result<(), Error>
where
    S: Future<Output = Result<(), Error>> + Send,
{
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (address, threads, tls) = match words.as_slice() {
        [address, threads] => (*address, threads.parse()?, None),
        [address, threads, "--tls", certificate, key] => {
            let files = TlsFiles { certificate: certificate.into(), key: key.into() };
            (*address, threads.parse()?, Some(files))
        }
        _ => return Err("usage: ADDR THREADS [--tls CERTIFICATE KEY]".into()),
    };
    let address = address.to_owned();
    let runtime = runtime(threads)?;
    // In a task of its own: the thread that waits for it is not one of the workers.
    let server = runtime.spawn(async move {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        stdout().flush()?;
        serve(listener, tls).await
    });
    runtime.block_on(server)?
}

/// Keeps the CPU busy for so many microseconds.
pub fn spin(micros: u32) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(micros.into()) {
        std::hint::spin_loop();
    }
}
