//! What h2 reports, as the status of a call: whether this side, the peer or the
//! network ended it, and with which words.

use std::fmt;
use std::io;

use h2::{Error, Reason};

use crate::code::Code;
use crate::excerpt::Excerpt;
use crate::status::Status;

/// The status for a stream or connection that failed.
#[cold]
pub(crate) fn status(error: &Error) -> Status {
    // Where the connection closes, no call of it failed by its own fault.
    let code = error.reason().filter(|_| error.is_reset()).map(|reason| Code::from_http2_error(reason.into()));
    Status::new(code.unwrap_or(Code::Unavailable), Ending(error).to_string())
}

/// Whether the peer says that it has not begun to handle the stream: it has
/// refused it, or named an earlier one as the last when it went away.
pub(crate) fn is_unprocessed(error: &Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM))
}

/// The error of a connection, in words that say which side has closed it.
pub(crate) struct Closing<'a>(pub(crate) &'a io::Error);

impl fmt::Display for Closing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get_ref().and_then(|error| error.downcast_ref::<Error>()) {
            Some(error) => Ending(error).fmt(f),
            None => Excerpt(self.0).fmt(f),
        }
    }
}

/// What ended a stream or a connection.
struct Ending<'a>(&'a Error);

impl fmt::Display for Ending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        let Some(reason) = error.reason().filter(|_| error.is_reset() || error.is_go_away()) else {
            return self.lost(f);
        };
        let ended = if error.is_reset() { "reset the stream" } else { "closed the connection" };
        // h2 resets and closes what breaks the protocol or is beyond its limits.
        match reason {
            _ if error.is_remote() => write!(f, "the peer has {ended}: {reason:?}")?,
            _ if !error.is_library() => write!(f, "this side has {ended}: {reason:?}")?,
            Reason::ENHANCE_YOUR_CALM => {
                write!(f, "this side has {ended}, since the peer went beyond one of its limits: {reason:?}")?;
            }
            _ => write!(f, "this side has {ended}, since the peer broke the rules of HTTP/2: {reason:?}")?,
        }
        match debug_data(error) {
            Some(words) => write!(f, ", {}", Excerpt(words)),
            None => Ok(()),
        }
    }
}

impl Ending<'_> {
    /// Neither side has said anything.
    fn lost(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        if text.ends_with(NO_GOAWAY) {
            return f.write_str("the connection was lost: it was closed without a GOAWAY");
        }
        write!(f, "the connection was lost: {}", Excerpt(&text))
    }
}

/// The words of a GOAWAY, in quotes. h2 gives them as the end of its text only.
fn debug_data(error: &Error) -> Option<String> {
    let text = error.to_string();
    let (_, data) = text.split_once(" (b\"")?;
    data.strip_suffix(')').map(|data| format!("\"{data}"))
}

/// How h2 says that a connection was closed, or dropped, without a word.
const NO_GOAWAY: &str = "closed because of a broken pipe";
