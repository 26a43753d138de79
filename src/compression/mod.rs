//! The compression of messages, and its negotiation.

#[cfg(feature = "gzip")]
mod zlib;

use http::header::{HeaderName, HeaderValue};

use crate::status::Status;

/// The compression of a message.
///
/// Servers and channels **receive** messages in every encoding of this list. They
/// **send** compressed messages only where you choose it: for all calls by
/// `send_compression` of [`Server`](crate::Server) and [`Channel`](crate::Channel), for
/// one call by `with_compression` of [`Request`](crate::Request) and
/// [`Response`](crate::Response).
///
/// A server uses only encodings that its client announces, and sends messages
/// uncompressed otherwise. A client does not know its server's encodings before the
/// first answer; a server without support answers UNIMPLEMENTED.
///
/// Without the feature `gzip`, messages are never compressed, and a server refuses
/// calls with compressed messages.
///
/// Source: grpc/doc/compression.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// No compression.
    #[default]
    Identity,
    /// The zlib format, RFC 1950; needs the feature `gzip`.
    #[cfg(feature = "gzip")]
    Deflate,
    /// The gzip format, RFC 1952; needs the feature `gzip`. It is the encoding that most
    /// other implementations support.
    #[cfg(feature = "gzip")]
    Gzip,
}

impl Encoding {
    /// The encoding of this name; `None` if this side does not support it.
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

    /// Appends the compressed bytes if they are fewer than the plain ones, and nothing
    /// otherwise.
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
    /// RESOURCE_EXHAUSTED at the first plain byte beyond `limit`, INTERNAL if the
    /// compressed bytes are not exactly one whole stream.
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

/// The encodings that the peer can read, besides uncompressed messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted(u8);

impl Accepted {
    /// Adds the encodings of a `grpc-accept-encoding` header.
    #[inline]
    pub(crate) fn add(&mut self, list: &[u8]) {
        // The value that nearly all peers send is not worth a loop.
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

/// The headers of a request about compression.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Offer {
    /// The encoding of its own messages.
    pub(crate) encoding: Encoding,
    /// The encodings that the answer may use.
    pub(crate) accepted: Accepted,
}

/// The compression of the messages that this side sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compression {
    pub(crate) encoding: Encoding,
    /// Minimum size of a compressed message, in bytes.
    pub(crate) from: usize,
}

impl Compression {
    /// Uncompressed messages.
    pub(crate) const NONE: Self = Self { encoding: Encoding::Identity, from: usize::MAX };

    /// The choice for one call, if there is one.
    pub(crate) fn or(self, chosen: Option<Encoding>) -> Self {
        Self { encoding: chosen.unwrap_or(self.encoding), from: self.from }
    }

    /// The same if the peer can read it, none otherwise.
    pub(crate) fn within(self, accepted: Accepted) -> Self {
        if accepted.has(self.encoding) { self } else { Self { encoding: Encoding::Identity, from: self.from } }
    }

    /// Whether to compress a message of this length.
    #[inline]
    pub(crate) fn applies_to(self, len: usize) -> bool {
        self.encoding != Encoding::Identity && len >= self.from
    }
}

/// None; with an encoding, small messages would stay uncompressed as well.
impl Default for Compression {
    fn default() -> Self {
        Self { encoding: Encoding::Identity, from: 1024 }
    }
}

/// The header with the encoding of the messages whose flags mark them as compressed.
pub(crate) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// The header with the encodings that the other side may use.
pub(crate) const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// The encodings that this side reads, for `grpc-accept-encoding`.
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

    /// M17: a peer gets no encoding that it does not announce.
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
