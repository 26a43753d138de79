//! Whether the headers and trailers of an answer are as large as they may be.

use http::HeaderMap;

use super::{Download, State};
use crate::call::foreign::read_status;
use crate::call::oversized;
use crate::metadata::{Metadata, list_size};
use crate::status::Status;
use crate::transport::{HeaderLists, Permit};

impl Download {
    /// The status in the last block of headers, unless that is larger than is taken.
    pub(super) fn read_end(&self, trailers: HeaderMap) -> Result<Option<Box<Metadata>>, Status> {
        let (size, limit) = (list_size(&trailers), self.own_limit());
        if self.is_oversized() {
            oversized::end(trailers, None, limit)
        } else if size > limit {
            oversized::end(trailers, Some(size), limit)
        } else {
            read_status(trailers)
        }
    }

    pub(super) fn header_lists(&self) -> Option<&HeaderLists> {
        self.permit.as_ref().and_then(Permit::header_lists)
    }

    /// How many bytes a block of headers may have; anything once the call is over.
    pub(super) fn own_limit(&self) -> usize {
        self.header_lists().map_or(usize::MAX, HeaderLists::own)
    }

    /// Whether a block of headers came on the stream that h2 has not kept whole.
    pub(super) fn is_oversized(&self) -> bool {
        let stream = || match &self.state {
            State::Headers(response) => response.stream_id().as_u32(),
            State::Messages(body) => body.stream_id(),
            State::Again(_) | State::Foreign(_) | State::Over(_) => NO_STREAM,
        };
        self.header_lists().is_some_and(|lists| lists.is_oversized(stream))
    }
}

/// The connection itself, on which no headers come.
const NO_STREAM: u32 = 0;
