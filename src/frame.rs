//! Length-prefixed messages: cutting a stream of bytes into them.

mod partial;
mod payload;

use bytes::{Buf, Bytes};

use crate::compression::{ACCEPTED_HERE, Encoding};
use crate::status::Status;
use partial::Partial;
pub(crate) use payload::Payload;

/// The length of the prefix: one byte of flags, four of length.
pub(crate) const PREFIX: usize = 5;

/// The prefix of a message that is not compressed.
pub(crate) fn prefix(len: usize) -> Result<[u8; PREFIX], Status> {
    let [a, b, c, d] = u32::try_from(len)
        .map_err(|_| {
            Status::resource_exhausted(format!("message of {len} bytes exceeds what gRPC can carry (4294967295 bytes)"))
        })?
        .to_be_bytes();
    Ok([0, a, b, c, d])
}

/// The prefix of one that is.
pub(crate) fn compressed_prefix(len: usize) -> Result<[u8; PREFIX], Status> {
    prefix(len).map(|[_, a, b, c, d]| [1, a, b, c, d])
}

/// Cuts received bytes into messages, wherever they were split on their way.
///
/// What `partial` holds comes before what `chunk` holds; while `partial` is
/// not a whole message, `chunk` is used up.
#[derive(Debug)]
pub(crate) struct Deframer {
    chunk: Bytes,
    /// How much of `chunk` has been taken.
    taken: usize,
    /// A message that came in more than one chunk.
    partial: Partial,
    limit: usize,
    /// What a flag of 1 means; `None` for what is not known here.
    encoding: Option<Encoding>,
    /// Whether the message that was given last came compressed.
    compressed: bool,
}

/// What a prefix says.
#[derive(Clone, Copy)]
struct Prefix {
    len: usize,
    compressed: bool,
}

impl Deframer {
    /// Messages of more than `limit` bytes are refused, on the wire or decompressed.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            chunk: Bytes::new(),
            taken: 0,
            partial: Partial::default(),
            limit,
            encoding: Some(Encoding::Identity),
            compressed: false,
        }
    }

    /// The encoding of the messages that say they have one.
    pub(crate) fn set_encoding(&mut self, encoding: Option<Encoding>) {
        self.encoding = encoding;
    }

    /// Takes received bytes. All messages of earlier ones must have been taken.
    pub(crate) fn push(&mut self, chunk: Bytes) -> Result<(), Status> {
        if self.is_empty() {
            self.refill(chunk);
            return Ok(());
        }
        if self.partial.is_empty() {
            self.begin_partial()?;
        }
        self.refill(chunk);
        self.fill_partial()
    }

    /// Takes received bytes where nothing is left of earlier ones.
    #[inline]
    pub(crate) fn refill(&mut self, chunk: Bytes) {
        (self.chunk, self.taken) = (chunk, 0);
    }

    /// The next message, if it is a small one that came whole and is light by this;
    /// otherwise `None`, whatever there is. A short way for what most messages are.
    #[inline]
    pub(crate) fn next_small(&mut self, is_light: impl FnOnce(&[u8]) -> bool) -> Option<&[u8]> {
        if self.is_partial() {
            return None;
        }
        let rest = &self.chunk[self.taken..];
        let Some(&[0, a, b, c, d]) = rest.first_chunk::<PREFIX>() else {
            return None;
        };
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        if len >= SHARED.min(self.limit) {
            return None;
        }
        let message = rest.get(PREFIX..PREFIX + len).filter(|message| is_light(message))?;
        self.taken += PREFIX + len;
        self.compressed = false;
        Some(message)
    }

    /// The next whole message; `None` if more bytes are needed.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Payload<'_>>, Status> {
        if !self.partial.is_empty() {
            return self.next_partial();
        }
        let Some(Prefix { len, compressed }) = self.read_prefix(&self.chunk[self.taken..])? else {
            return Ok(None);
        };
        let from = self.taken + PREFIX;
        if self.chunk.len() - from < len {
            return Ok(None);
        }
        self.taken = from + len;
        self.compressed = compressed;
        if compressed {
            return self.decompress(&self.chunk[from..from + len]).map(Some);
        }
        Ok(Some(if len < SHARED {
            Payload::Slice(&self.chunk[from..from + len])
        } else {
            Payload::Shared(self.chunk.slice(from..from + len))
        }))
    }

    /// Whether the message that was given last came compressed.
    pub(crate) fn was_compressed(&self) -> bool {
        self.compressed
    }

    /// Whether a message has come in part that began in an earlier chunk.
    #[inline]
    pub(crate) fn is_partial(&self) -> bool {
        !self.partial.is_empty()
    }

    /// How many bytes have come that have not been taken.
    pub(crate) fn len(&self) -> usize {
        self.partial.len() + self.chunk.len() - self.taken
    }

    /// How much memory is held for what has not been taken.
    #[inline]
    pub(crate) fn held(&self) -> usize {
        self.partial.capacity() + if self.taken < self.chunk.len() { self.chunk.len() } else { 0 }
    }

    /// Gives up bytes that were taken: they may be a few of a large buffer, and
    /// the next may be long in coming.
    #[inline]
    pub(crate) fn let_go(&mut self) {
        if self.taken == self.chunk.len() {
            (self.chunk, self.taken) = (Bytes::new(), 0);
        }
    }

    /// Whether nothing is left: no message, no part of one.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.partial.is_empty() && self.taken == self.chunk.len()
    }

    /// Reads a prefix; `None` if it is not complete.
    #[inline]
    fn read_prefix(&self, bytes: &[u8]) -> Result<Option<Prefix>, Status> {
        let Some(&[flag, a, b, c, d]) = bytes.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        if flag != 0 {
            self.check_flag(flag)?;
        }
        if len > self.limit {
            return Err(too_large(len, self.limit));
        }
        Ok(Some(Prefix { len, compressed: flag != 0 }))
    }

    /// The length of a message whose prefix is complete.
    fn message_len(&self, bytes: &[u8]) -> Result<Option<usize>, Status> {
        Ok(self.read_prefix(bytes)?.map(|prefix| prefix.len))
    }

    #[cold]
    fn check_flag(&self, flag: u8) -> Result<(), Status> {
        match (flag, self.encoding) {
            (1, Some(encoding)) if encoding != Encoding::Identity => Ok(()),
            (1, Some(_)) => Err(Status::internal("message with compressed flag 1 but no grpc-encoding was announced")),
            (1, None) => Err(Status::internal(format!(
                "message with compressed flag 1 in a grpc-encoding that is not supported, expected one of {ACCEPTED_HERE}"
            ))),
            _ => Err(Status::internal(format!("message with compressed flag {flag}, expected 0 or 1"))),
        }
    }

    /// The plain bytes of a compressed message.
    #[cold]
    fn decompress(&self, packed: &[u8]) -> Result<Payload<'static>, Status> {
        let plain = self.encoding.unwrap_or_default().decompress(packed, self.limit)?;
        Ok(if plain.len() < SHARED { Payload::Joined(plain.into()) } else { Payload::Shared(plain.into()) })
    }

    /// Moves the unfinished rest of `chunk` to a buffer that grows with it.
    #[inline(never)]
    fn begin_partial(&mut self) -> Result<(), Status> {
        let rest = &self.chunk[self.taken..];
        let whole = PREFIX + self.message_len(rest)?.unwrap_or(0);
        self.partial = Partial::begin(rest, whole);
        Ok(())
    }

    /// Moves from `chunk` what the message in `partial` still needs.
    #[inline(never)]
    fn fill_partial(&mut self) -> Result<(), Status> {
        if self.partial.len() < PREFIX {
            self.move_to_partial(PREFIX);
        }
        if let Some(len) = self.message_len(&self.partial)? {
            self.move_to_partial(PREFIX + len);
        }
        Ok(())
    }

    fn move_to_partial(&mut self, whole: usize) {
        let rest = &self.chunk[self.taken..];
        let count = rest.len().min(whole - self.partial.len());
        self.partial.append(&rest[..count], whole);
        self.taken += count;
    }

    fn next_partial(&mut self) -> Result<Option<Payload<'_>>, Status> {
        let Some(Prefix { len, compressed }) = self.read_prefix(&self.partial)? else {
            return Ok(None);
        };
        if self.partial.len() < PREFIX + len {
            return Ok(None);
        }
        let mut framed = self.partial.take();
        framed.advance(PREFIX);
        self.compressed = compressed;
        if compressed {
            return self.decompress(&framed).map(Some);
        }
        Ok(Some(if len < SHARED { Payload::Joined(framed) } else { Payload::Shared(framed) }))
    }
}

/// From this size on a message shares the received buffer.
const SHARED: usize = 4096;

#[cold]
fn too_large(len: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!("message of {len} bytes exceeds the limit of {limit} bytes"))
        .with_source("max_recv_message_size")
}

#[cfg(test)]
mod tests;
