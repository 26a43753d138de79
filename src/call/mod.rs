//! One call, as both sides see it.

pub(crate) mod body;
pub(crate) mod cancel;
mod connection_context;
pub(crate) mod deadline;
pub(crate) mod download;
mod foreign;
mod head;
mod holdings;
pub(crate) mod inbox;
pub(crate) mod limit_owner;
pub(crate) mod message_reader;
pub(crate) mod outbox;
mod oversized;
#[cfg_attr(not(test), expect(dead_code, reason = "tests make calls without h2; no other transport is built in yet"))]
pub(crate) mod pipe;
pub(crate) mod protocol;
pub(crate) mod receiver;
pub(crate) mod reply;
mod request;
mod response;
pub(crate) mod running;
pub(crate) mod send_queue;
mod send_sink;
mod sender;
mod sending;
mod shared_waker;
pub(crate) mod single;
pub(crate) mod sink;
pub(crate) mod source;
mod stall;
mod turn;

pub use cancel::CancelHandle;
pub(crate) use connection_context::{ConnectionContext, Terms};
pub(crate) use head::Head;
pub(crate) use protocol::APPLICATION_GRPC;
pub use receiver::{Receiver, Receiving};
pub use request::Request;
pub use response::Response;
pub use send_sink::SendSink;
pub use sender::Sender;
pub use sending::Sending;
pub(crate) use stall::Stall;
pub(crate) use turn::poll_budget;

use crate::status::Status;

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
