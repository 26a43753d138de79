//! The response of a call with one.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::compression::Encoding;
use crate::error::Error;
use crate::metadata::Metadata;
use crate::transport::{Callee, Peer};

/// A message with the metadata that comes before it and the trailers behind it.
///
/// It derefs to the message; `message.into()` makes one without metadata. It
/// prints as the message does: in protobuf's text format, on one line by `{}`, on
/// several by `{:#}`. (Messages generated with `Config::lite` have no such format;
/// `{:?}` shows their fields.)
///
/// ```
/// # use protobuf::well_known_types::wrappers::StringValue;
/// use puregrpc::Response;
///
/// # let reply = StringValue { value: "Hello, Ada!".into(), ..Default::default() };
/// let response = Response::new(reply);
/// assert_eq!(response.to_string(), r#"value: "Hello, Ada!""#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Response<T> {
    /// Both are boxed, since few calls have some and every call moves its response.
    pub(crate) metadata: Option<Box<Metadata>>,
    pub(crate) trailers: Option<Box<Metadata>>,
    /// How the message is to be compressed, if it was chosen for this answer.
    pub(crate) compression: Option<Encoding>,
    pub(crate) was_compressed: bool,
    /// The server that gave it, on a client.
    pub(crate) callee: Option<Callee>,
    pub(crate) message: T,
}

impl<T> Response<T> {
    /// A response without metadata.
    pub fn new(message: T) -> Self {
        Self { metadata: None, trailers: None, compression: None, was_compressed: false, callee: None, message }
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The same response with another message.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { metadata, trailers, compression, was_compressed, callee, message } = self;
        Response { metadata, trailers, compression, was_compressed, callee, message: change(message) }
    }

    /// The metadata that comes before the message.
    pub fn metadata(&self) -> &Metadata {
        self.metadata.as_deref().unwrap_or_else(|| Metadata::none())
    }

    /// The metadata, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        self.metadata.get_or_insert_default()
    }

    /// The metadata behind the message.
    pub fn trailers(&self) -> &Metadata {
        self.trailers.as_deref().unwrap_or_else(|| Metadata::none())
    }

    /// The trailers, to be changed.
    pub fn trailers_mut(&mut self) -> &mut Metadata {
        self.trailers.get_or_insert_default()
    }

    /// Compresses the message so, on a server, if the client can read that;
    /// [`Encoding::Identity`] sends it as it is. A small one is sent as it is in
    /// any case, and so is one that would not become smaller.
    /// **Default:** as the server does ([`Server::send_compression`](crate::Server::send_compression)).
    #[must_use]
    pub fn with_compression(mut self, encoding: Encoding) -> Self {
        self.compression = Some(encoding);
        self
    }

    /// Whether the message came compressed, on a client.
    pub fn was_compressed(&self) -> bool {
        self.was_compressed
    }

    /// The server that has answered; `None` on a server.
    pub fn peer(&self) -> Option<&Peer> {
        self.callee.as_ref().map(Callee::peer)
    }

    /// Adds one value of metadata: text, or any bytes for a name that ends in `-bin`.
    ///
    /// # Errors
    ///
    /// As [`Metadata::insert`].
    pub fn with_metadata(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.metadata_mut().append(name, value)?;
        Ok(self)
    }
}

impl<T> From<T> for Response<T> {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.message
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.message
    }
}

/// The message alone.
impl<T: fmt::Display> fmt::Display for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_prints_as_its_message() {
        let response = Response::new("reply").with_metadata("x-id", "7").unwrap();
        assert_eq!(format!("{response:>7}"), "  reply");
    }
}
