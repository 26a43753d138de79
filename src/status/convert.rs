//! Errors that `?` converts into a status.

use std::error::Error as StdError;
use std::io;

use crate::code::Code;
use crate::error::Error;
use crate::status::Status;

/// The code by the kind of failure, the message of the operating system.
impl From<io::Error> for Status {
    fn from(error: io::Error) -> Self {
        Self::new(Code::from_io(error.kind()), error.to_string()).with_source(error)
    }
}

/// UNAVAILABLE where no connection could be made, INTERNAL else: also for an
/// address that cannot be read, which is this program's fault and not its caller's.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let code = if error.is_connect() { Code::Unavailable } else { Code::Internal };
        Self::new(code, error.to_string()).with_source(error)
    }
}

/// UNKNOWN with the error's own words, which are sent to the peer.
impl From<Box<dyn StdError + Send + Sync>> for Status {
    fn from(error: Box<dyn StdError + Send + Sync>) -> Self {
        Self::unknown(error.to_string()).with_source(error)
    }
}

/// UNKNOWN with the error's own words, which are sent to the peer. The error
/// itself is dropped, since it may belong to this thread.
impl From<Box<dyn StdError>> for Status {
    fn from(error: Box<dyn StdError>) -> Self {
        Self::unknown(error.to_string())
    }
}

macro_rules! unreadable {
    ($($error:ty,)*) => {
        $(
            /// INVALID_ARGUMENT with the words of the standard library, since a handler
            /// reads what its client sent. Map the error where it reads something else.
            impl From<$error> for Status {
                fn from(error: $error) -> Self {
                    Self::invalid_argument(error.to_string()).with_source(error)
                }
            }
        )*
    };
}

unreadable! {
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_convert_what_handlers_meet() {
        fn number(text: &[u8]) -> Result<u8, Status> {
            let number: i64 = std::str::from_utf8(text)?.parse()?;
            Ok(number.try_into()?)
        }
        fn boxed(error: &'static str) -> Result<(), Status> {
            Err::<(), Box<dyn StdError>>(error.into())?;
            Ok(())
        }
        for (text, message) in [
            (&b"x"[..], "invalid digit found in string"),
            (b"256", "out of range integral type conversion attempted"),
            (b"\xff", "invalid utf-8 sequence of 1 bytes from index 0"),
        ] {
            let status = number(text).unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::InvalidArgument, message));
            assert!(status.source().is_some());
        }
        let status = boxed("odd").unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Unknown, "odd"));
    }

    #[test]
    fn io_errors_keep_their_cause() {
        let status = Status::from(io::Error::new(io::ErrorKind::ConnectionRefused, "refused"));
        assert_eq!((status.code(), status.message()), (Code::Unavailable, "refused"));
        assert!(status.source().is_some());
    }
}
