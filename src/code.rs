//! The status codes of gRPC, and the mapping of other codes to them.

use std::fmt;
use std::io;

/// The outcome of a call: one of gRPC's seventeen status codes.
///
/// The numbers are those on the wire (`grpc-status`). `Display` writes the
/// canonical name, such as `NOT_FOUND`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// The call succeeded.
    Ok = 0,
    /// The call was cancelled, usually by the caller.
    Cancelled = 1,
    /// An error that fits no other code, or arrived without one.
    Unknown = 2,
    /// The request is wrong in any state of the system.
    InvalidArgument = 3,
    /// The deadline passed before the call ended.
    DeadlineExceeded = 4,
    /// The requested entity does not exist.
    NotFound = 5,
    /// The entity to create already exists.
    AlreadyExists = 6,
    /// The caller is known but not permitted to do this.
    PermissionDenied = 7,
    /// A quota, a limit or another resource is exhausted.
    ResourceExhausted = 8,
    /// The system is not in the state that the call needs.
    FailedPrecondition = 9,
    /// The call was aborted, typically because of a conflict.
    Aborted = 10,
    /// The request is beyond the valid range.
    OutOfRange = 11,
    /// The method does not exist or is not supported.
    Unimplemented = 12,
    /// The system violated one of its invariants.
    Internal = 13,
    /// The service is not available now; a retry may succeed.
    Unavailable = 14,
    /// Data was lost or corrupted beyond recovery.
    DataLoss = 15,
    /// The request has no valid credentials of the caller.
    Unauthenticated = 16,
}

impl Code {
    /// Every code, in numerical order.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The canonical name, such as `NOT_FOUND`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// Reads a `grpc-status` value: decimal without sign or leading zeros.
    ///
    /// Any other value is [`Code::Unknown`].
    pub(crate) fn from_header(value: &[u8]) -> Self {
        match value {
            [digit @ b'0'..=b'9'] => Self::from(i32::from(digit - b'0')),
            [b'1', digit @ b'0'..=b'6'] => Self::from(i32::from(10 + digit - b'0')),
            _ => Self::Unknown,
        }
    }

    /// The code of a response without `grpc-status`, by its HTTP status
    /// (grpc/doc/http-grpc-status-mapping.md).
    pub(crate) fn from_http_status(status: u16) -> Self {
        match status {
            400 | 431 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The code for an HTTP/2 error code from RST_STREAM or GOAWAY
    /// (grpc/doc/PROTOCOL-HTTP2.md, "Errors").
    pub(crate) fn from_http2_error(code: u32) -> Self {
        match code {
            // NO_ERROR, PROTOCOL, INTERNAL, FLOW_CONTROL, SETTINGS_TIMEOUT,
            // FRAME_SIZE, COMPRESSION, CONNECT
            0..=4 | 6 | 9 | 10 => Self::Internal,
            7 => Self::Unavailable,        // REFUSED_STREAM
            8 => Self::Cancelled,          // CANCEL
            11 => Self::ResourceExhausted, // ENHANCE_YOUR_CALM
            12 => Self::PermissionDenied,  // INADEQUATE_SECURITY
            _ => Self::Unknown,
        }
    }

    /// The code for a failure of the operating system.
    pub(crate) fn from_io(kind: io::ErrorKind) -> Self {
        use io::ErrorKind as Kind;
        match kind {
            Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::NotConnected
            | Kind::BrokenPipe
            | Kind::AddrInUse
            | Kind::AddrNotAvailable
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown => Self::Unavailable,
            Kind::TimedOut => Self::DeadlineExceeded,
            Kind::NotFound => Self::NotFound,
            Kind::AlreadyExists => Self::AlreadyExists,
            Kind::PermissionDenied => Self::PermissionDenied,
            Kind::InvalidInput => Self::InvalidArgument,
            Kind::InvalidData => Self::DataLoss,
            Kind::UnexpectedEof => Self::OutOfRange,
            Kind::OutOfMemory | Kind::StorageFull | Kind::QuotaExceeded => Self::ResourceExhausted,
            Kind::Unsupported => Self::Unimplemented,
            Kind::Interrupted => Self::Aborted,
            _ => Self::Unknown,
        }
    }
}

/// Converts a number of `grpc-status`; unknown ones become [`Code::Unknown`].
impl From<i32> for Code {
    fn from(number: i32) -> Self {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index).copied()).unwrap_or(Self::Unknown)
    }
}

impl From<Code> for i32 {
    fn from(code: Code) -> Self {
        code as Self
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_both_ways() {
        for (number, code) in (0..).zip(Code::ALL) {
            assert_eq!(i32::from(code), number);
            assert_eq!(Code::from(number), code);
            assert_eq!(Code::from_header(number.to_string().as_bytes()), code);
        }
        for number in [-1, 17, i32::MAX, i32::MIN] {
            assert_eq!(Code::from(number), Code::Unknown);
        }
    }

    /// C4: any other value than a known code is UNKNOWN.
    #[test]
    fn odd_grpc_status_values_are_unknown() {
        for value in ["", "abc", "00", "01", "-1", "+1", "17", "99", " 1", "999999999999"] {
            assert_eq!(Code::from_header(value.as_bytes()), Code::Unknown, "{value:?}");
        }
    }

    /// C2: the HTTP status decides the code of a response without `grpc-status`.
    #[test]
    fn http_statuses_map_as_documented() {
        let table = [
            (400, 13),
            (401, 16),
            (403, 7),
            (404, 12),
            (429, 14),
            (431, 13),
            (502, 14),
            (503, 14),
            (504, 14),
            (200, 2),
            (500, 2),
            (302, 2),
        ];
        for (status, code) in table {
            assert_eq!(i32::from(Code::from_http_status(status)), code, "{status}");
        }
    }

    /// C10: RST_STREAM codes map as documented.
    #[test]
    fn http2_errors_map_as_documented() {
        let table = [
            (0, 13),
            (1, 13),
            (2, 13),
            (3, 13),
            (4, 13),
            (5, 2),
            (6, 13),
            (7, 14),
            (8, 1),
            (9, 13),
            (10, 13),
            (11, 8),
            (12, 7),
            (13, 2),
            (99, 2),
        ];
        for (error, code) in table {
            assert_eq!(i32::from(Code::from_http2_error(error)), code, "{error}");
        }
    }
}
