//! A server under attack, and what it may answer.

use crate::scenario::{Kind, PATIENCE, Scenario, serve};
use puregrpc::Code;
use puregrpc_support::{End, Running, Seen, Stream, attack_server};

/// A server that runs on while one connection after the other attacks it.
pub(crate) struct Victim {
    server: Running,
}

impl Victim {
    pub(crate) fn new() -> Self {
        Self { server: serve() }
    }

    /// Says these bytes on a new connection, and makes a good call on another one; gives what was answered, which must be
    /// lawful.
    pub(crate) async fn attack(&self, bytes: &[u8], end: End) -> Result<Seen, String> {
        let seen = attack_server(self.server.connect().await, bytes, end).await?;
        for (number, stream) in &seen.streams {
            lawful(stream).map_err(|fault| format!("stream {number}: {fault}: {stream:?}"))?;
        }
        self.check_alive().await?;
        Ok(seen)
    }

    /// Makes a good call on a connection of its own.
    async fn check_alive(&self) -> Result<(), String> {
        let told = Scenario::echo(Kind::Bidi, &[b"alive"]).perform(&self.server.client(), PATIENCE).await;
        if told.code == Code::Ok && told.notes == ["alive"] { Ok(()) } else { Err(format!("a good call: {told:?}")) }
    }
}

/// How one call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With trailers.
    Status(Code),
    /// With an HTTP status other than 200.
    Http(u16),
    /// With RST_STREAM and no trailers.
    Reset(u32),
    /// With the end of its connection.
    Closed(u32),
    /// Not to the end, or not at all.
    Nothing,
}

impl Outcome {
    /// Of a stream that is lawful, or was not opened.
    pub(crate) fn of(stream: Option<&Stream>) -> Self {
        match stream {
            Some(stream) if stream.ended && stream.http_status() != 200 => Self::Http(stream.http_status()),
            Some(stream) if stream.ended => Self::Status(Code::from(stream.status() as i32)),
            Some(Stream { reset: Some(code), .. }) => Self::Reset(*code),
            _ => Self::Nothing,
        }
    }
}

/// One word for all that a server has answered.
pub(crate) fn class(seen: &Seen) -> String {
    if let Some(goaway) = seen.goaways.iter().find(|goaway| goaway.code != 0) {
        return format!("GOAWAY {}", goaway.code);
    }
    match seen.streams.values().next() {
        None if seen.frames == 0 => "closed".to_owned(),
        stream => match Outcome::of(stream) {
            Outcome::Status(code) => code.to_string(),
            Outcome::Http(status) => format!("HTTP {status}"),
            Outcome::Reset(code) => format!("RST_STREAM {code}"),
            Outcome::Closed(_) | Outcome::Nothing => "no answer".to_owned(),
        },
    }
}

/// What holds of every answer, whatever was asked.
fn lawful(stream: &Stream) -> Result<(), String> {
    let Some(head) = stream.blocks.first() else {
        return if stream.frames.is_empty() { Ok(()) } else { Err("DATA before HEADERS".to_owned()) };
    };
    let status = head.get(":status").ok_or("no :status")?;
    if !stream.ended {
        return Ok(());
    }
    let trailers = stream.trailers();
    if stream.blocks.len() == 2 && trailers.names().iter().any(|name| name.starts_with(':')) {
        return Err("pseudo headers in trailers".to_owned());
    }
    if status == "200" || trailers.get("grpc-status").is_some() {
        let code = trailers.get("grpc-status").ok_or("no grpc-status")?;
        // R9: no other code is the library's own or one of the handlers'. R5: UNKNOWN would be a handler's panic.
        if !["0", "1", "4", "7", "8", "10", "12", "13"].contains(&code) {
            return Err(format!("grpc-status {code}"));
        }
    }
    Ok(())
}
