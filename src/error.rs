//! Errors outside a call.

use std::error::Error as StdError;
use std::{fmt, io};

/// A failure outside a call: to bind, to connect, to configure.
///
/// Within a call every error is a [`Status`](crate::Status). `?` converts an `Error` to
/// one: UNAVAILABLE if no connection could be made, INTERNAL otherwise.
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The address of a server is malformed.
    Address,
    /// No connection could be made.
    Connect,
    /// A name or a value is illegal metadata.
    Metadata,
    /// A server cannot be set up or cannot continue.
    Serve,
    /// A certificate, a key or a TLS setting is unusable.
    #[cfg(feature = "tls")]
    Tls,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether the address of a server is malformed.
    pub fn is_address(&self) -> bool {
        self.kind == Kind::Address
    }

    /// Whether no connection could be made; a retry may succeed.
    pub fn is_connect(&self) -> bool {
        self.kind == Kind::Connect
    }

    /// Whether a name or a value is illegal metadata.
    pub fn is_metadata(&self) -> bool {
        self.kind == Kind::Metadata
    }

    /// Whether a server could not be set up or could not continue.
    pub fn is_serve(&self) -> bool {
        self.kind == Kind::Serve
    }

    /// Whether a certificate, a key or a TLS setting is unusable.
    #[cfg(feature = "tls")]
    pub fn is_tls(&self) -> bool {
        self.kind == Kind::Tls
    }
}

/// The message and, after a colon each, the messages of its causes.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = self.message.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some errors print their causes themselves, like this one.
            if !message.contains(&text) {
                message += ": ";
                message += &text;
            }
            cause = error.source();
        }
        f.write_str(&message)
    }
}

/// The output of a `main` that returns it; without a source, no field for it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.kind).field("message", &self.message);
        if let Some(source) = &self.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Converts a system error to a failure to connect; a retry may succeed.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::new(Kind::Connect, error.to_string()).with_source(error)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_tells_the_causes() {
        let error = Error::new(Kind::Connect, "cannot connect to localhost:1")
            .with_source(io::Error::new(io::ErrorKind::ConnectionRefused, "refused"));
        assert_eq!(error.to_string(), "cannot connect to localhost:1: refused");
        assert!(error.is_connect() && !error.is_metadata() && !error.is_address() && !error.is_serve());
    }

    #[test]
    fn display_tells_each_cause_once() {
        let inner = || Error::new(Kind::Serve, "inner").with_source(io::Error::other("cause"));
        let bare = Error::new(Kind::Serve, "outer").with_source(inner());
        let wrapped = Error::new(Kind::Serve, "outer").with_source(io::Error::from(inner()));
        assert_eq!([bare, wrapped].map(|error| error.to_string()), ["outer: inner: cause", "outer: inner: cause"]);
    }

    #[test]
    fn what_the_system_refuses_is_a_failure_to_connect() {
        let error = Error::from(io::Error::other("no threads left"));
        assert!(error.is_connect() && error.to_string() == "no threads left", "{error}");
    }

    #[test]
    fn debug_tells_a_source_only_where_there_is_one() {
        let error = Error::new(Kind::Connect, "no answer");
        assert_eq!(format!("{error:?}"), r#"Error { kind: Connect, message: "no answer" }"#);
        let error = error.with_source("refused");
        assert_eq!(format!("{error:?}"), r#"Error { kind: Connect, message: "no answer", source: "refused" }"#);
    }
}
