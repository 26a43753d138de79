//! The pure layer as the benches reach it; not for use by hand.

use std::time::Duration;

use bytes::Bytes;

use crate::codec::{self, Message};
use crate::frame::{Deframer, Payload};
use crate::status::Status;
use crate::timeout;

/// One message with its prefix, as a call with one answer sends it.
///
/// # Errors
///
/// If the message cannot be encoded.
pub fn encode<M: Message>(message: &M) -> Result<Bytes, Status> {
    codec::encode(message, message.encoded_len())
}

/// Decodes the messages of received chunks; gives the last one.
///
/// # Errors
///
/// If a message cannot be decoded.
pub fn decode<M: Message>(chunks: impl IntoIterator<Item = Bytes>) -> Result<Option<M>, Status> {
    let mut frames = Deframer::new(usize::MAX);
    let mut last = None;
    for chunk in chunks {
        frames.push(chunk)?;
        while let Some(payload) = frames.next()? {
            last = Some(M::decode(payload)?);
        }
    }
    Ok(last)
}

/// How much memory a message takes once it is decoded, as told from its bytes.
///
/// # Errors
///
/// If it is more than `limit`.
pub fn weigh<M: Message>(message: &[u8], limit: usize) -> Result<usize, Status> {
    M::weigh(&Payload::Slice(message), limit)
}

/// Cuts received chunks into messages without decoding them; gives their number.
///
/// # Errors
///
/// If a prefix is not legal.
pub fn cut(chunks: impl IntoIterator<Item = Bytes>) -> Result<usize, Status> {
    let mut frames = Deframer::new(usize::MAX);
    let mut count = 0;
    for chunk in chunks {
        frames.push(chunk)?;
        while frames.next()?.is_some() {
            count += 1;
        }
    }
    Ok(count)
}

/// Reads a `grpc-timeout` value.
pub fn parse_timeout(value: &[u8]) -> Option<Duration> {
    timeout::parse(value)
}

/// Writes a `grpc-timeout` value.
pub fn format_timeout(timeout: Duration) -> String {
    timeout::format(timeout)
}
