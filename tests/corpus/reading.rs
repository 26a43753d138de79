//! What altered bytes allow: nothing that they do not say, read apart from the library.

use crate::{
    reference::Body,
    scenario::{Handler, Kind, Scenario, Told},
    server::Outcome,
};
use puregrpc::Code;
use puregrpc_support::{Block, Said, Stream};

/// Whether a call was made to its end.
pub(crate) fn is_ended(said: &Said, number: u32) -> bool {
    let stream = said.streams.get(&number);
    said.whole && stream.is_some_and(|stream| stream.ended && stream.reset.is_none() && !stream.blocks.is_empty())
}

/// Whether a server may answer a stream so that was told these bytes.
pub(crate) fn may_answer(said: &Said, number: u32, answer: Option<&Stream>) -> bool {
    let outcome = Outcome::of(answer);
    if matches!(outcome, Outcome::Nothing | Outcome::Reset(_) | Outcome::Closed(_)) {
        return true;
    }
    let Some((stream, head)) = said.streams.get(&number).and_then(|stream| Some((stream, stream.blocks.first()?)))
    else {
        return false;
    };
    let kind = Kind::ALL.into_iter().find(|kind| head.raw(":path") == Some(kind.path().as_bytes()));
    let is_post = head.raw(":method") == Some(b"POST");
    let has_timeout = head.raw("grpc-timeout").is_some();
    match (outcome, kind) {
        (Outcome::Http(405), _) => !is_post,
        (Outcome::Http(415), _) => !is_surely_grpc(head),
        (Outcome::Http(400), _) => has_timeout || head.names().iter().any(|name| name.ends_with("-bin")),
        (Outcome::Http(_), _) => false,
        (Outcome::Status(_), _) if !is_post || !is_grpc(head) => false,
        (Outcome::Status(Code::Unimplemented), _) if kind.is_none() || head.raw("grpc-encoding").is_some() => true,
        (Outcome::Status(_), None) => false,
        (Outcome::Status(Code::DeadlineExceeded), _) if has_timeout => true,
        (Outcome::Status(code), Some(kind)) => is_status_of(stream, head, kind, code, answer),
        (Outcome::Nothing | Outcome::Reset(_) | Outcome::Closed(_), _) => true,
    }
}

/// Whether a call that was made so far may end so.
fn is_status_of(stream: &Stream, head: &Block, kind: Kind, code: Code, answer: Option<&Stream>) -> bool {
    let handler = Handler::named(head.raw("x-handler"));
    let mut body = Body::read_with(&stream.body, head.raw("grpc-encoding") == Some(b"gzip"));
    if code == Code::Ok {
        let notes = answer.map(|answer| Body::read_with(&answer.body, true)).and_then(|answer| answer.values());
        let is_sound = body.fault.is_none() && (!kind.takes_one() || body.notes.len() == 1);
        return stream.ended && !handler.fails() && is_sound && body.echo(kind).is_none_or(|echo| notes == Some(echo));
    }
    if !stream.ended && body.cut {
        body.fault = None;
    }
    let begun = !stream.ended && body.fault.is_none() && body.notes.len() < 2 && !body.odd;
    if begun { handler.code() == code } else { body.answers(kind, handler).contains(&code) }
}

/// Whether a caller may be told so after these bytes, behind which it waits for more if it `waits`.
pub(crate) fn may_be_told(said: &Said, scenario: &Scenario, waits: bool, told: &Told) -> bool {
    let stream = said.streams.get(&1);
    let blocks = stream.map(|stream| &stream.blocks[..]).unwrap_or_default();
    let is_interim = |block: &&Block| block.raw(":status").is_some_and(|status| status.starts_with(b"1"));
    let head = blocks.iter().find(|block| !is_interim(block));
    // A status that comes at once says what it is.
    let is_status = |head: &Block| head.raw("grpc-status").is_some();
    let is_sound = head.is_some_and(|head| is_status(head) || is_grpc(head) && head.raw(":status") == Some(b"200"));
    let is_compressed = head.is_some_and(|head| head.raw("grpc-encoding") == Some(b"gzip"));
    let body = Body::read_with(stream.map(|stream| &stream.body[..]).unwrap_or_default(), is_compressed);
    let are_those_sent = told.notes.len() <= body.notes.len()
        && body.notes.iter().zip(&told.notes).all(|(sent, got)| sent.as_ref().is_none_or(|sent| sent == got));
    if !are_those_sent || !is_sound && !told.notes.is_empty() {
        return false;
    }
    let has_ended = stream.is_some_and(|stream| stream.ended);
    let status = blocks.last().filter(|_| has_ended).and_then(|trailers| trailers.raw("grpc-status"));
    let has_status = |code: Code| status == Some((code as i32).to_string().as_bytes());
    match told.code {
        Code::Ok => is_sound && has_status(Code::Ok) && body.fault.is_none() && body.notes.len() == told.notes.len(),
        // The connection may have ended, by what it has said or of itself.
        Code::Unavailable | Code::Internal => true,
        // M15: an answer too few or too many.
        Code::Unimplemented if is_sound && scenario.kind.gives_one() && body.notes.len() != 1 => true,
        // The server announced that it takes less than this, and nothing was sent.
        Code::ResourceExhausted if said.header_list.is_some_and(|limit| limit < LARGEST_HEAD) => told.notes.is_empty(),
        Code::DeadlineExceeded if waits || scenario.timeout.is_some() => true,
        code => {
            let resets = stream.and_then(|stream| stream.reset).into_iter().chain(said.goaways.iter().copied());
            let is_foreign = head.is_some_and(|head| !is_sound && foreign(head) == code);
            has_status(code)
                || is_foreign
                || code == Code::Unknown
                || resets.map(of_error).any(|of_error| of_error == code)
                || body.fault.is_some_and(|fault| fault.contains(&code))
        }
    }
}

/// The headers of no scenario's request are larger, as HTTP/2 counts them.
const LARGEST_HEAD: u32 = 1024;

fn is_grpc(head: &Block) -> bool {
    head.raw("content-type").is_some_and(|value| value.to_ascii_lowercase().starts_with(b"application/grpc"))
}

/// S3, S4: what merely begins so may be another type.
fn is_surely_grpc(head: &Block) -> bool {
    let value = head.raw("content-type").map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
    let sub_type = value.split(|&byte| byte == b';').next();
    matches!(sub_type, Some(b"application/grpc" | b"application/grpc+proto"))
}

/// C2: what an HTTP status means where gRPC has none.
fn foreign(head: &Block) -> Code {
    match head.raw(":status") {
        Some(b"400" | b"431") => Code::Internal,
        Some(b"401") => Code::Unauthenticated,
        Some(b"403") => Code::PermissionDenied,
        Some(b"404") => Code::Unimplemented,
        Some(b"429" | b"502" | b"503" | b"504") => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// C3: what the codes of RST_STREAM and GOAWAY mean that do not mean INTERNAL or UNKNOWN.
fn of_error(code: u32) -> Code {
    match code {
        7 => Code::Unavailable,
        8 => Code::Cancelled,
        11 => Code::ResourceExhausted,
        12 => Code::PermissionDenied,
        _ => Code::Internal,
    }
}
