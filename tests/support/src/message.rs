//! Length-prefixed messages, by hand.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A message with its five-byte prefix, not compressed.
pub fn message(payload: impl AsRef<[u8]>) -> Bytes {
    prefixed(0, payload)
}

/// A message with `flag` in the place of the Compressed-Flag.
pub fn prefixed(flag: u8, payload: impl AsRef<[u8]>) -> Bytes {
    let payload = payload.as_ref();
    let mut bytes = BytesMut::with_capacity(5 + payload.len());
    bytes.put_u8(flag);
    bytes.put_u32(u32::try_from(payload.len()).expect("a test's message is short"));
    bytes.put_slice(payload);
    bytes.freeze()
}

/// A prefixed `Note` (a message with one field, `bytes value = 1`) as the scripted service takes it.
pub fn note(value: impl AsRef<[u8]>) -> Bytes {
    message(note_payload(value.as_ref()))
}

/// Parts a body into its messages' payloads.
///
/// # Panics
/// When a prefix has a flag, or the body ends inside a message.
pub fn messages(mut body: &[u8]) -> Vec<Bytes> {
    let mut parted = Vec::new();
    while !body.is_empty() {
        let payload = first(body).expect("the body ends with a whole message");
        body = &body[5 + payload.len()..];
        parted.push(payload);
    }
    parted
}

/// Parts a body into its messages: their flags and the payloads as they came.
///
/// # Panics
/// When the body ends inside a message.
pub fn flagged(mut body: &[u8]) -> Vec<(u8, Bytes)> {
    let mut parted = Vec::new();
    while !body.is_empty() {
        let length = body.get(1..5).expect("the body ends with a whole prefix").get_u32() as usize;
        let payload = body.get(5..5 + length).expect("the body ends with a whole message");
        parted.push((body[0], Bytes::copy_from_slice(payload)));
        body = &body[5 + length..];
    }
    parted
}

/// The payload of the message that `body` begins with, if all of it is there.
pub(crate) fn first(body: &[u8]) -> Option<Bytes> {
    let length = body.get(1..5)?.get_u32() as usize;
    assert_eq!(body[0], 0, "a message of the peer bears a flag");
    body.get(5..5 + length).map(Bytes::copy_from_slice)
}

/// The value of an encoded `Note`.
///
/// # Panics
/// When `payload` is anything else.
pub fn note_value(mut payload: Bytes) -> Bytes {
    if payload.is_empty() {
        return payload;
    }
    assert_eq!(payload.get_u8(), 0x0a, "a note has one field");
    let mut length = 0;
    for shift in (0..).step_by(7) {
        let byte = payload.get_u8();
        length |= usize::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    assert_eq!(payload.len(), length, "the note's value is the rest of the message");
    payload
}

fn note_payload(value: &[u8]) -> BytesMut {
    let mut payload = BytesMut::with_capacity(6 + value.len());
    if value.is_empty() {
        return payload;
    }
    payload.put_u8(0x0a);
    let mut length = value.len();
    while length >= 128 {
        payload.put_u8((length % 128) as u8 | 128);
        length /= 128;
    }
    payload.put_u8(length as u8);
    payload.put_slice(value);
    payload
}
