//! Bytes in and out: the IO object under an HTTP/2 connection.

mod ages;
mod alarm;
mod breach;
mod bucket;
mod budget;
mod buffered;
mod first_bytes;
mod gauge;
mod in_process;
mod keepalive;
mod meter;
mod peer;
mod pings;
mod pulse;
mod quota;
mod respite;
mod scratch;
pub(crate) mod settings;
mod spare;
#[cfg(feature = "tls")]
mod tls;
mod walker;

pub(crate) use alarm::Alarm;
pub(crate) use breach::Breach;
pub(crate) use budget::{Budget, Exhausted, Reservation};
pub(crate) use buffered::{BufferedIo, IoHandle, Written};
pub(crate) use gauge::{Gauge, Ticket};
pub use in_process::{InProcessConnector, InProcessListener, in_process};
pub(crate) use keepalive::{Gone, Pinger};
pub(crate) use meter::{Allowance, Meter};
pub use peer::Peer;
pub(crate) use pulse::Pulse;
pub(crate) use quota::{Permit, Queue, Quota};
pub(crate) use respite::wake_after_others;
#[cfg(feature = "tls")]
pub(crate) use tls::Connector;
#[cfg(feature = "tls")]
pub use tls::{ClientTls, Identity, Roots, ServerTls, TlsStream};

use tokio::io::{AsyncRead, AsyncWrite};

/// An object that bytes are read from and written to: a socket, a pipe, a TLS stream.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for T {}

/// What h2 reports, as the status of a call that it ends.
pub(crate) mod reset {
    use crate::code::Code;
    use crate::excerpt::Excerpt;
    use crate::status::Status;

    /// The status for a stream or connection that failed.
    #[cold]
    pub(crate) fn status(error: &h2::Error) -> Status {
        match error.reason() {
            Some(reason) if error.is_reset() => from_reason(reason),
            // The connection is closing: no call of it failed by its own fault.
            Some(_) if error.is_go_away() => {
                Status::unavailable(format!("the connection was closed: {}", Excerpt(error)))
            }
            _ => Status::unavailable(format!("the connection was lost: {}", Excerpt(error))),
        }
    }

    /// Whether the peer says that it has not begun to handle the stream: it has
    /// refused it, or named an earlier one as the last when it went away.
    pub(crate) fn is_unprocessed(error: &h2::Error) -> bool {
        error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    }

    /// The status for a stream that the peer has reset.
    #[cold]
    pub(crate) fn from_reason(reason: h2::Reason) -> Status {
        let code = Code::from_http2_error(reason.into());
        Status::new(code, format!("the peer has reset the stream: {reason:?}"))
    }
}
