//! A service of four methods, as the generator would write it, and a server for it.

use std::io;
use std::pin::pin;

use puregrpc::codegen::{BoxFuture, Call, Service};
use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{
    Channel, InProcessConnector, Listener, Metadata, Peer, Receiver, Request, Response, Sender, Server, Status,
    in_process,
};
use tokio::io::DuplexStream;
use tokio::sync::oneshot;

pub(crate) const UNARY: &str = "/test.Echo/Unary";
pub(crate) const EXPAND: &str = "/test.Echo/Expand";
pub(crate) const COLLECT: &str = "/test.Echo/Collect";
pub(crate) const CHAT: &str = "/test.Echo/Chat";

/// Echoes bytes; those that begin with `!` ask for something else.
#[derive(Clone, Default)]
struct Echo {
    /// Another server, for handlers that make calls.
    next: Option<Channel>,
}

/// A message of these bytes.
pub(crate) fn bytes(value: impl Into<Vec<u8>>) -> BytesValue {
    BytesValue { value: value.into(), ..Default::default() }
}

async fn unary(echo: &Echo, request: Request<BytesValue>) -> Result<Response<BytesValue>, Status> {
    if let (b"!next", Some(next)) = (&request.value[..], &echo.next) {
        return next.unary(UNARY, bytes("!deadline").into()).await;
    }
    match &request.value[..] {
        b"!fail" => Err(Status::not_found("no such echo")),
        b"!hang" => std::future::pending().await,
        b"!deadline" => Ok(Response::new(bytes(request.deadline().is_some().to_string()))),
        b"!agent" => Ok(Response::new(bytes(request.metadata().get("user-agent").unwrap_or_default()))),
        _ => {
            let mut response = Response::new(bytes(request.value.to_vec()));
            for (name, value) in request.metadata().iter().filter(|(name, _)| name.starts_with("x-")) {
                response.metadata_mut().append(name, value)?;
                response.trailers_mut().append(name, value)?;
            }
            Ok(response)
        }
    }
}

/// One answer for each byte.
async fn expand(request: Request<BytesValue>, replies: &mut Sender<BytesValue>) -> Result<(), Status> {
    let mut headers = Metadata::new();
    headers.insert("x-count", request.value.len().to_string())?;
    replies.send_headers(headers)?;
    for byte in &request.value {
        replies.send(&bytes([*byte])).await?;
        if *byte == b'!' {
            return Err(Status::aborted("enough"));
        }
    }
    replies.trailers_mut().insert("x-end", "1")?;
    Ok(())
}

/// The bytes of all messages; `!` ends it early, with OK.
async fn collect(requests: &mut Receiver<BytesValue>) -> Result<Response<BytesValue>, Status> {
    let mut all = Vec::new();
    while let Some(part) = requests.recv().await? {
        match &part.value[..] {
            b"!" => break,
            b"!fail" => return Err(Status::aborted("enough")),
            part => all.extend_from_slice(part),
        }
    }
    Ok(Response::new(bytes(all)))
}

async fn chat(requests: &mut Receiver<BytesValue>, replies: &mut Sender<BytesValue>) -> Result<(), Status> {
    while let Some(message) = requests.recv().await? {
        match &message.value[..] {
            b"!" => return Ok(()),
            b"!fail" => return Err(Status::aborted("enough")),
            _ => replies.send(&message).await?,
        }
    }
    Ok(())
}

impl Service for Echo {
    const NAME: &'static str = "test.Echo";
    const METHODS: &'static [&'static str] = &["Unary", "Expand", "Collect", "Chat"];

    fn call(&self, method: usize, call: Call) -> BoxFuture {
        let (mut inbound, mut driver) = call.split();
        match method {
            0 => {
                let echo = self.clone();
                Box::pin(async move {
                    let result = driver.run(pin!(async { unary(&echo, inbound.message().await?).await })).await;
                    driver.answer(result).await;
                })
            }
            1 => {
                let mut replies = driver.sender();
                Box::pin(async move {
                    let result = {
                        let handler = pin!(async { expand(inbound.message().await?, &mut replies).await });
                        driver.run(handler).await
                    };
                    driver.finish(result, &mut replies).await;
                })
            }
            2 => {
                let mut requests = driver.receiver(inbound);
                Box::pin(async move {
                    let result = driver.run(pin!(collect(&mut requests))).await;
                    driver.answer(result).await;
                })
            }
            _ => {
                let mut requests = driver.receiver(inbound);
                let mut replies = driver.sender();
                Box::pin(async move {
                    let result = driver.run(pin!(chat(&mut requests, &mut replies))).await;
                    driver.finish(result, &mut replies).await;
                })
            }
        }
    }
}

/// A running server in this process, which stops when this is dropped.
pub(crate) struct Running {
    pub(crate) connector: InProcessConnector,
    _stop: Stop,
}

/// Stops a server when dropped.
pub(crate) struct Stop(#[expect(dead_code, reason = "its drop is what the server hears")] oneshot::Sender<()>);

fn run(server: Server, echo: Echo, listener: impl Listener) -> Stop {
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(server.add(echo).serve(listener, async { drop(stopped.await) }));
    Stop(stop)
}

/// Serves the echo in this process.
pub(crate) fn serve(server: Server) -> Running {
    let (listener, connector) = in_process();
    Running { connector, _stop: run(server, Echo::default(), listener) }
}

/// Serves an echo whose handlers may call another one.
pub(crate) fn serve_relay(next: Channel) -> Running {
    let (listener, connector) = in_process();
    Running { connector, _stop: run(Server::new(), Echo { next: Some(next) }, listener) }
}

/// Serves the echo on a listener of one's own.
pub(crate) fn serve_on(listener: impl Listener) -> Stop {
    run(Server::new(), Echo::default(), listener)
}

/// A listener of one connection.
pub(crate) struct Once(pub(crate) Option<DuplexStream>);

impl Listener for Once {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Option<(DuplexStream, Peer)>> {
        match self.0.take() {
            Some(pipe) => Ok(Some((pipe, Peer::unknown()))),
            None => std::future::pending().await,
        }
    }
}

/// A channel to an echo of its own.
pub(crate) fn channel() -> (Channel, Running) {
    let running = serve(Server::new());
    (Channel::in_process(running.connector.clone()), running)
}

/// Every message that a receiver gives.
pub(crate) async fn all(receiver: &mut Receiver<BytesValue>) -> Result<Vec<Vec<u8>>, Status> {
    let mut all = Vec::new();
    while let Some(message) = receiver.recv().await? {
        all.push(message.value.to_vec());
    }
    Ok(all)
}
