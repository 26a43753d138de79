//! What a server sends beside messages, bounded by what the client takes.

use http::HeaderMap;

use crate::call::ConnectionContext;
use crate::metadata::{Metadata, field_size};
use crate::status::{self, Status};

/// The trailers of a status, and what the handler has set beside it.
#[cold]
pub(crate) fn fitted(status: Status, others: Metadata, connection: &ConnectionContext) -> HeaderMap {
    let (code, limit) = (status.code(), connection.header_lists.peer_of_status());
    let (trailers, cut) = status.into_trailers(others, limit);
    if let Some(cut) = cut {
        tracing::debug!(peer = %connection.peer, %code, limit, "status larger than the client takes: {cut}");
    }
    trailers
}

/// The trailers of a success. What does not arrive whole is none.
#[inline]
pub(crate) fn ok(trailers: Option<Box<Metadata>>, connection: &ConnectionContext) -> Result<HeaderMap, Status> {
    check("trailers", trailers.as_deref(), connection)?;
    Ok(status::ok_trailers(trailers))
}

/// RESOURCE_EXHAUSTED for metadata that the client does not take.
#[inline]
pub(crate) fn check(what: &str, metadata: Option<&Metadata>, connection: &ConnectionContext) -> Result<(), Status> {
    match metadata {
        Some(metadata) if !metadata.is_empty() => check_size(what, metadata.list_size(), connection),
        _ => Ok(()),
    }
}

#[cold]
fn check_size(what: &str, size: usize, connection: &ConnectionContext) -> Result<(), Status> {
    let (size, limit) = (size + OWN, connection.header_lists.peer());
    if size <= limit {
        return Ok(());
    }
    let whose = if connection.header_lists.is_said() {
        "the client takes (its SETTINGS_MAX_HEADER_LIST_SIZE)"
    } else {
        "are sent to a client that has not announced a limit"
    };
    Err(Status::resource_exhausted(format!(
        "the {what} of the answer have {size} bytes, and up to {limit} bytes {whose}"
    )))
}

/// What stands beside metadata at most: `:status`, `content-type`, and the encodings.
const OWN: usize = field_size(7, 3) + field_size(12, 16) + field_size(13, 8) + field_size(20, 24);
