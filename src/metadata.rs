//! Metadata: the headers and trailers of a call.

mod binary;
mod entry;
mod first;
mod footprint;
mod list_size;

use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Kind};
pub(crate) use crate::metadata::binary::{decode_base64, encode_base64, is_base64, is_binary};
use crate::metadata::entry::{entry, raw_entry};
pub(crate) use crate::metadata::first::get_first;
pub(crate) use crate::metadata::list_size::{field_size, list_size};

/// Names and values that are sent before the messages of a call (headers) or after
/// them (trailers).
///
/// Names are lower case ASCII. A name may have several values, in order. Values are
/// printable ASCII. A name that ends in `-bin` has values of any bytes: they are
/// base64 on the wire, and [`bin`](Self::bin) decodes them.
///
/// Applications can neither set nor see the names that the protocol itself uses
/// in a call: `grpc-status`, `grpc-message`, `grpc-status-details-bin`,
/// `grpc-timeout`, `grpc-encoding`, `grpc-accept-encoding`, `grpc-message-type`,
/// `content-type`, `te`, and the names of HTTP connections. Other names that begin
/// with `grpc-` belong to applications: `grpc-trace-bin` and `grpc-tags-bin` carry
/// traces, and a server's handler sets `grpc-retry-pushback-ms` (gRFC A6).
///
/// Source: grpc/doc/PROTOCOL-HTTP2.md, "Custom-Metadata".
///
/// ```
/// use puregrpc::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.insert("x-request-id", "42")?;
/// metadata.append("trace-bin", [0xab, 0xcd])?;
///
/// assert_eq!(metadata.get("x-request-id"), Some("42"));
/// assert_eq!(metadata.bin("trace-bin").as_deref(), Some(&[0xab, 0xcd][..]));
/// assert!(metadata.insert("grpc-status", "0").is_err());
/// # Ok::<(), puregrpc::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    map: HeaderMap,
}

impl Metadata {
    /// No metadata.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of `name`, if it is printable ASCII.
    ///
    /// [`bin`](Self::bin) decodes binary values, [`raw`](Self::raw) returns any
    /// value as received.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values(name).next()?.to_str().ok()
    }

    /// Every value of `name` that is printable ASCII, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.values(name).filter_map(|value| value.to_str().ok())
    }

    /// The first value of `name` as received: binary values are still encoded.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.values(name).next().map(HeaderValue::as_bytes)
    }

    /// The first value of a name that ends in `-bin`, decoded.
    ///
    /// `None` for any other name, and for a value that is not base64.
    pub fn bin(&self, name: &str) -> Option<Bytes> {
        self.all_bin(name).next()
    }

    /// Every value of a name that ends in `-bin`, decoded, in order.
    pub fn all_bin<'a>(&'a self, name: &str) -> impl Iterator<Item = Bytes> + use<'a> {
        let binary = is_binary(name);
        self.values(name)
            .filter(move |_| binary)
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .filter_map(|text| decode_base64(text).map(Bytes::from))
    }

    /// Sets `name` to one value, which replaces all earlier ones.
    ///
    /// # Errors
    ///
    /// If the name is reserved or illegal, or the value is not printable ASCII (a
    /// name that ends in `-bin` accepts any bytes).
    pub fn insert(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let (name, value) = entry(name, value.as_ref())?;
        self.check_room()?;
        self.map.insert(name, value);
        Ok(())
    }

    /// Adds a value to the existing ones of `name`.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let (name, value) = entry(name, value.as_ref())?;
        self.check_room()?;
        self.map.append(name, value);
        Ok(())
    }

    /// As [`insert`](Self::insert), with the value as on the wire: that of a name that
    /// ends in `-bin` is already base64, such as [`raw`](Self::raw) returns.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert), and for a binary value that is not base64.
    pub fn insert_raw(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let (name, value) = raw_entry(name, value.as_ref())?;
        self.check_room()?;
        self.map.insert(name, value);
        Ok(())
    }

    /// As [`append`](Self::append), with the value as on the wire.
    ///
    /// # Errors
    ///
    /// As [`insert_raw`](Self::insert_raw).
    pub fn append_raw(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let (name, value) = raw_entry(name, value.as_ref())?;
        self.check_room()?;
        self.map.append(name, value);
        Ok(())
    }

    /// Removes all values of `name`; returns whether there were any.
    pub fn remove(&mut self, name: &str) -> bool {
        !is_reserved(name) && self.map.remove(name).is_some()
    }

    /// Every name with every value as received, binary values still encoded.
    ///
    /// To copy metadata, clone it; to copy single values, use
    /// [`append_raw`](Self::append_raw).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.map.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).filter(|(name, _)| !is_reserved(name))
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty() || self.iter().next().is_none()
    }

    fn check_room(&self) -> Result<(), Error> {
        if self.map.len() < MOST {
            return Ok(());
        }
        Err(Error::new(Kind::Metadata, format!("more than {MOST} values of metadata")))
    }

    /// Wraps received headers unchanged; reserved ones are hidden, not removed.
    pub(crate) fn from_headers(map: HeaderMap) -> Self {
        Self { map }
    }

    /// Frees hidden headers and spare capacity: for metadata that is kept long.
    pub(crate) fn shrink(&mut self) {
        let visible = self.len();
        let all = std::mem::replace(&mut self.map, HeaderMap::with_capacity(visible));
        let mut last = None;
        for (name, value) in all {
            // A further value of the same name has no name of its own.
            last = name.or(last);
            if let Some(name) = last.as_ref().filter(|name| !is_reserved(name.as_str())) {
                self.map.append(name.clone(), value);
            }
        }
    }

    /// Empty metadata, shared by everything that has none.
    pub(crate) fn none() -> &'static Self {
        static NONE: OnceLock<Metadata> = OnceLock::new();
        NONE.get_or_init(Self::new)
    }

    /// Adds this metadata to headers to send, except reserved headers: metadata of
    /// another call does not add the headers of that call.
    pub(crate) fn append_to(&self, headers: &mut HeaderMap) {
        for (name, value) in self.map.iter().filter(|(name, _)| !is_reserved(name.as_str())) {
            headers.append(name, value.clone());
        }
    }

    /// The headers to send.
    ///
    /// An application may pass on received metadata whole, in a response, a request
    /// or a status. The headers of the other call itself (its length, its timeout,
    /// its encoding) are left out.
    pub(crate) fn into_headers(mut self) -> HeaderMap {
        if self.map.is_empty() {
            return self.map;
        }
        let reserved = |name: &&HeaderName| is_reserved(name.as_str());
        let foreign: Vec<HeaderName> = self.map.keys().filter(reserved).cloned().collect();
        for name in foreign {
            self.map.remove(name);
        }
        self.map
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.map
    }

    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        let visible = !is_reserved(name);
        visible.then(|| self.map.get_all(name).into_iter()).into_iter().flatten()
    }
}

/// Lists names and values; binary values as on the wire.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, value)| (name, String::from_utf8_lossy(value)))).finish()
    }
}

/// Names that an application can neither set nor see.
fn is_reserved(name: &str) -> bool {
    match name.as_bytes().split_first_chunk::<5>() {
        Some((start, rest)) if start.eq_ignore_ascii_case(b"grpc-") => {
            RESERVED_GRPC.iter().any(|reserved| rest.eq_ignore_ascii_case(reserved))
        }
        _ => name.starts_with(':') || RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)),
    }
}

/// Maximum number of values: far more than any peer accepts, and fewer than the map
/// can hold together with gRPC's own headers.
const MOST: usize = 10_000;

/// The names that the protocol uses, after `grpc-`. Go and C core reserve the same names.
const RESERVED_GRPC: [&[u8]; 7] =
    [b"status", b"message", b"status-details-bin", b"timeout", b"encoding", b"accept-encoding", b"message-type"];

const RESERVED: [&str; 10] = [
    "content-type",
    "te",
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "trailer",
];
#[cfg(test)]
mod tests {
    use super::*;

    fn received(entries: &[(&'static str, &[u8])]) -> Metadata {
        let mut map = HeaderMap::new();
        for (name, value) in entries {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        Metadata::from_headers(map)
    }

    #[test]
    fn what_is_shrunk_looks_the_same() {
        let mut metadata = received(&[
            ("te", b"trailers"),
            ("x-a", b"1"),
            ("grpc-timeout", b"1S"),
            ("x-b", b"2"),
            ("user-agent", b"grpc-test/1.0"),
            ("x-a", b"3"),
        ]);
        let before = metadata.clone();
        metadata.shrink();
        assert!(metadata.iter().eq(before.iter()), "{metadata:?}");
        assert_eq!((before.headers().len(), metadata.headers().len()), (6, 4));
        assert_eq!(metadata.all("x-a").collect::<Vec<_>>(), ["1", "3"]);
    }

    /// S15: padded, unpadded, empty and joined binary values; unpadded ones are sent.
    #[test]
    fn binary_values_are_read_in_every_form() {
        let metadata = received(&[
            ("a-bin", b"q6ur"),
            ("a-bin", b"qw=="),
            ("a-bin", b"qw"),
            ("a-bin", b""),
            ("a-bin", b"q6s,qw== , q6s="),
        ]);
        let all: Vec<_> = metadata.all_bin("a-bin").collect();
        let expected: [&[u8]; 7] = [b"\xab\xab\xab", b"\xab", b"\xab", b"", b"\xab\xab", b"\xab", b"\xab\xab"];
        assert_eq!(all, expected);
        let mut sent = Metadata::new();
        sent.insert("a-bin", [0xab]).unwrap();
        assert_eq!(sent.raw("a-bin"), Some(&b"qw"[..]));
    }

    /// S15: an encoded value is added unchanged; one that is not base64 is refused.
    #[test]
    fn encoded_values_are_not_encoded_again() {
        let mut metadata = received(&[("a-bin", b"q6ur"), ("b", b"text")]);
        let copied: Vec<_> = metadata.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for (name, value) in &copied {
            metadata.append_raw(name, value).unwrap();
        }
        assert_eq!(metadata.all_bin("a-bin").collect::<Vec<_>>(), [&[0xab; 3][..]; 2]);
        assert_eq!(metadata.all("b").collect::<Vec<_>>(), ["text"; 2]);
        metadata.insert_raw("a-bin", "qw==").unwrap();
        assert_eq!((metadata.raw("a-bin"), metadata.len()), (Some(&b"qw=="[..]), 3));
        for (name, value) in [("a-bin", "a*b"), ("a-bin", "q6u\n*"), ("b", "\n"), ("grpc-status", "0")] {
            assert!(metadata.append_raw(name, value).unwrap_err().is_metadata(), "{name} {value}");
            assert!(metadata.insert_raw(name, value).unwrap_err().is_metadata(), "{name} {value}");
        }
    }

    /// S16: a value that is not base64 never counts as decoded bytes.
    #[test]
    fn bad_base64_is_nothing() {
        assert!(!is_base64(b"a*b"));
        assert!(!is_base64(b"q6s,*"));
        assert!(is_base64(b"q6s,"));
        assert_eq!(received(&[("a-bin", b"a*b")]).bin("a-bin"), None);
        assert_eq!(received(&[("a", b"q6ur")]).bin("a"), None);
    }

    /// S17: bytes that are not text stay bytes.
    #[test]
    fn obs_text_is_passed_on_as_bytes() {
        let metadata = received(&[("a", b"\xe9\t"), ("a", b"b")]);
        assert_eq!(metadata.get("a"), None);
        assert_eq!(metadata.raw("a"), Some(&b"\xe9\t"[..]));
        assert_eq!(metadata.all("a").collect::<Vec<_>>(), ["b"]);
        assert_eq!(metadata.len(), 2);
    }

    /// S19: reserved names are hidden and cannot be set.
    #[test]
    fn reserved_names_are_hidden_and_refused() {
        let mut metadata =
            received(&[("grpc-status", b"1"), ("te", b"trailers"), ("content-type", b"application/grpc"), ("x", b"1")]);
        assert_eq!(metadata.iter().collect::<Vec<_>>(), [("x", &b"1"[..])]);
        for name in [
            "grpc-status",
            "GRPC-Message",
            "grpc-status-details-bin",
            "grpc-timeout",
            "grpc-encoding",
            "grpc-accept-encoding",
            "grpc-message-type",
            "te",
            "Content-Type",
            ":path",
            "connection",
            "host",
        ] {
            assert_eq!(metadata.raw(name), None, "{name}");
            assert!(metadata.insert(name, "1").unwrap_err().is_metadata(), "{name}");
            assert!(!metadata.remove(name), "{name}");
        }
    }

    /// S19: names that the protocol does not define belong to applications.
    #[test]
    fn other_names_of_grpc_are_seen_and_set() {
        for name in ["grpc-trace-bin", "grpc-tags-bin", "grpc-previous-rpc-attempts", "grpc-retry-pushback-ms", "grpc-"]
        {
            let came = received(&[(name, b"MTI")]);
            assert_eq!(came.raw(name), Some(&b"MTI"[..]), "{name}");
            let mut sent = Metadata::new();
            sent.insert(name, "12").unwrap();
            let decoded = sent.bin(name).map_or_else(|| sent.raw(name).unwrap().to_vec(), |bytes| bytes.to_vec());
            assert_eq!(decoded, b"12", "{name}");
            let mut headers = HeaderMap::new();
            came.append_to(&mut headers);
            assert_eq!((headers.len(), came.clone().into_headers().len(), sent.len()), (1, 1, 1), "{name}");
        }
    }

    /// S20: values of equal names keep their order.
    #[test]
    fn values_of_one_name_keep_their_order() {
        let mut metadata = Metadata::new();
        for value in ["1", "2", "3"] {
            metadata.append("A", value).unwrap();
        }
        assert_eq!(metadata.all("a").collect::<Vec<_>>(), ["1", "2", "3"]);
        metadata.insert("a", "4").unwrap();
        assert_eq!(metadata.all("a").collect::<Vec<_>>(), ["4"]);
        assert!(metadata.remove("a") && metadata.is_empty());
    }

    /// S19: metadata of one call passes to another without the headers of the call itself.
    #[test]
    fn only_what_an_application_may_set_is_passed_on() {
        let came = received(&[("grpc-timeout", b"1S"), ("x", b"1"), ("te", b"trailers"), ("x", b"2"), ("host", b"a")]);
        let mut headers = HeaderMap::new();
        came.append_to(&mut headers);
        assert_eq!(headers.get_all("x").into_iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn too_much_is_an_error_and_no_panic() {
        let mut metadata = Metadata::new();
        let result = (0..100_000).try_for_each(|number| metadata.append(&format!("a{number}"), ""));
        assert!(result.unwrap_err().is_metadata());
        assert!(metadata.insert("b", "").is_err());
        assert_eq!(metadata.len(), MOST);
    }

    /// R10: bad names and values are an error of the application.
    #[test]
    fn bad_entries_are_refused() {
        let mut metadata = Metadata::new();
        for (name, value) in [("", "x"), ("a b", "x"), ("ä", "x"), ("a", "ä"), ("a", "x\n"), ("a", "\t"), ("a!", "x")]
        {
            assert!(metadata.append(name, value).unwrap_err().is_metadata(), "{name:?} {value:?}");
        }
        assert!(metadata.is_empty());
    }
}
