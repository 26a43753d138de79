//! Any bytes, said to a server or to a client.

use crate::{Seen, client::PREFACE, frame::kind, peer::PATIENCE};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::timeout,
};

/// How an attacker ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It waits until nothing has come for [`QUIET`], then ends its side and reads to the end.
    Wait,
    /// It ends its side at once and reads to the end.
    Close,
    /// It is gone at once.
    Vanish,
}

/// How long an attacker waits for what may still come: longer than any limit of time that it can run into.
pub const QUIET: Duration = Duration::from_secs(30);

/// Says `bytes` to a server, whatever they are; gives what it has answered.
///
/// # Errors
/// If the connection does not end, or the server sends what no server may send.
pub async fn attack_server(mut io: DuplexStream, bytes: &[u8], end: End) -> Result<Seen, String> {
    let mut got = Vec::new();
    // A server that has heard enough closes the pipe: what is left need not be written.
    let written = timeout(PATIENCE, io.write_all(bytes)).await;
    written.map_or(Err("the server does not read".to_owned()), |_| Ok(()))?;
    match end {
        End::Vanish => return Ok(Seen::default()),
        End::Wait => until_quiet(&mut io, &mut got).await,
        End::Close => {}
    }
    let _ = io.shutdown().await;
    to_the_end(&mut io, &mut got).await?;
    Seen::of_server(&got)
}

/// Says `greeting` to a client, and `rest` once its first request has come; gives what the client has sent.
///
/// # Errors
/// If the connection does not end although `end` says so, or the client sends what no client may send.
pub async fn attack_client(mut io: DuplexStream, greeting: &[u8], rest: &[u8], end: End) -> Result<Seen, String> {
    let mut got = Vec::new();
    let _ = io.write_all(greeting).await;
    while !rest.is_empty() && !has_request(&got) && matches!(timeout(QUIET, io.read_buf(&mut got)).await, Ok(Ok(1..))) {
    }
    let written = timeout(PATIENCE, io.write_all(rest)).await;
    written.map_or(Err("the client does not read".to_owned()), |_| Ok(()))?;
    match end {
        End::Vanish => return Ok(Seen::default()),
        End::Wait => until_quiet(&mut io, &mut got).await,
        End::Close => {}
    }
    let _ = io.shutdown().await;
    to_the_end(&mut io, &mut got).await?;
    Seen::of_client(&got)
}

async fn until_quiet(io: &mut DuplexStream, got: &mut Vec<u8>) {
    while matches!(timeout(QUIET, io.read_buf(got)).await, Ok(Ok(1..))) {}
}

async fn to_the_end(io: &mut DuplexStream, got: &mut Vec<u8>) -> Result<(), String> {
    loop {
        match timeout(PATIENCE, io.read_buf(got)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Ok(Err(error)) => return Err(format!("the pipe fails: {error}")),
            Err(_) => return Err(format!("the connection does not end within {PATIENCE:?}")),
        }
    }
}

/// Whether the headers of a request are among what a client has sent.
fn has_request(got: &[u8]) -> bool {
    let mut rest = got.get(PREFACE.len()..).unwrap_or_default();
    while let [a, b, c, found, ..] = rest {
        if *found == kind::HEADERS {
            return true;
        }
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    false
}
