//! The heads of frames in a stream of bytes.

/// Walks over one direction of a connection from head to head, however its
/// bytes are split.
#[derive(Debug)]
pub(crate) struct Walker {
    /// Bytes to pass over before the next head.
    rest: usize,
    /// Of the next head, the bytes that have come.
    head: [u8; HEAD],
    have: usize,
}

/// The head of a frame (RFC 9113, 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
}

impl Walker {
    /// Frames that come after so many bytes of something else.
    pub(crate) fn behind(bytes: usize) -> Self {
        Self { rest: bytes, head: [0; HEAD], have: 0 }
    }

    /// Passes over the bytes, with a visit for each head that ends in them; what
    /// of its frame comes behind it here is shown, too. An error is the end.
    #[inline]
    pub(crate) fn walk<E>(
        &mut self,
        bytes: &[u8],
        mut visit: impl FnMut(Head, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let first = if self.have > 0 { self.complete(bytes) } else { next_head(bytes, self.rest) };
        let Some((mut raw, mut behind)) = first else {
            self.pause(bytes);
            return Ok(());
        };
        // One place to visit from: the visit is a part of the loop then.
        let rest = loop {
            let head = raw.decode();
            visit(head, behind)?;
            let Some(next) = next_head(behind, head.length) else {
                break head.length;
            };
            (raw, behind) = next;
        };
        self.rest = rest;
        self.pause(behind);
        Ok(())
    }

    /// Passes over bytes in which no head ends.
    #[inline]
    fn pause(&mut self, bytes: &[u8]) {
        if let Some(begun) = bytes.get(self.rest..) {
            self.head[self.have..][..begun.len()].copy_from_slice(begun);
            self.have += begun.len();
        }
        self.rest = self.rest.saturating_sub(bytes.len());
    }

    /// The head that has come in part, if its rest is there, and what comes behind it.
    #[cold]
    fn complete<'a>(&mut self, bytes: &'a [u8]) -> Option<(Raw, &'a [u8])> {
        let (rest, behind) = bytes.split_at_checked(HEAD - self.have)?;
        self.head[self.have..].copy_from_slice(rest);
        self.have = 0;
        Some((Raw::new(&self.head), behind))
    }

    /// How many bytes are to be passed over before the next head.
    pub(crate) fn rest(&self) -> usize {
        self.rest
    }

    /// Whether all frames have come to their end.
    pub(crate) fn is_between_frames(&self) -> bool {
        self.rest == 0 && self.have == 0
    }

    /// Whether a part of a head has come.
    pub(crate) fn is_inside_head(&self) -> bool {
        self.have > 0
    }
}

/// The head that comes behind `rest` bytes, and what comes behind it.
#[inline]
fn next_head(bytes: &[u8], rest: usize) -> Option<(Raw, &[u8])> {
    let (head, behind) = bytes.get(rest..)?.split_first_chunk()?;
    Some((Raw::new(head), behind))
}

/// A head as it came. To decode a field that nobody reads costs nothing.
#[derive(Clone, Copy)]
struct Raw {
    /// All of it but for the last byte, which belongs to the stream.
    first: u64,
    last: u8,
}

impl Raw {
    #[inline]
    fn new(&[a, b, c, kind, flags, d, e, f, last]: &[u8; HEAD]) -> Self {
        Self { first: u64::from_be_bytes([a, b, c, kind, flags, d, e, f]), last }
    }

    #[inline]
    fn decode(self) -> Head {
        let [.., kind, flags, _, _, _] = self.first.to_be_bytes();
        let stream = (self.first as u32) << 8 | u32::from(self.last);
        Head { length: (self.first >> 40) as usize, kind, flags, stream: stream & MAX_STREAM }
    }
}

impl Head {
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    #[inline]
    pub(crate) fn decode(bytes: &[u8; HEAD]) -> Self {
        Raw::new(bytes).decode()
    }

    /// The bytes of the head.
    pub(crate) fn encode(&self) -> [u8; HEAD] {
        let [_, a, b, c] = (self.length as u32).to_be_bytes();
        let [d, e, f, g] = self.stream.to_be_bytes();
        [a, b, c, self.kind, self.flags, d, e, f, g]
    }
}

/// Kinds of frames, by the names of RFC 9113, 6.
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const HEADERS: u8 = 1;
    pub(crate) const RST_STREAM: u8 = 3;
    pub(crate) const SETTINGS: u8 = 4;
    pub(crate) const PING: u8 = 6;
    pub(crate) const GOAWAY: u8 = 7;
    pub(crate) const WINDOW_UPDATE: u8 = 8;
    pub(crate) const CONTINUATION: u8 = 9;
}

/// Flags of frames.
pub(crate) mod flag {
    pub(crate) const ACK: u8 = 0x1;
    pub(crate) const END_STREAM: u8 = 0x1;
    pub(crate) const END_HEADERS: u8 = 0x4;
    pub(crate) const PADDED: u8 = 0x8;
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// The greatest number of a stream.
pub(crate) const MAX_STREAM: u32 = (1 << 31) - 1;

/// The length of a head.
pub(crate) const HEAD: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn head(length: usize, kind: u8, stream: u32) -> Head {
        Head { length, kind, flags: flag::END_STREAM, stream }
    }

    #[test]
    fn heads_are_found_however_the_bytes_are_split() {
        let heads = [head(0, kind::PING, 0), head(5, kind::DATA, 1), head(300, kind::DATA, MAX_STREAM), head(8, 7, 0)];
        let mut bytes = b"preface".to_vec();
        for head in heads {
            bytes.extend(head.encode());
            bytes.resize(bytes.len() + head.length, 0xff);
        }
        for size in 1..=bytes.len() {
            let mut walker = Walker::behind(7);
            let mut found = Vec::new();
            for chunk in bytes.chunks(size) {
                let Ok(()) = walker.walk(chunk, |head, _| {
                    found.push(head);
                    Ok::<_, Infallible>(())
                });
            }
            assert_eq!(found, heads, "in pieces of {size}");
            assert!(walker.is_between_frames());
        }
    }

    #[test]
    fn the_bounds_of_frames_are_known() {
        let mut walker = Walker::behind(0);
        let bytes = [&head(2, kind::DATA, 1).encode()[..], &[0, 0]].concat();
        for count in 0..=bytes.len() {
            assert_eq!(walker.is_between_frames(), count == 0 || count == bytes.len(), "{count}");
            assert_eq!(walker.is_inside_head(), (1..HEAD).contains(&count), "{count}");
            if let Some(byte) = bytes.get(count) {
                let Ok(()) = walker.walk(&[*byte], |_, _| Ok::<_, Infallible>(()));
            }
        }
    }

    #[test]
    fn what_comes_behind_a_head_is_shown_and_an_error_is_the_end() {
        let bytes = [&head(2, kind::GOAWAY, 0).encode()[..], &[7, 8], &head(0, kind::PING, 0).encode()].concat();
        let mut shown = Vec::new();
        let result = Walker::behind(0).walk(&bytes, |head, behind| {
            shown.push((head.kind, behind.len()));
            Err(head.kind)
        });
        assert_eq!((result, shown), (Err(kind::GOAWAY), vec![(kind::GOAWAY, 11)]));
    }
}
