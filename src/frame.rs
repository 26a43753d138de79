//! Length-prefixed messages: cutting a stream of bytes into them.

mod partial;

use std::ops::Deref;

use bytes::{Buf, Bytes};

use crate::compression::{ACCEPTED_HERE, Encoding};
use crate::status::Status;
use partial::Partial;

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
        if self.partial.is_empty() {
            if self.taken == self.chunk.len() {
                (self.chunk, self.taken) = (chunk, 0);
                return Ok(());
            }
            self.begin_partial()?;
        }
        (self.chunk, self.taken) = (chunk, 0);
        self.fill_partial()
    }

    /// The next whole message; `None` if more bytes are needed.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Payload<'_>>, Status> {
        if !self.partial.is_empty() {
            return self.next_partial();
        }
        let Some(Prefix { len, compressed }) = self.read_prefix(&self.chunk[self.taken..])? else {
            if self.taken == self.chunk.len() {
                // It may be a few bytes of a large buffer, and the next may be long in coming.
                (self.chunk, self.taken) = (Bytes::new(), 0);
            }
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

    /// Whether nothing is left: no message, no part of one.
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
    fn begin_partial(&mut self) -> Result<(), Status> {
        let rest = &self.chunk[self.taken..];
        let whole = PREFIX + self.message_len(rest)?.unwrap_or(0);
        self.partial = Partial::begin(rest, whole);
        Ok(())
    }

    /// Moves from `chunk` what the message in `partial` still needs.
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
    Status::resource_exhausted(format!(
        "message of {len} bytes exceeds the limit of {limit} bytes (raise it with max_recv_message_size)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn framed(messages: &[&[u8]]) -> Vec<u8> {
        messages.iter().flat_map(|m| [&prefix(m.len()).unwrap()[..], m].concat()).collect()
    }

    fn drain(deframer: &mut Deframer) -> Vec<Vec<u8>> {
        let copy = |payload: Payload<'_>| match payload {
            Payload::Slice(slice) => slice.to_vec(),
            Payload::Joined(bytes) | Payload::Shared(bytes) => bytes.to_vec(),
        };
        std::iter::from_fn(|| deframer.next().unwrap().map(copy)).collect()
    }

    /// M1: every split point of a stream of three messages gives the same three.
    #[test]
    fn splits_do_not_matter() {
        let (large, small) = (vec![7u8; 5000], b"abc");
        let messages: [&[u8]; 3] = [small, b"", &large];
        let stream = framed(&messages);
        for at in 0..=stream.len() {
            let mut deframer = Deframer::new(1 << 20);
            let mut got = Vec::new();
            for part in [&stream[..at], &stream[at..]] {
                deframer.push(Bytes::copy_from_slice(part)).unwrap();
                got.extend(drain(&mut deframer));
            }
            assert_eq!(got, messages, "split at {at}");
            assert!(deframer.is_empty());
        }
    }

    /// M1: one byte at a time.
    #[test]
    fn single_bytes_are_put_together() {
        let stream = framed(&[b"a", b"", b"bcd", &[1; 300]]);
        let mut deframer = Deframer::new(1000);
        let mut got = Vec::new();
        for byte in &stream {
            deframer.push(Bytes::copy_from_slice(&[*byte])).unwrap();
            got.extend(drain(&mut deframer));
        }
        assert_eq!(got.len(), 4);
        assert_eq!(got[3], [1; 300]);
        assert!(deframer.is_empty());
    }

    /// M1: a thousand messages in one chunk.
    #[test]
    fn many_messages_in_one_chunk_all_come() {
        let stream = framed(&[&b"x"[..]; 1000]);
        let mut deframer = Deframer::new(10);
        deframer.push(stream.into()).unwrap();
        assert_eq!(drain(&mut deframer).len(), 1000);
    }

    #[test]
    fn a_part_of_a_message_is_not_nothing() {
        let mut deframer = Deframer::new(10);
        deframer.push(Bytes::from_static(&[0, 0, 0])).unwrap();
        assert!(drain(&mut deframer).is_empty());
        assert!(!deframer.is_empty());
    }

    /// M3, M4: flags other than 0 are INTERNAL while no encoding is agreed on.
    #[test]
    fn flags_are_refused() {
        for flag in 1..=255 {
            let mut deframer = Deframer::new(10);
            deframer.push(Bytes::copy_from_slice(&[flag, 0, 0, 0, 0])).unwrap();
            let status = deframer.next().unwrap_err();
            assert_eq!(status.code(), Code::Internal);
            assert!(status.message().contains(&format!("flag {flag}")));
        }
    }

    /// M10: a length over the limit is refused by its prefix alone, nothing is set aside for it.
    #[test]
    fn too_long_messages_are_refused_by_their_prefix() {
        for (split, len) in [(5, 11u32), (5, u32::MAX), (2, 11), (2, u32::MAX)] {
            let stream = [&[0u8][..], &len.to_be_bytes()].concat();
            let mut deframer = Deframer::new(10);
            let pushed = deframer
                .push(Bytes::copy_from_slice(&stream[..split]))
                .and_then(|()| deframer.next().map(drop))
                .and_then(|()| deframer.push(Bytes::copy_from_slice(&stream[split..])))
                .and_then(|()| deframer.next().map(drop));
            let status = pushed.unwrap_err();
            assert_eq!(status.code(), Code::ResourceExhausted);
            assert!(status.message().contains("limit of 10 bytes"), "{status}");
            assert!(deframer.partial.capacity() < 1000);
        }
    }

    /// An idle stream holds nothing of what it has received.
    #[test]
    fn used_up_chunks_are_let_go() {
        for split in [0, 3, 5005] {
            let mut deframer = Deframer::new(10_000);
            let stream = framed(&[&[1; 5000]]);
            let chunks = [Bytes::copy_from_slice(&stream[..split]), Bytes::copy_from_slice(&stream[split..])];
            for chunk in chunks.clone() {
                deframer.push(chunk).unwrap();
                drain(&mut deframer);
            }
            assert!(chunks.iter().all(|chunk| chunk.is_empty() || chunk.is_unique()), "split at {split}");
        }
    }

    /// A stream of three messages, of which the second and the third are compressed, and what they say.
    #[cfg(feature = "gzip")]
    fn compressed() -> (Vec<u8>, [Vec<u8>; 3]) {
        let messages = [b"plain".to_vec(), vec![7; 100], vec![8; 10_000]];
        let mut stream = framed(&[&messages[0]]);
        for message in &messages[1..] {
            let mut packed = Vec::new();
            assert!(Encoding::Gzip.compress(message, &mut packed));
            stream.extend(compressed_prefix(packed.len()).unwrap());
            stream.extend(packed);
        }
        (stream, messages)
    }

    /// M1, M17: compressed messages may be split anywhere, too, and stand beside others.
    #[cfg(feature = "gzip")]
    #[test]
    fn splits_do_not_matter_to_compressed_messages() {
        let (stream, messages) = compressed();
        for at in 0..=stream.len() {
            let mut deframer = Deframer::new(10_000);
            deframer.set_encoding(Some(Encoding::Gzip));
            let mut got = Vec::new();
            for part in [&stream[..at], &stream[at..]] {
                deframer.push(Bytes::copy_from_slice(part)).unwrap();
                got.extend(drain(&mut deframer));
            }
            assert_eq!(got, messages, "split at {at}");
            assert!(deframer.is_empty());
        }
    }

    /// M9, M10: the limit holds for what comes and for what becomes of it.
    #[cfg(feature = "gzip")]
    #[test]
    fn the_limit_holds_before_and_after_decompression() {
        let (stream, _) = compressed();
        for (limit, passed) in [(4, 0), (5, 1), (99, 1), (100, 2), (9999, 2), (10_000, 3)] {
            let mut deframer = Deframer::new(limit);
            deframer.set_encoding(Some(Encoding::Gzip));
            deframer.push(Bytes::copy_from_slice(&stream)).unwrap();
            let results: Vec<_> =
                (0..3).map_while(|_| deframer.next().map(|payload| payload.map(drop)).transpose()).collect();
            let refused = results.iter().find_map(|result| result.as_ref().err());
            assert_eq!(results.iter().take_while(|result| result.is_ok()).count(), passed, "{limit}");
            assert_eq!(refused.map(Status::code), (passed < 3).then_some(Code::ResourceExhausted), "{limit}");
        }
    }

    /// M6: what is compressed in a way that is not known here is INTERNAL, and nothing else is.
    #[test]
    fn a_flag_means_nothing_without_a_known_encoding() {
        let mut deframer = Deframer::new(10);
        deframer.set_encoding(None);
        deframer.push(Bytes::from_static(b"\0\0\0\0\x01x\x01\0\0\0\x01x")).unwrap();
        assert!(deframer.next().unwrap().is_some());
        let status = deframer.next().unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert!(status.message().contains("identity"), "{status}");
    }

    #[test]
    fn a_message_of_exactly_the_limit_passes() {
        let mut deframer = Deframer::new(10);
        deframer.push(framed(&[&[1; 10]]).into()).unwrap();
        assert_eq!(drain(&mut deframer), [[1; 10]]);
    }
}
