//! One call, as both sides see it.

pub(crate) mod body;
pub(crate) mod cancel;
pub(crate) mod deadline;
pub(crate) mod download;
mod foreign;
mod head;
mod holdings;
pub(crate) mod inbox;
pub(crate) mod intake;
pub(crate) mod limit_owner;
mod link;
pub(crate) mod outbound;
pub(crate) mod outbox;
mod oversized;
pub(crate) mod receiver;
pub(crate) mod reply;
mod request;
mod response;
pub(crate) mod running;
mod sender;
mod sending;
mod shared_waker;
pub(crate) mod single;
mod sink;
mod stall;
mod turn;

pub use cancel::CancelHandle;
pub(crate) use head::Head;
pub(crate) use link::{Link, Terms};
pub use receiver::{Receiver, Receiving};
pub use request::Request;
pub use response::Response;
pub use sender::Sender;
pub use sending::Sending;
pub use sink::SendSink;
pub(crate) use stall::Stall;
pub(crate) use turn::poll_budget;

use http::header::HeaderValue;

use crate::status::Status;

pub(crate) const APPLICATION_GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The name of gRPC's content type.
const GRPC: &[u8] = b"application/grpc";

/// Whether a content type is gRPC's: the name itself, or with `+` and a
/// sub-type or `;` and parameters behind it. Only protobuf is spoken.
#[inline]
pub(crate) fn is_grpc(content_type: &[u8]) -> bool {
    content_type == GRPC || is_kind_of_grpc(content_type)
}

#[inline(never)]
fn is_kind_of_grpc(content_type: &[u8]) -> bool {
    let Some((name, rest)) = content_type.split_at_checked(GRPC.len()) else {
        return false;
    };
    let subtype = match rest.split(|byte| *byte == b';').next() {
        Some(subtype) => subtype.trim_ascii_end(),
        None => rest,
    };
    name.eq_ignore_ascii_case(GRPC) && (subtype.is_empty() || subtype.eq_ignore_ascii_case(b"+proto"))
}

/// INTERNAL for a task that panicked, CANCELLED for one that was aborted.
impl From<tokio::task::JoinError> for Status {
    fn from(error: tokio::task::JoinError) -> Self {
        if error.is_cancelled() {
            Self::cancelled("a task of the handler was cancelled").with_source(error)
        } else {
            Self::internal("a task of the handler panicked").with_source(error)
        }
    }
}

/// DEADLINE_EXCEEDED.
impl From<tokio::time::error::Elapsed> for Status {
    fn from(error: tokio::time::error::Elapsed) -> Self {
        Self::deadline_exceeded("the time was up").with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S3: gRPC's content type in its legal forms.
    #[test]
    fn grpc_content_types_are_known() {
        for good in [
            "application/grpc",
            "application/grpc+proto",
            "Application/GRPC",
            "application/grpc;charset=utf-8",
            "application/grpc+proto; charset=utf-8",
            "application/grpc ;a=b",
        ] {
            assert!(is_grpc(good.as_bytes()), "{good}");
        }
    }

    /// S2, S4, S5: whatever else begins like it is not.
    #[test]
    fn other_content_types_are_refused() {
        for bad in [
            "",
            "application/grp",
            "text/html",
            "application/json",
            "application/grpcweb",
            "application/grpc-web",
            "application/grpc-web+proto",
            "application/grpcX",
            "application/grpc+json",
            "application/grpc+unknowncodec",
        ] {
            assert!(!is_grpc(bad.as_bytes()), "{bad}");
        }
    }
}
