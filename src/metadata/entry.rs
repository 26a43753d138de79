//! Names and values that an application sets.

use http::header::{HeaderName, HeaderValue};

use crate::error::{Error, Kind};
use crate::metadata::{encode_base64, is_base64, is_binary, is_reserved};

/// A name and a value that an application gives, as they are sent.
pub(super) fn entry(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), Error> {
    let name = entry_name(name)?;
    if is_binary(name.as_str()) {
        return Ok((name, encode_base64(value)));
    }
    text_entry(name, value)
}

/// As [`entry`], with a binary value that is encoded already.
pub(super) fn raw_entry(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), Error> {
    let name = entry_name(name)?;
    if is_binary(name.as_str()) && !is_base64(value) {
        let message = format!("the value of metadata {:?} is not base64 (insert and append encode it)", name.as_str());
        return Err(Error::new(Kind::Metadata, message));
    }
    text_entry(name, value)
}

fn entry_name(name: &str) -> Result<HeaderName, Error> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if is_reserved(name) {
        return Err(Error::new(Kind::Metadata, format!("metadata name {name:?} is reserved for gRPC and HTTP")));
    }
    let parsed = name.bytes().all(legal).then(|| HeaderName::from_bytes(name.as_bytes()).ok()).flatten();
    parsed.ok_or_else(|| {
        Error::new(Kind::Metadata, format!("metadata name {name:?} may hold only letters, digits, `-`, `_` and `.`"))
    })
}

fn text_entry(name: HeaderName, value: &[u8]) -> Result<(HeaderName, HeaderValue), Error> {
    let printable = value.iter().all(|byte| (0x20..0x7f).contains(byte));
    match HeaderValue::from_bytes(value) {
        Ok(value) if printable => Ok((name, value)),
        _ => Err(Error::new(
            Kind::Metadata,
            format!(
                "the value of metadata {:?} is not printable ASCII (names that end in -bin take any bytes)",
                name.as_str()
            ),
        )),
    }
}
