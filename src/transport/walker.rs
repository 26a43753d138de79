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

    /// Takes the bytes up to the end of the next head; all, if it does not end in them.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Option<Head> {
        let passed = self.rest.min(bytes.len());
        self.rest -= passed;
        *bytes = &bytes[passed..];
        if self.have == 0
            && let Some((head, rest)) = bytes.split_first_chunk()
        {
            *bytes = rest;
            return Some(self.enter(*head));
        }
        self.gather(bytes)
    }

    /// Whether all frames have come to their end.
    pub(crate) fn is_between_frames(&self) -> bool {
        self.rest == 0 && self.have == 0
    }

    /// Whether a part of a head has come.
    pub(crate) fn is_inside_head(&self) -> bool {
        self.have > 0
    }

    fn enter(&mut self, bytes: [u8; HEAD]) -> Head {
        let [a, b, c, kind, flags, stream @ ..] = bytes;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        self.rest = length;
        Head { length, kind, flags, stream: u32::from_be_bytes(stream) & MAX_STREAM }
    }

    fn gather(&mut self, bytes: &mut &[u8]) -> Option<Head> {
        let (now, later) = bytes.split_at(bytes.len().min(HEAD - self.have));
        self.head[self.have..self.have + now.len()].copy_from_slice(now);
        self.have += now.len();
        *bytes = later;
        (self.have == HEAD).then(|| {
            self.have = 0;
            self.enter(self.head)
        })
    }
}

impl Head {
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
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
    pub(crate) const CONTINUATION: u8 = 9;
}

/// Flags of frames.
pub(crate) mod flag {
    pub(crate) const ACK: u8 = 0x1;
    pub(crate) const END_STREAM: u8 = 0x1;
    pub(crate) const END_HEADERS: u8 = 0x4;
}

/// The greatest number of a stream.
pub(crate) const MAX_STREAM: u32 = (1 << 31) - 1;

const HEAD: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

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
            for mut chunk in bytes.chunks(size) {
                while let Some(head) = walker.next(&mut chunk) {
                    found.push(head);
                }
                assert!(chunk.is_empty());
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
                walker.next(&mut &[*byte][..]);
            }
        }
    }
}
