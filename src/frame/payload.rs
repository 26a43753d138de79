//! The bytes of one message, wherever they are.

use std::ops::Deref;

use bytes::Bytes;

/// The bytes of one message.
#[derive(Debug)]
pub enum Payload<'a> {
    /// A small message, not worth a reference count.
    Slice(&'a [u8]),
    /// A small message that came in more than one chunk.
    Joined(Bytes),
    /// A large one, whose `bytes` fields may share the buffer.
    Shared(Bytes),
}

impl Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Slice(slice) => slice,
            Self::Joined(bytes) | Self::Shared(bytes) => bytes,
        }
    }
}
