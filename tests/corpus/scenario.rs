//! Calls worth recording: what the client does and what the handler answers.

use bytes::Bytes;
use puregrpc::{
    Code, Metadata, Receiver, Request, Response, Sender, Server, Status,
    protobuf::well_known_types::wrappers::BytesValue,
};
use puregrpc_support::{BIDI, CLIENT_STREAM, QUIET, Running, SERVER_STREAM, Script, UNARY, WireClient, noted};
use std::time::Duration;

/// The four kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unary,
    ServerStream,
    ClientStream,
    Bidi,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Unary, Self::ServerStream, Self::ClientStream, Self::Bidi];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Unary => UNARY,
            Self::ServerStream => SERVER_STREAM,
            Self::ClientStream => CLIENT_STREAM,
            Self::Bidi => BIDI,
        }
    }

    /// Whether the client sends exactly one message.
    pub(crate) fn takes_one(self) -> bool {
        matches!(self, Self::Unary | Self::ServerStream)
    }

    /// Whether the server sends exactly one message.
    pub(crate) fn gives_one(self) -> bool {
        matches!(self, Self::Unary | Self::ClientStream)
    }
}

/// What the handler does, as the request's metadata tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handler {
    Echo,
    /// Echoes, with metadata before and behind.
    Decorate,
    /// Echoes, compressed as the request is, where this can be done.
    Compress,
    /// Echoes, then fails with details and metadata.
    Fail,
    /// Fails without having read anything.
    Refuse,
    /// Waits for the deadline or for the end of the call.
    Hang,
}

impl Handler {
    /// The one that a request asks for.
    pub(crate) fn named(name: Option<&[u8]>) -> Self {
        let all = [Self::Decorate, Self::Compress, Self::Fail, Self::Refuse, Self::Hang];
        let named = all.into_iter().find(|handler| name == Some(format!("{handler:?}").as_bytes()));
        named.unwrap_or(Self::Echo)
    }

    /// How it ends a call whose messages are sound.
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Echo | Self::Decorate | Self::Compress => Code::Ok,
            Self::Fail => Code::Aborted,
            Self::Refuse => Code::PermissionDenied,
            Self::Hang => Code::DeadlineExceeded,
        }
    }

    /// Whether no call succeeds with it.
    pub(crate) fn fails(self) -> bool {
        self.code() != Code::Ok
    }
}

/// One call, made anew for each input.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) kind: Kind,
    pub(crate) handler: Handler,
    pub(crate) notes: Vec<Bytes>,
    pub(crate) metadata: bool,
    pub(crate) timeout: Option<Duration>,
    /// The client goes away once it has sent its notes.
    pub(crate) cancel: bool,
}

/// What the client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) notes: Vec<Bytes>,
}

impl Scenario {
    /// An echo of these notes.
    pub(crate) fn echo(kind: Kind, notes: &[&[u8]]) -> Self {
        let notes = notes.iter().map(|note| Bytes::copy_from_slice(note)).collect();
        Self { kind, handler: Handler::Echo, notes, metadata: false, timeout: None, cancel: false }
    }

    /// Makes the call; it ends at the latest when its deadline or `patience` is over.
    pub(crate) async fn perform(&self, client: &WireClient, patience: Duration) -> Told {
        let mut notes = Vec::new();
        let request = self.request(patience);
        let call = async {
            match self.kind {
                Kind::Unary => notes.push(take(client.unary(request.map(|()| self.first())).await?.into_inner())),
                Kind::ServerStream => {
                    let mut replies = client.server_stream(request.map(|()| self.first())).await?;
                    self.receive(&mut replies, &mut notes).await?;
                }
                Kind::ClientStream => {
                    let mut call = client.client_stream(request).await?;
                    for note in &self.notes {
                        call.send(&noted(note)).await?;
                    }
                    if !self.cancel {
                        notes.push(take(call.finish().await?.into_inner()));
                    }
                }
                Kind::Bidi => {
                    let (mut sender, mut replies) = client.bidi(request).await?;
                    for note in &self.notes {
                        sender.send(&noted(note)).await?;
                    }
                    if !self.cancel {
                        sender.close();
                    }
                    self.receive(&mut replies, &mut notes).await?;
                }
            }
            Ok::<(), Status>(())
        };
        let call = async { tokio::time::timeout(2 * patience, call).await };
        let result = call.await.unwrap_or_else(|_| Err(Status::unknown(HANGS)));
        let status = result.err().unwrap_or_else(|| Status::new(Code::Ok, ""));
        Told { code: status.code(), message: status.message().to_owned(), notes }
    }

    async fn receive(&self, replies: &mut Receiver<BytesValue>, notes: &mut Vec<Bytes>) -> Result<(), Status> {
        while let Some(note) = replies.recv().await? {
            notes.push(take(note));
            if self.cancel {
                return Ok(());
            }
        }
        Ok(())
    }

    fn request(&self, patience: Duration) -> Request<()> {
        let mut request = Request::new(()).with_timeout(self.timeout.unwrap_or(patience));
        let metadata = request.metadata_mut();
        if self.handler != Handler::Echo {
            metadata.insert("x-handler", format!("{:?}", self.handler)).unwrap();
        }
        if self.metadata {
            metadata.insert("x-text", "some words, and a comma").unwrap();
            metadata.append("x-text", "once more").unwrap();
            metadata.insert("x-bytes-bin", [0, 1, 2, 0xff, 0xab]).unwrap();
        }
        #[cfg(feature = "gzip")]
        if self.handler == Handler::Compress {
            return request.with_compression(puregrpc::Encoding::Gzip);
        }
        request
    }

    fn first(&self) -> BytesValue {
        noted(self.notes.first().cloned().unwrap_or_default())
    }
}

/// What a call that does not end is told.
pub(crate) const HANGS: &str = "the call does not end";

/// How long a call may take that has no deadline of its own: shorter than an attacker waits.
pub(crate) const PATIENCE: Duration = QUIET.checked_div(2).unwrap();

/// A server of the scripted service whose handlers do what the metadata of their requests says.
pub(crate) fn serve() -> Running {
    let script = Script::echo()
        .unary(|request| {
            Box::pin(async move {
                let metadata = request.metadata().clone();
                decorated(&metadata, Response::new(request.into_inner())).await
            })
        })
        .server_stream(|request, replies| {
            Box::pin(async move {
                begin(request.metadata(), replies)?;
                for _ in 0..3 {
                    replies.send(&request).await?;
                }
                end(request.metadata()).await
            })
        })
        .client_stream(|requests| {
            Box::pin(async move {
                let metadata = requests.metadata().clone();
                refuse(&metadata)?;
                let mut all = BytesValue::new();
                while let Some(note) = requests.recv().await? {
                    all.value.extend_from_slice(&note.value);
                }
                decorated(&metadata, all.into()).await
            })
        })
        .bidi(|requests, replies| {
            Box::pin(async move {
                let metadata = requests.metadata().clone();
                begin(&metadata, replies)?;
                while let Some(note) = requests.recv().await? {
                    replies.send(&note).await?;
                }
                end(&metadata).await
            })
        });
    Running::start(Server::new().add(script))
}

async fn decorated(metadata: &Metadata, mut answer: Response<BytesValue>) -> Result<Response<BytesValue>, Status> {
    refuse(metadata)?;
    end(metadata).await?;
    if metadata.get("x-handler") == Some("Decorate") {
        *answer.metadata_mut() = decoration();
        *answer.trailers_mut() = decoration();
    }
    #[cfg(feature = "gzip")]
    if metadata.get("x-handler") == Some("Compress") {
        return Ok(answer.with_compression(puregrpc::Encoding::Gzip));
    }
    Ok(answer)
}

fn begin(metadata: &Metadata, replies: &mut Sender<BytesValue>) -> Result<(), Status> {
    refuse(metadata)?;
    if metadata.get("x-handler") == Some("Decorate") {
        replies.send_headers(decoration())?;
        *replies.trailers_mut() = decoration();
    }
    #[cfg(feature = "gzip")]
    if metadata.get("x-handler") == Some("Compress") {
        replies.set_compression(puregrpc::Encoding::Gzip)?;
    }
    Ok(())
}

fn refuse(metadata: &Metadata) -> Result<(), Status> {
    if metadata.get("x-handler") == Some("Refuse") { Err(Status::permission_denied("not you")) } else { Ok(()) }
}

async fn end(metadata: &Metadata) -> Result<(), Status> {
    match metadata.get("x-handler") {
        Some("Fail") => {
            let status = Status::aborted("it fails,\n as it should \u{263a}").with_details(&b"\x08\x0a\x12\x00"[..]);
            Err(status.with_metadata("x-why", "because")?)
        }
        Some("Hang") => std::future::pending().await,
        _ => Ok(()),
    }
}

fn decoration() -> Metadata {
    let mut metadata = Metadata::new();
    metadata.insert("x-answer", "decorated").unwrap();
    metadata.insert("x-answer-bin", [0xff, 0]).unwrap();
    metadata
}

fn take(note: BytesValue) -> Bytes {
    note.value.into()
}
