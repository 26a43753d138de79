use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use puregrpc::{Error, Status};

use crate::escaped::escaped;

/// Why a command ends before its time.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something on this side is wrong.
    Local(String),
    /// A call ended with an error.
    Status(Status),
    /// The standard output cannot be written to.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn local(message: impl fmt::Display) -> Self {
        Self::Local(message.to_string())
    }

    /// Says in one line what went wrong, and gives the exit status that stands for it.
    pub(crate) fn report(self) -> ExitCode {
        let (message, code) = match self {
            // Whoever reads, as in `… | head -1`, has had enough: that is no fault.
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(error) => (format!("cannot write to the standard output: {error}"), 1),
            Self::Local(message) => (message, 1),
            Self::Status(status) => {
                let code = u8::try_from(i32::from(status.code())).unwrap_or(STATUS_UNKNOWN);
                (status.to_string(), STATUS_OFFSET + code)
            }
        };
        // Without a standard error there is nobody left to tell.
        let _ = writeln!(io::stderr(), "error: {}", escaped(&message.replace('\n', " ")));
        ExitCode::from(code)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::local(error)
    }
}

/// What grpcurl adds to the code of a status.
const STATUS_OFFSET: u8 = 64;
const STATUS_UNKNOWN: u8 = 2;
