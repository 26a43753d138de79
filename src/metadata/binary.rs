//! Values of names that end in `-bin`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::header::HeaderValue;

/// Whether values of this name are base64.
pub(crate) fn is_binary(name: &str) -> bool {
    name.len() >= BINARY.len() && name.as_bytes()[name.len() - BINARY.len()..].eq_ignore_ascii_case(BINARY)
}

/// Whether a received binary value can be decoded.
pub(crate) fn is_base64(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').all(|text| decode_base64(text).is_some())
}

/// Base64 with or without padding.
pub(crate) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(text.trim_ascii()).ok()
}

/// Base64 without padding, as gRPC wants it.
pub(crate) fn encode_base64(bytes: &[u8]) -> HeaderValue {
    HeaderValue::try_from(BASE64.encode(bytes)).unwrap_or(EMPTY)
}

const BINARY: &[u8] = b"-bin";
const EMPTY: HeaderValue = HeaderValue::from_static("");
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
