//! Headers and trailers of an answer that are larger than the channel takes.

use http::HeaderMap;

use crate::metadata::Metadata;
use crate::status::Status;

/// The end of a call whose last block of headers is too large: so many bytes, if h2
/// has kept all of them. A failure keeps its code; nothing else is a success.
#[cold]
pub(crate) fn end(trailers: HeaderMap, size: Option<usize>, limit: usize) -> Result<Option<Box<Metadata>>, Status> {
    let refused = || size.map_or_else(|| unseen(limit), |size| refused("trailers", size, limit));
    let Some(Err(mut status)) = Status::read(trailers) else {
        return Err(refused());
    };
    if status.message().is_empty() && size.is_none() {
        status = Status::new(status.code(), format!("the text of the status did not arrive: {}", refused().message()));
    }
    let (status, cut) = status.within(limit);
    if let Some(cut) = cut {
        tracing::debug!(code = %status.code(), limit, "status larger than the channel takes: {cut}");
    }
    Err(status.with_source(refused()))
}

/// RESOURCE_EXHAUSTED for what came whole.
#[cold]
pub(crate) fn refused(what: &str, size: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!(
        "the {what} of the answer have {size} bytes, and this channel takes up to {limit} bytes \
         (raise it with ChannelBuilder::max_header_list_size)"
    ))
}

/// RESOURCE_EXHAUSTED for what h2 did not keep whole.
#[cold]
pub(crate) fn unseen(limit: usize) -> Status {
    Status::resource_exhausted(format!(
        "the headers or trailers of the answer are far larger than the {limit} bytes that this channel takes \
         (raise it with ChannelBuilder::max_header_list_size)"
    ))
}
