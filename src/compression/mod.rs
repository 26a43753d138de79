//! How messages are compressed, and what the two sides say of it.

#[cfg(feature = "gzip")]
mod zlib;

use http::header::{HeaderName, HeaderValue};

use crate::status::Status;

/// How a message is compressed.
///
/// Whatever is listed here is **taken** by servers and channels without being
/// asked for. What they **send** is compressed only where it was chosen: for all
/// calls by `send_compression` of [`Server`](crate::Server) and
/// [`Channel`](crate::Channel), for one by `with_compression` of
/// [`Request`](crate::Request) and [`Response`](crate::Response).
///
/// A server compresses only what its client says it can read, else it sends
/// messages as they are. A client does not know what its server can read before
/// the first answer; one that cannot says UNIMPLEMENTED.
///
/// Without the feature `gzip` messages are never compressed, and a server
/// refuses calls whose messages are.
///
/// Source: grpc/doc/compression.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Not at all.
    #[default]
    Identity,
    /// By zlib's format, RFC 1950; with the feature `gzip`.
    #[cfg(feature = "gzip")]
    Deflate,
    /// By gzip's format, RFC 1952; with the feature `gzip`. Of all encodings the one that
    /// most other implementations know.
    #[cfg(feature = "gzip")]
    Gzip,
}

impl Encoding {
    /// The encoding of this name; `None` if it is not known here.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        match name {
            b"identity" => Some(Self::Identity),
            #[cfg(feature = "gzip")]
            b"deflate" => Some(Self::Deflate),
            #[cfg(feature = "gzip")]
            b"gzip" => Some(Self::Gzip),
            _ => None,
        }
    }

    /// The name as a header's value.
    pub(crate) fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Identity => "identity",
            #[cfg(feature = "gzip")]
            Self::Deflate => "deflate",
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
        })
    }

    /// Appends the compressed bytes, if they are fewer than the plain ones; else
    /// nothing is appended.
    #[cfg_attr(
        not(feature = "gzip"),
        expect(unused_variables, clippy::ptr_arg, reason = "there is nothing to compress with")
    )]
    pub(crate) fn compress(self, plain: &[u8], packed: &mut Vec<u8>) -> bool {
        match self {
            Self::Identity => false,
            #[cfg(feature = "gzip")]
            Self::Deflate => zlib::compress(zlib::Format::Zlib, plain, packed),
            #[cfg(feature = "gzip")]
            Self::Gzip => zlib::compress(zlib::Format::Gzip, plain, packed),
        }
    }

    /// The plain bytes of a message.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED as soon as there are more than `limit`, INTERNAL if the
    /// compressed ones are not exactly one whole stream.
    #[cfg_attr(not(feature = "gzip"), expect(unused_variables, reason = "there is nothing to decompress with"))]
    pub(crate) fn decompress(self, packed: &[u8], limit: usize) -> Result<Vec<u8>, Status> {
        match self {
            Self::Identity => Ok(packed.to_vec()),
            #[cfg(feature = "gzip")]
            Self::Deflate => zlib::decompress(zlib::Format::Zlib, packed, limit),
            #[cfg(feature = "gzip")]
            Self::Gzip => zlib::decompress(zlib::Format::Gzip, packed, limit),
        }
    }
}

/// Which encodings the peer can read; it can always read what is not compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted(u8);

impl Accepted {
    /// Adds those of a `grpc-accept-encoding` header.
    #[inline]
    pub(crate) fn add(&mut self, list: &[u8]) {
        // What nearly all peers say is not worth a loop.
        match list {
            ACCEPTED_BY_NODE | ACCEPTED_BY_CORE => self.0 = u8::MAX,
            _ => self.add_each(list),
        }
    }

    fn add_each(&mut self, list: &[u8]) {
        for encoding in list.split(|byte| *byte == b',').filter_map(|name| Encoding::parse(name.trim_ascii())) {
            self.0 |= 1 << encoding as u8;
        }
    }

    fn has(self, encoding: Encoding) -> bool {
        encoding == Encoding::Identity || self.0 & 1 << encoding as u8 != 0
    }
}

/// What a request says of compression.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Offer {
    /// How its own messages are compressed.
    pub(crate) encoding: Encoding,
    /// How those of the answer may be.
    pub(crate) accepted: Accepted,
}

/// How this side compresses what it sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compression {
    pub(crate) encoding: Encoding,
    /// From how many bytes on a message is compressed.
    pub(crate) from: usize,
}

impl Compression {
    /// Messages as they are.
    pub(crate) const NONE: Self = Self { encoding: Encoding::Identity, from: usize::MAX };

    /// The choice for one call, if there was one.
    pub(crate) fn or(self, chosen: Option<Encoding>) -> Self {
        Self { encoding: chosen.unwrap_or(self.encoding), from: self.from }
    }

    /// The same if the peer can read it, else none.
    pub(crate) fn within(self, accepted: Accepted) -> Self {
        if accepted.has(self.encoding) { self } else { Self { encoding: Encoding::Identity, from: self.from } }
    }

    /// Whether a message of this length is to be compressed.
    #[inline]
    pub(crate) fn applies_to(self, len: usize) -> bool {
        self.encoding != Encoding::Identity && len >= self.from
    }
}

/// None; small messages would be sent as they are, too.
impl Default for Compression {
    fn default() -> Self {
        Self { encoding: Encoding::Identity, from: 1024 }
    }
}

/// How the messages that follow are compressed, where their flags say so.
pub(crate) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// How the messages of the other side may be compressed.
pub(crate) const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// What is read here, as `grpc-accept-encoding` says it.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static(ACCEPTED_HERE);
/// The same, for people.
pub(crate) const ACCEPTED_HERE: &str = if cfg!(feature = "gzip") { "identity,deflate,gzip" } else { "identity" };
const ACCEPTED_BY_NODE: &[u8] = b"identity,deflate,gzip";
const ACCEPTED_BY_CORE: &[u8] = b"identity, deflate, gzip";

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "gzip")]
    fn accepted(lists: &[&str]) -> Accepted {
        let mut accepted = Accepted::default();
        lists.iter().for_each(|list| accepted.add(list.as_bytes()));
        accepted
    }

    /// M17: what a peer does not say that it reads is not sent to it.
    #[cfg(feature = "gzip")]
    #[test]
    fn nothing_but_identity_goes_without_saying() {
        for lists in [&[][..], &[""], &["identity"], &["br,zstd"], &["gzipped"], &["GZIP"], &[",, ,"]] {
            let accepted = accepted(lists);
            assert!(!accepted.has(Encoding::Gzip) && !accepted.has(Encoding::Deflate), "{lists:?}");
            assert!(accepted.has(Encoding::Identity));
        }
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn lists_are_read_however_they_are_written() {
        for lists in [&["identity,deflate,gzip"][..], &["gzip , deflate"], &["deflate", "x,gzip"], &["gzip,\tdeflate"]]
        {
            let accepted = accepted(lists);
            assert!(accepted.has(Encoding::Gzip) && accepted.has(Encoding::Deflate), "{lists:?}");
        }
        assert!(!accepted(&["gzip"]).has(Encoding::Deflate));
        assert!(!accepted(&["deflate, identity"]).has(Encoding::Gzip));
    }

    #[test]
    fn names_and_values_go_together() {
        for name in ACCEPTED_HERE.split(',') {
            assert_eq!(Encoding::parse(name.as_bytes()).unwrap().name(), name);
        }
        assert_eq!(Encoding::parse(b"snappy"), None);
    }
}
