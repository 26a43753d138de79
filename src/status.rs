//! The failure of a call: code, message, details, metadata.

mod convert;
mod fit;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, percent_encode};

use crate::code::Code;
use crate::error::Error;
use crate::excerpt::Excerpt;
use crate::metadata::{Metadata, decode_base64, encode_base64, get_first};

/// The failure of a call: a [`Code`], a message for people, and optional
/// details and metadata.
///
/// A handler returns it to fail its call, and the client's call returns it. It is one
/// pointer wide, so that `Result<T, Status>` stays small.
///
/// ```
/// use puregrpc::{Code, Status};
///
/// let name = String::from("Sesame");
/// let status = Status::not_found(format!("no feature called {name}"));
/// assert_eq!(status.code(), Code::NotFound);
/// assert_eq!(status.to_string(), "NOT_FOUND: no feature called Sesame");
///
/// let mut status = status.with_details(&b"any bytes"[..]);
/// status.metadata_mut().insert("x-region", "west")?;
/// # Ok::<(), puregrpc::Error>(())
/// ```
#[derive(Clone)]
pub struct Status(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: Cow<'static, str>,
    details: Bytes,
    metadata: Metadata,
    /// The response's headers, on a client. Boxed, since few calls have any.
    headers: Option<Box<Metadata>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Status {
    /// A status with a code and a message.
    ///
    /// The message may be a `String`, which is moved, or a `&str` of any lifetime,
    /// which is copied. [`from_static`](Self::from_static) does not copy.
    ///
    /// The message is sent to the peer: make it useful, and leave internal details out.
    #[cold]
    pub fn new<'a>(code: Code, message: impl Into<Cow<'a, str>>) -> Self {
        Self::with_message(code, Cow::Owned(message.into().into_owned()))
    }

    /// A status with a code and a constant message, which is not copied.
    #[cold]
    pub fn from_static(code: Code, message: &'static str) -> Self {
        Self::with_message(code, Cow::Borrowed(message))
    }

    fn with_message(code: Code, message: Cow<'static, str>) -> Self {
        let inner =
            Inner { code, message, details: Bytes::new(), metadata: Metadata::new(), headers: None, source: None };
        Self(Box::new(inner))
    }

    /// UNKNOWN, with the error's text as the message and the error as the
    /// [source](Self::with_source): for errors that `?` does not convert.
    ///
    /// The text is sent to the peer. If the text must stay in this process, choose a
    /// message: `Status::internal("the order cannot be stored").with_source(error)`.
    ///
    /// ```
    /// # use puregrpc::{Code, Status};
    /// fn port(text: &str) -> Result<std::net::SocketAddr, Status> {
    ///     text.parse().map_err(Status::from_error)
    /// }
    /// let status = port("nowhere").unwrap_err();
    /// assert_eq!((status.code(), status.message()), (Code::Unknown, "invalid socket address syntax"));
    /// ```
    #[cold]
    pub fn from_error(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::from(error.into())
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message for people; empty if there is none.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The details: usually an encoded `google.rpc.Status`; empty if there are none.
    /// [`with_details`](Self::with_details) shows how to read them.
    pub fn details(&self) -> &[u8] {
        &self.0.details
    }

    /// The metadata received, or sent, with the status: the trailers of the call.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// The metadata that the server sent before it failed the call: the headers of
    /// its response, separate from the trailers ([`metadata`](Self::metadata)).
    ///
    /// A client finds them on the error of a call with one answer. They are empty if
    /// the server sent only the status, and on a server. For a call that streams its
    /// answers, [`Receiver::metadata`](crate::Receiver::metadata) has them. A handler
    /// that returns the status of another call does not send its headers.
    pub fn headers(&self) -> &Metadata {
        self.0.headers.as_deref().unwrap_or_else(|| Metadata::none())
    }

    /// Adds the headers of the response.
    pub(crate) fn with_headers(mut self, headers: Option<Metadata>) -> Self {
        self.0.headers = headers.filter(|headers| !headers.is_empty()).map(Box::new).or(self.0.headers);
        self
    }

    /// The metadata, mutable.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }

    /// Adds details: usually an encoded `google.rpc.Status` (`grpc-status-details-bin`).
    ///
    /// That type is Google's. Copy `google/rpc/status.proto` and
    /// `google/rpc/error_details.proto` from [googleapis] into the folder of your own
    /// `.proto` files, under these names; the build then compiles them as well. A
    /// `google.rpc.Status` repeats the code and the message, and has any messages as
    /// details:
    ///
    #[cfg_attr(feature = "example-services", doc = "```")]
    #[cfg_attr(not(feature = "example-services"), doc = "```ignore")]
    /// # mod proto { puregrpc::include_protos!("rpc"); }
    /// use proto::google::rpc::{self, BadRequest, bad_request::FieldViolation};
    /// use puregrpc::protobuf::{Message, well_known_types::any::Any};
    /// use puregrpc::{Code, Status};
    ///
    /// fn refused(field: &str, description: &str) -> Result<Status, puregrpc::protobuf::Error> {
    ///     let violation =
    ///         FieldViolation { field: field.into(), description: description.into(), ..Default::default() };
    ///     let fault = BadRequest { field_violations: vec![violation], ..Default::default() };
    ///     let rich = rpc::Status {
    ///         code: Code::InvalidArgument.into(),
    ///         message: "the request has faults".into(),
    ///         details: vec![Any::pack(&fault)?],
    ///         ..Default::default()
    ///     };
    ///     Ok(Status::invalid_argument(rich.message.clone()).with_details(rich.write_to_bytes()?))
    /// }
    ///
    /// // The client:
    /// let status = refused("name", "must not be empty")?;
    /// let rich = rpc::Status::parse_from_bytes(status.details())?;
    /// for detail in &rich.details {
    ///     // `None` if it has another type:
    ///     if let Some(fault) = detail.unpack::<BadRequest>()? {
    ///         assert_eq!(fault.field_violations[0].field, "name");
    ///     }
    /// }
    /// # assert_eq!(rich.details.len(), 1);
    /// # Ok::<(), puregrpc::protobuf::Error>(())
    /// ```
    ///
    /// `pack` and `unpack` need messages with reflection, not those of `Config::lite`.
    ///
    /// [googleapis]: https://github.com/googleapis/googleapis/tree/master/google/rpc
    #[must_use]
    pub fn with_details(mut self, details: impl Into<Bytes>) -> Self {
        self.0.details = details.into();
        self
    }

    /// Adds one value of metadata: text, or any bytes if the name ends in `-bin`.
    ///
    /// # Errors
    ///
    /// As [`Metadata::insert`].
    pub fn with_metadata(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.0.metadata.append(name, value)?;
        Ok(self)
    }

    /// Adds the cause. It is not sent to the peer.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Writes the status as trailers, after the existing ones.
    pub(crate) fn write(self, trailers: &mut HeaderMap) {
        let Inner { code, message, details, metadata, .. } = *self.0;
        if !metadata.headers().is_empty() {
            trailers.extend(metadata.into_headers());
        }
        trailers.insert(GRPC_STATUS, HeaderValue::from(i32::from(code)));
        if !message.is_empty() {
            let text = Cow::from(percent_encode(message.as_bytes(), ENCODED));
            if let Ok(value) = HeaderValue::from_str(&text) {
                trailers.insert(GRPC_MESSAGE, value);
            }
        }
        if !details.is_empty() {
            trailers.insert(GRPC_STATUS_DETAILS, encode_base64(&details));
        }
    }

    /// Reads the status from trailers; `None` if they have none.
    ///
    /// `Ok` returns the trailers of a successful call. A field that cannot be decoded
    /// never hides the code: a message is decoded as far as possible, and details that
    /// are not base64 are empty.
    pub(crate) fn read(trailers: HeaderMap) -> Option<Result<Option<Box<Metadata>>, Self>> {
        let given = get_first(&trailers, &GRPC_STATUS)?;
        let code = Code::from_header(given.as_bytes());
        if code == Code::Ok {
            if trailers.len() == 1 {
                // Applications cannot see that one value.
                return Some(Ok(None));
            }
            return Some(Ok(Some(Box::new(Metadata::from_headers(trailers)))));
        }
        let message =
            trailers.get(GRPC_MESSAGE).map(|value| percent_decode(value.as_bytes()).decode_utf8_lossy().into_owned());
        let is_known = code != Code::Unknown || given == UNKNOWN;
        let message = if is_known { message.unwrap_or_default() } else { no_code(given, message) };
        let details = trailers.get(GRPC_STATUS_DETAILS).and_then(|value| decode_base64(value.as_bytes()));
        let mut status = Self::new(code, message);
        status.0.details = details.unwrap_or_default().into();
        status.0.metadata = Metadata::from_headers(trailers);
        Some(Err(status))
    }
}

/// The trailers of a successful call.
pub(crate) fn ok_trailers(metadata: Option<Box<Metadata>>) -> HeaderMap {
    let Some(metadata) = metadata else {
        return OK_ALONE.clone();
    };
    let mut trailers = metadata.into_headers();
    trailers.insert(GRPC_STATUS, OK);
    trailers
}

/// C4: the text of a status with a malformed code quotes the code.
#[cold]
fn no_code(given: &HeaderValue, message: Option<String>) -> String {
    let quoted = format!("grpc-status {:?} is no code of gRPC", Excerpt(given));
    match message {
        Some(message) if !message.is_empty() => format!("{message} ({quoted})"),
        _ => quoted,
    }
}

macro_rules! constructors {
    ($($name:ident $code:ident,)*) => {
        /// A constructor for each code.
        impl Status {
            $(
                #[doc = concat!("A status with [`Code::", stringify!($code), "`].")]
                #[cold]
                pub fn $name<'a>(message: impl Into<Cow<'a, str>>) -> Self {
                    Self::new(Code::$code, message)
                }
            )*
        }
    };
}

constructors! {
    cancelled Cancelled,
    unknown Unknown,
    invalid_argument InvalidArgument,
    deadline_exceeded DeadlineExceeded,
    not_found NotFound,
    already_exists AlreadyExists,
    permission_denied PermissionDenied,
    resource_exhausted ResourceExhausted,
    failed_precondition FailedPrecondition,
    aborted Aborted,
    out_of_range OutOfRange,
    unimplemented Unimplemented,
    internal Internal,
    unavailable Unavailable,
    data_loss DataLoss,
    unauthenticated Unauthenticated,
}

/// `CODE: message`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            "" => write!(f, "{}", self.code()),
            message => write!(f, "{}: {message}", self.code()),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Status");
        debug.field("code", &self.code()).field("message", &self.message());
        if !self.details().is_empty() {
            debug.field("details", &self.0.details);
        }
        if !self.metadata().is_empty() {
            debug.field("metadata", self.metadata());
        }
        if let Some(headers) = &self.0.headers {
            debug.field("headers", headers);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Status {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
pub(crate) const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const OK: HeaderValue = HeaderValue::from_static("0");

/// Made once: a copy costs less than a new map.
static OK_ALONE: LazyLock<HeaderMap> = LazyLock::new(|| {
    let mut trailers = HeaderMap::new();
    trailers.insert(GRPC_STATUS, OK);
    trailers
});
const UNKNOWN: &str = "2";

/// The length of one percent-encoded byte.
const ENCODED_LEN: usize = 3;

/// Everything outside of printable ASCII, and the percent sign.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

#[cfg(test)]
mod tests {
    use super::*;

    fn written(status: Status) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        status.write(&mut trailers);
        trailers
    }

    fn read(entries: &[(&'static str, &[u8])]) -> Option<Result<Option<Box<Metadata>>, Status>> {
        Status::read(
            entries
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap()))
                .collect(),
        )
    }

    #[test]
    fn a_result_is_one_pointer_wide() {
        assert_eq!(size_of::<Result<(), Status>>(), size_of::<usize>());
    }

    /// R3: decimal code, percent-encoded message.
    #[test]
    fn messages_are_percent_encoded() {
        let text = "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n 100%";
        let trailers = written(Status::unknown(text));
        assert_eq!(trailers[GRPC_STATUS], "2");
        assert_eq!(
            trailers[GRPC_MESSAGE],
            "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A 100%25"
        );
        assert_eq!(Status::read(trailers).unwrap().unwrap_err().message(), text);
    }

    /// C5: a malformed message is decoded as far as possible.
    #[test]
    fn odd_messages_are_never_lost() {
        let table: [(&[u8], &str); 6] = [
            (b"%zz", "%zz"),
            (b"%", "%"),
            (b"%4", "%4"),
            (b"a%ffb", "a\u{fffd}b"),
            ("ä".as_bytes(), "ä"),
            (b"%41%", "A%"),
        ];
        for (raw, message) in table {
            let status = read(&[("grpc-status", b"5"), ("grpc-message", raw)]).unwrap().unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::NotFound, message));
        }
    }

    /// C6: details that are not base64 hide neither code nor message.
    #[test]
    fn broken_details_are_empty() {
        let entries: [(&'static str, &[u8]); 3] =
            [("grpc-status", b"5"), ("grpc-message", b"x"), ("grpc-status-details-bin", b"***")];
        let status = read(&entries).unwrap().unwrap_err();
        assert_eq!((status.code(), status.message(), status.details()), (Code::NotFound, "x", &b""[..]));
    }

    #[test]
    fn details_and_metadata_go_both_ways() {
        let mut status = Status::aborted("x").with_details(&b"\xab\x00"[..]);
        status.metadata_mut().insert("a", "1").unwrap();
        let back = Status::read(written(status)).unwrap().unwrap_err();
        assert_eq!(back.details(), b"\xab\x00");
        assert_eq!(back.metadata().iter().collect::<Vec<_>>(), [("a", &b"1"[..])]);
    }

    #[test]
    fn success_gives_the_trailers_and_nothing_gives_none() {
        assert_eq!(read(&[("grpc-status", b"0"), ("a", b"1")]).unwrap().unwrap().unwrap().get("a"), Some("1"));
        assert!(read(&[("a", b"1")]).is_none());
    }

    #[test]
    fn messages_of_any_lifetime_are_copied_and_constants_are_not() {
        let text = String::from("no such thing");
        let borrowed = Status::invalid_argument(&text[3..]);
        let (whole, moved) = (Status::internal(&text), Status::new(Code::Internal, text.clone()));
        assert_eq!((borrowed.message(), whole.message(), moved.message()), ("such thing", &*text, &*text));
        let constant = "constant";
        assert_eq!(Status::from_static(Code::Internal, constant).message().as_ptr(), constant.as_ptr());
    }
}
