//! A connection, as the calls on it see it.
//!
//! ```text
//! calls --orders--> dispatch --(on the task of the connection)--> h2
//! calls ------------- large messages and streams ---------------> h2
//! ```

pub(crate) mod dispatch;
pub(crate) mod keepalive;
pub(crate) mod orders;
mod quiet_waker;
pub(crate) mod readers;
pub(crate) mod task;
mod task_set;

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::SendRequest;

use crate::client::connection::orders::Orders;
use crate::client::connection::readers::Readers;
use crate::status::Status;
use crate::transport::Quota;

/// A connection, as the calls on it see it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) requests: SendRequest<Bytes>,
    pub(crate) orders: Orders,
    pub(crate) quota: Arc<Quota>,
    pub(crate) readers: Arc<Readers>,
}

impl Connection {
    /// Whether calls can still be made on it.
    pub(crate) fn is_usable(&self) -> bool {
        is_usable(&mut self.requests.clone())
    }
}

/// Whether calls can still be made by this: not after GOAWAY or a failure, and
/// not when the numbers of streams are used up.
///
/// A handle that has just queued a stream may have to wait, which is no failure.
pub(crate) fn is_usable(requests: &mut SendRequest<Bytes>) -> bool {
    let polled = requests.poll_ready(&mut Context::from_waker(Waker::noop()));
    !matches!(polled, Poll::Ready(Err(_)))
}

/// The status of a call that h2 refuses on a connection that can be used.
#[cold]
pub(crate) fn cannot_be_sent(error: h2::Error) -> Status {
    Status::internal(format!("the call cannot be sent: {error}")).with_source(error)
}
