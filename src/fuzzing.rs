//! What holds of the pure layer for any bytes; for fuzzing, not for use by hand.
//!
//! Each function takes bytes as a fuzzer gives them and panics when a rule is broken. The fuzz targets call them, and
//! so do the property tests.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use protobuf::well_known_types::struct_::value::Kind;
use protobuf::well_known_types::struct_::{ListValue, Value};
use protobuf::well_known_types::wrappers::{BytesValue, StringValue};

use crate::code::Code;
use crate::codec::{self, Message};
#[cfg(feature = "gzip")]
use crate::compression::Encoding;
use crate::frame::{Deframer, PREFIX, Payload};
use crate::metadata::{Metadata, decode_base64, encode_base64, is_base64};
use crate::status::Status;
use crate::timeout;

/// Messages are the same wherever their bytes are parted, and are those bytes.
///
/// The first byte gives the limit of a message, the second the length of the pieces.
///
/// # Panics
///
/// When they are not.
pub fn frame(data: &[u8]) {
    let Some((&[limit, step], body)) = data.split_first_chunk() else {
        return;
    };
    let limit = usize::from(limit);
    let whole = cut(body, body.len(), limit);
    assert_eq!(whole, cut(body, usize::from(step), limit), "in pieces of {step}");
    let framed: Vec<u8> = whole.messages.iter().flat_map(|message| prefixed(message)).collect();
    assert!(body.starts_with(&framed), "messages are what came");
    assert!(whole.messages.iter().all(|message| message.len() <= limit), "no message is over the limit");
    if whole.failure.is_none() {
        assert_eq!(whole.is_empty, framed.len() == body.len(), "what is left is told");
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Cut {
    messages: Vec<Vec<u8>>,
    failure: Option<Code>,
    is_empty: bool,
}

fn cut(body: &[u8], step: usize, limit: usize) -> Cut {
    let mut frames = Deframer::new(limit);
    let mut messages = Vec::new();
    let mut read = || {
        for chunk in body.chunks(step.max(1)) {
            frames.push(Bytes::copy_from_slice(chunk))?;
            while let Some(payload) = frames.next()? {
                messages.push(bytes_of(&payload).to_vec());
            }
        }
        Ok::<(), Status>(())
    };
    let failure = read().err().map(|status| status.code());
    // After a failure nothing is read any more.
    let is_empty = failure.is_none() && frames.is_empty();
    Cut { messages, failure, is_empty }
}

fn bytes_of<'a>(payload: &'a Payload<'_>) -> &'a [u8] {
    match payload {
        Payload::Slice(slice) => slice,
        Payload::Joined(bytes) | Payload::Shared(bytes) => bytes,
    }
}

fn prefixed(message: &[u8]) -> Vec<u8> {
    let mut framed = vec![0; PREFIX];
    framed[1..].copy_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(message);
    framed
}

/// What was compressed decompresses to itself, altered to nothing else, and nothing to more than the limit.
///
/// # Panics
///
/// When it does not.
#[cfg(feature = "gzip")]
pub fn gzip(data: &[u8]) {
    for encoding in [Encoding::Deflate, Encoding::Gzip] {
        match encoding.decompress(data, LIMIT) {
            Ok(plain) => assert!(plain.len() <= LIMIT),
            Err(status) => assert!(matches!(status.code(), Code::Internal | Code::ResourceExhausted), "{status}"),
        }
        let mut packed = vec![7];
        if !encoding.compress(data, &mut packed) {
            assert_eq!(packed, [7], "what is not smaller is not appended");
            continue;
        }
        let mut packed = packed.split_off(1);
        assert!(packed.len() < data.len());
        let code = |packed: &[u8], limit| encoding.decompress(packed, limit).map_err(|status| status.code());
        assert_eq!(code(&packed, data.len()).as_deref(), Ok(data));
        assert_eq!(code(&packed, data.len() - 1), Err(Code::ResourceExhausted));
        assert_eq!(code(&packed[..packed.len() - 1], data.len()), Err(Code::Internal));
        let place = usize::from(data[0]) * usize::from(data[1]) % packed.len();
        packed[place] ^= data[0].max(1);
        // A header's bytes may say anything of a file; the sums behind tell of all others.
        assert!(code(&packed, data.len()).is_ok_and(|plain| plain == data) || code(&packed, data.len()).is_err());
        packed[place] ^= data[0].max(1);
        packed.push(0);
        assert_eq!(code(&packed, data.len()), Err(Code::Internal), "bytes behind the end");
    }
}

/// What a message that was received compressed may have.
#[cfg(feature = "gzip")]
const LIMIT: usize = 1000;

/// A message decodes alike from any kind of payload, and to itself from what it encodes to.
///
/// # Panics
///
/// When it does not.
pub fn message(data: &[u8]) {
    message_of::<BytesValue>(data);
    message_of::<StringValue>(data);
    message_of::<ListValue>(data);
}

fn message_of<M: Message + Same + std::fmt::Debug>(data: &[u8]) {
    let slice = M::decode(Payload::Slice(data));
    let joined = M::decode(Payload::Joined(Bytes::copy_from_slice(data)));
    let shared = M::decode(Payload::Shared(Bytes::copy_from_slice(data)));
    let message = match (slice, joined, shared) {
        (Ok(slice), Ok(joined), Ok(shared)) => {
            assert!(slice.same(&joined) && slice.same(&shared), "{slice:?}, {joined:?}, {shared:?}");
            slice
        }
        (Err(slice), Err(joined), Err(shared)) => {
            let all_internal = [slice, joined, shared].iter().all(|status| status.code() == Code::Internal);
            assert!(all_internal, "a message that cannot be read is INTERNAL");
            return;
        }
        results => panic!("payloads differ: {results:?}"),
    };
    let framed = codec::encode(&message, message.encoded_len()).expect("what was decoded is small");
    assert_eq!(framed[1..PREFIX], (framed.len() as u32 - PREFIX as u32).to_be_bytes());
    let again = M::decode(Payload::Slice(&framed[PREFIX..])).expect("what was encoded");
    assert!(again.same(&message), "{again:?}, {message:?}");
}

/// Whether two messages hold the same, down to the bits of numbers: NaN does not equal itself.
trait Same {
    fn same(&self, other: &Self) -> bool;
}

impl Same for BytesValue {
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Same for StringValue {
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Same for ListValue {
    fn same(&self, other: &Self) -> bool {
        self.special_fields == other.special_fields
            && self.values.len() == other.values.len()
            && self.values.iter().zip(&other.values).all(|(one, other)| one.same(other))
    }
}

impl Same for Value {
    fn same(&self, other: &Self) -> bool {
        self.special_fields == other.special_fields
            && match (&self.kind, &other.kind) {
                (Some(Kind::NumberValue(one)), Some(Kind::NumberValue(other))) => one.to_bits() == other.to_bits(),
                (Some(Kind::ListValue(one)), Some(Kind::ListValue(other))) => one.same(other),
                (Some(Kind::StructValue(one)), Some(Kind::StructValue(other))) => {
                    one.special_fields == other.special_fields
                        && one.fields.len() == other.fields.len()
                        && one.fields.iter().all(|(key, one)| other.fields.get(key).is_some_and(|it| one.same(it)))
                }
                (one, other) => one == other,
            }
    }
}

/// Received metadata hides what is reserved, and what can be set can be read again.
///
/// Each line of the bytes is a name and, behind the first colon, its value.
///
/// # Panics
///
/// When it does not, or cannot.
pub fn metadata(data: &[u8]) {
    let (mut came, mut set) = (HeaderMap::new(), Metadata::new());
    for line in data.split(|byte| *byte == b'\n').take(100) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = (&line[..colon], line.get(colon + 1..).unwrap_or_default());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            came.append(name, value);
        }
        let name = String::from_utf8_lossy(name);
        let before = set.len();
        if set.append(&name, value).is_ok() {
            assert_eq!(set.len(), before + 1);
            let name = name.to_ascii_lowercase();
            let read = set.all_bin(&name).last().or_else(|| set.all(&name).last().map(|text| text.to_owned().into()));
            assert_eq!(read.as_deref(), Some(value), "{name}");
        } else {
            assert_eq!(set.len(), before, "what is refused changes nothing");
        }
    }
    visible(&Metadata::from_headers(came));
    visible(&set);
}

/// Nothing reserved is seen, or goes out with what is passed on.
fn visible(metadata: &Metadata) {
    let mut sent = HeaderMap::new();
    metadata.append_to(&mut sent);
    assert_eq!(sent.len(), metadata.len());
    assert_eq!(
        metadata.clone().into_headers().len(),
        sent.len() + metadata.headers().get_all("grpc-accept-encoding").iter().count()
    );
    for (name, value) in metadata.iter() {
        assert!(!name.starts_with("grpc-") && name != "te" && name != "content-type", "{name} is seen");
        assert!(metadata.raw(name).is_some());
        assert!(metadata.get(name).is_none_or(|text| text.is_ascii()));
        if name.ends_with("-bin") && is_base64(value) {
            assert!(metadata.bin(name).is_some() || metadata.raw(name) != Some(value), "{name} is base64");
        }
    }
}

/// A timeout that can be read is written again as at least as much, and hardly more.
///
/// The bytes are a value of `grpc-timeout`; the first twelve of them also a duration.
///
/// # Panics
///
/// When it is not.
pub fn timeout(data: &[u8]) {
    if let Some(timeout) = timeout::parse(data) {
        written_again(timeout);
    }
    if let Some((seconds, rest)) = data.split_first_chunk()
        && let Some(nanos) = rest.first_chunk()
    {
        let timeout = Duration::from_secs(u64::from_be_bytes(*seconds));
        written_again(timeout.saturating_add(Duration::from_nanos(u32::from_be_bytes(*nanos).into())));
    }
}

fn written_again(timeout: Duration) {
    let text = timeout::format(timeout);
    assert!(text.len() <= 9, "{text} has at most eight digits and a unit");
    let again = timeout::parse(text.as_bytes()).expect("what was written can be read");
    if timeout > LONGEST {
        return assert_eq!(again, LONGEST);
    }
    assert!(again >= timeout, "{timeout:?} as {text} is less");
    assert!(again - timeout <= timeout / 50_000, "{timeout:?} as {text} is too much");
}

/// 99999999H.
const LONGEST: Duration = Duration::from_secs(99_999_999 * 3600);

/// A status is read as it was written, and one that is odd is never success unless it says so.
///
/// The first byte is the code, the second the length of the message; details follow.
///
/// # Panics
///
/// When it is not.
pub fn status(data: &[u8]) {
    let Some((&[code, length], rest)) = data.split_first_chunk() else {
        return;
    };
    let (message, details) = rest.split_at(rest.len().min(length.into()));
    received(message, details);
    let code = Code::from(i32::from(code % 17));
    let message = String::from_utf8_lossy(message);
    let mut trailers = HeaderMap::new();
    Status::new(code, message.clone().into_owned()).with_details(details.to_vec()).write(&mut trailers);
    let is_printable = |value: &HeaderValue| value.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte));
    assert!(trailers.values().all(is_printable), "{trailers:?}");
    match Status::read(trailers).expect("there is a grpc-status") {
        Ok(_) => assert_eq!(code, Code::Ok),
        Err(status) => {
            assert_eq!((status.code(), status.message()), (code, &*message));
            assert_eq!(status.details(), details);
        }
    }
}

/// Reads trailers as they may come.
fn received(code: &[u8], text: &[u8]) {
    let (Ok(code), Ok(text)) = (HeaderValue::from_bytes(code), HeaderValue::from_bytes(text)) else {
        return;
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", code.clone());
    trailers.insert("grpc-message", text.clone());
    trailers.insert("grpc-status-details-bin", text.clone());
    let result = Status::read(trailers).expect("there is a grpc-status");
    assert_eq!(result.is_ok(), code == "0", "{code:?}");
    if let Err(status) = result {
        // A code that cannot be read is quoted.
        let is_known = code == "2" || status.code() != Code::Unknown;
        assert!(status.message().is_empty() == (is_known && text.is_empty()), "a message is never dropped");
        assert_eq!(status.details(), decode_base64(text.as_bytes()).unwrap_or_default());
    }
}

/// Bytes are the same after they were encoded and decoded, with padding and without; what is no base64 is nothing.
///
/// # Panics
///
/// When they are not, or it is not.
pub fn base64(data: &[u8]) {
    let text = encode_base64(data);
    assert!(text.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')), "{text:?}");
    assert_eq!(decode_base64(text.as_bytes()).as_deref(), Some(data));
    let padding = (4 - text.len() % 4) % 4;
    let padded = [text.as_bytes(), &b"=="[..padding]].concat();
    assert_eq!(decode_base64(&padded).as_deref(), Some(data));
    assert!(is_base64(&padded));
    // And the other way: what can be decoded stays what it is.
    if let Some(bytes) = decode_base64(data) {
        assert!(bytes.len() <= data.len());
        assert_eq!(decode_base64(encode_base64(&bytes).as_bytes()), Some(bytes));
    }
    let decodes = data.split(|byte| *byte == b',').all(|part| decode_base64(part).is_some());
    assert_eq!(is_base64(data), decodes);
}
