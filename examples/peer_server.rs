//! Serves `peer.Peer`, which does to a call whatever the caller asks for, so
//! that other implementations of gRPC can test this one.
//!
//! ```sh
//! cargo run --features full --example peer_server -- --listen 127.0.0.1:0 --port-file FILE
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::future::pending;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use puregrpc::{Code, Encoding, Metadata, Receiver, Request, Response, Sender, Server, Status};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use proto::peer::{Failure, Nap, NapCount, Payload, Peer, PeerServer};

mod proto {
    puregrpc::include_protos!("peer");
}

/// The service, and what it remembers of naps.
#[derive(Default)]
struct Tester {
    naps: Mutex<HashMap<String, NapCount>>,
}

impl Peer for Tester {
    async fn echo(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        let mut response = Response::new(Payload {
            data: request.data.clone(),
            remaining_ms: request.deadline().map_or(0, remaining_ms),
            ..Default::default()
        });
        copy("initial-", request.metadata(), response.metadata_mut())?;
        copy("trailing-", request.metadata(), response.trailers_mut())?;
        let Some(encoding) = asked_encoding(request.metadata()) else {
            return Ok(response);
        };
        response.trailers_mut().insert("was-compressed", request.was_compressed().to_string())?;
        Ok(response.with_compression(encoding))
    }

    async fn echo_stream(&self, requests: &mut Receiver<Payload>, replies: &mut Sender<Payload>) -> Result<(), Status> {
        let mut headers = Metadata::new();
        copy("initial-", requests.metadata(), &mut headers)?;
        copy("trailing-", requests.metadata(), replies.trailers_mut())?;
        if let Some(encoding) = asked_encoding(requests.metadata()) {
            replies.set_compression(encoding)?;
        }
        replies.send_headers(headers)?;
        while let Some(request) = requests.recv().await? {
            replies.send(&request).await?;
        }
        Ok(())
    }

    async fn fail(&self, request: Request<Failure>) -> Result<Response<Payload>, Status> {
        fail(&request)?;
        Ok(Payload::default().into())
    }

    async fn fail_stream(&self, request: Request<Failure>, replies: &mut Sender<Payload>) -> Result<(), Status> {
        for number in 0..request.after {
            let data = vec![u8::try_from(number).unwrap_or(u8::MAX)].into();
            replies.send(&Payload { data, ..Default::default() }).await?;
        }
        fail(&request)
    }

    async fn sleep(&self, request: Request<Nap>) -> Result<Response<Payload>, Status> {
        let _nap = self.begin_nap(&request);
        pending().await
    }

    async fn sleep_stream(&self, request: Request<Nap>, replies: &mut Sender<Payload>) -> Result<(), Status> {
        let _nap = self.begin_nap(&request);
        replies.send(&Payload::default()).await?;
        pending().await
    }

    async fn naps(&self, request: Request<Nap>) -> Result<Response<NapCount>, Status> {
        Ok(self.counts().get(&request.name).cloned().unwrap_or_default().into())
    }
}

impl Tester {
    fn begin_nap(&self, nap: &Nap) -> RunningNap<'_> {
        self.counts().entry(nap.name.clone()).or_default().begun += 1;
        RunningNap { tester: self, name: nap.name.clone() }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<String, NapCount>> {
        self.naps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lives as long as the handler that naps: a call that is cancelled drops it.
struct RunningNap<'a> {
    tester: &'a Tester,
    name: String,
}

impl Drop for RunningNap<'_> {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        self.tester.counts().entry(name).or_default().cancelled += 1;
    }
}

/// Copies the values of all names that begin so.
fn copy(start: &str, from: &Metadata, to: &mut Metadata) -> Result<(), Status> {
    for (name, value) in from.iter().filter(|(name, _)| name.starts_with(start)) {
        if !name.ends_with("-bin") {
            to.append(name, value)?;
        } else if to.bin(name).is_none() {
            // All values at once, when the first is seen: they are decoded together.
            for value in from.all_bin(name) {
                to.append(name, value)?;
            }
        }
    }
    Ok(())
}

/// How the caller wants to be answered, by its metadata `compress`.
fn asked_encoding(metadata: &Metadata) -> Option<Encoding> {
    match metadata.get("compress")? {
        "gzip" => Some(Encoding::Gzip),
        "deflate" => Some(Encoding::Deflate),
        _ => Some(Encoding::Identity),
    }
}

fn fail(failure: &Failure) -> Result<(), Status> {
    match Code::from(failure.code) {
        Code::Ok => Ok(()),
        code => Err(Status::new(code, failure.message.clone()).with_details(failure.details.clone())),
    }
}

fn remaining_ms(deadline: Instant) -> u64 {
    let left = deadline.saturating_duration_since(Instant::now());
    u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut listen = "127.0.0.1:50052".to_owned();
    let mut port_file = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--listen" => listen = value,
            "--port-file" => port_file = Some(value),
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }

    let listener = TcpListener::bind(&listen).await?;
    let address = listener.local_addr()?;
    let mut terminate = signal(SignalKind::terminate())?;
    match port_file {
        Some(file) => publish(&file, &format!("{address}\n"))?,
        None => println!("peer.Peer is served at {address}"),
    }
    let stop = async move {
        terminate.recv().await;
    };
    let server = Server::new().max_concurrent_streams(2_000);
    server.add(PeerServer::new(Tester::default())).serve(listener, stop).await?;
    Ok(())
}

/// Writes a file whole or not at all.
fn publish(file: &str, text: &str) -> io::Result<()> {
    let unfinished = format!("{file}.new");
    std::fs::write(&unfinished, text)?;
    std::fs::rename(unfinished, file)
}
