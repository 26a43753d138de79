//! Answers that are not gRPC.

use std::task::{Context, Poll, ready};

use http::{HeaderMap, StatusCode, header};

use crate::call::body::Body;
use crate::code::Code;
use crate::excerpt::Excerpt;
use crate::metadata::Metadata;
use crate::status::{GRPC_STATUS, Status};

/// An answer that is not gRPC: from a proxy, or from another kind of server.
pub(crate) struct Foreign {
    status: StatusCode,
    /// What kind of answer it is, for people.
    kind: String,
    body: Body,
    /// What it begins with.
    text: Vec<u8>,
}

impl Foreign {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: Body) -> Self {
        let kind = match headers.get(header::CONTENT_TYPE) {
            Some(value) => format!("content-type {:?}", Excerpt(value)),
            None => "no content-type".to_owned(),
        };
        Self { status, kind, body, text: Vec::new() }
    }

    /// Ready when as much of the body has come as is told.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Box<Metadata>>, Status>> {
        while self.text.len() < FOREIGN_TEXT {
            match ready!(self.body.poll_chunk(cx)) {
                Ok(Some(chunk)) => {
                    self.body.release(chunk.len());
                    self.text.extend_from_slice(&chunk[..chunk.len().min(FOREIGN_TEXT - self.text.len())]);
                }
                Ok(None) => match ready!(self.body.poll_trailers(cx)) {
                    Ok(Some(trailers)) if tells_failure(&trailers) => {
                        return Poll::Ready(read_status(trailers));
                    }
                    _ => break,
                },
                Err(_) => break,
            }
        }
        Poll::Ready(Err(self.describe()))
    }

    fn describe(&self) -> Status {
        let code = Code::from_http_status(self.status.as_u16());
        let refused = if self.status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE {
            "the request's metadata and headers are larger than the server takes"
        } else {
            "the answer is not gRPC"
        };
        let mut message = format!("{refused}: HTTP status {}, {}", self.status.as_u16(), self.kind);
        if !self.text.is_empty() {
            message = format!("{message}, beginning {:?}", String::from_utf8_lossy(&self.text));
        }
        Status::new(code, message)
    }
}

/// The status in trailers.
pub(crate) fn read_status(trailers: HeaderMap) -> Result<Option<Box<Metadata>>, Status> {
    Status::read(trailers).unwrap_or_else(|| Err(no_status()))
}

/// Whether there is a status other than OK: what is not gRPC may fail with one,
/// but never succeeds, since its body holds no messages.
pub(crate) fn tells_failure(headers: &HeaderMap) -> bool {
    headers.get(GRPC_STATUS).is_some_and(|value| Code::from_header(value.as_bytes()) != Code::Ok)
}

#[cold]
pub(crate) fn no_status() -> Status {
    Status::unknown("the server ended the call without a grpc-status")
}

/// How much of an answer that is not gRPC is told.
const FOREIGN_TEXT: usize = 1024;
