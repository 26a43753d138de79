//! Why something was not counted as a call, under the name that the report gives it.

use std::fmt;
use std::io;

/// What went wrong with a call or with a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// Another `grpc-status` than 0.
    Status(u32),
    /// Another `:status` than 200.
    Http(u32),
    /// The stream ended without a `grpc-status`.
    NoStatus,
    /// So many messages were expected, and another number came.
    Messages(u64),
    /// RST_STREAM with this code.
    Reset(u32),
    /// GOAWAY with this code.
    GoAway(u32),
    /// The server closed the connection under the call.
    Closed,
    /// The socket or TLS failed.
    Io(String),
    /// The server broke HTTP/2.
    Protocol(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "status {code}"),
            Self::Http(status) => write!(f, "HTTP {status}"),
            Self::NoStatus => f.write_str("no grpc-status"),
            Self::Messages(expected) => write!(f, "other than {expected} messages"),
            Self::Reset(code) => write!(f, "RST {code}"),
            Self::GoAway(code) => write!(f, "GOAWAY {code}"),
            Self::Closed => f.write_str("connection closed"),
            Self::Io(error) => f.write_str(error),
            Self::Protocol(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}
