//! What the peer announces in its SETTINGS, as far as h2 keeps it to itself.

use crate::transport::header_lists::HeaderLists;

/// Reads the payload of SETTINGS, however it is split.
#[derive(Debug, Default)]
pub(crate) struct PeerSettings {
    /// How much of the payload is to come.
    rest: usize,
    /// Of the next setting, the bytes that have come.
    setting: [u8; SETTING],
    have: usize,
}

impl PeerSettings {
    /// A frame of `length` bytes begins, of which some stand at the beginning of `bytes`.
    pub(crate) fn begin(&mut self, length: usize, bytes: &[u8], lists: &HeaderLists) {
        *self = Self { rest: length, ..Self::default() };
        self.go_on(bytes, lists);
    }

    /// What comes next on the connection.
    #[inline]
    pub(crate) fn go_on(&mut self, bytes: &[u8], lists: &HeaderLists) {
        if self.rest > 0 {
            self.read(bytes, lists);
        }
    }

    #[cold]
    fn read(&mut self, bytes: &[u8], lists: &HeaderLists) {
        let bytes = &bytes[..bytes.len().min(self.rest)];
        self.rest -= bytes.len();
        for byte in bytes {
            self.setting[self.have] = *byte;
            self.have += 1;
            if self.have == SETTING {
                self.have = 0;
                let [a, b, value @ ..] = self.setting;
                if u16::from_be_bytes([a, b]) == MAX_HEADER_LIST_SIZE {
                    lists.note_peer(u32::from_be_bytes(value));
                }
            }
        }
    }
}

/// Puts `limit` in the place of what h2 announces as SETTINGS_MAX_HEADER_LIST_SIZE, in
/// the frame that `sent` begins with; whether that frame is there.
pub(crate) fn announce(limit: u32, sent: &mut [u8]) -> bool {
    let Some((&mut [_, a, b, kind, ..], payload)) = sent.split_first_chunk_mut::<HEAD>() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes([a, b]));
    let Some(payload) = payload.get_mut(..length) else {
        return false;
    };
    if kind == SETTINGS {
        for setting in payload.chunks_exact_mut(SETTING) {
            if let [a, b, value @ ..] = setting
                && u16::from_be_bytes([*a, *b]) == MAX_HEADER_LIST_SIZE
            {
                value.copy_from_slice(&limit.to_be_bytes());
            }
        }
    }
    true
}

const HEAD: usize = 9;
const SETTINGS: u8 = 4;

/// The length of one setting (RFC 9113, section 6.5.1).
const SETTING: usize = 6;
const MAX_HEADER_LIST_SIZE: u16 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &[u8] = &[0, 3, 0, 0, 0, 100, 0, 6, 0, 0, 0x40, 1, 0, 4, 0, 0, 0, 9];

    #[test]
    fn what_the_peer_takes_is_read_however_it_is_split() {
        for size in 1..=PAYLOAD.len() {
            let (lists, mut settings) = (HeaderLists::default(), PeerSettings::default());
            let mut pieces = PAYLOAD.chunks(size);
            settings.begin(PAYLOAD.len(), pieces.next().unwrap(), &lists);
            pieces.for_each(|piece| settings.go_on(piece, &lists));
            // What comes behind is no part of it.
            settings.go_on(&[0, 6, 0, 0, 0, 0], &lists);
            assert_eq!(lists.peer(), 0x4001, "in pieces of {size}");
        }
    }

    #[test]
    fn the_announced_limit_takes_the_place_of_that_of_h2() {
        let mut frame = [&[0, 0, PAYLOAD.len() as u8, 4, 0, 0, 0, 0, 0], PAYLOAD].concat();
        let whole = frame.len();
        assert!((0..whole).all(|length| !announce(7, &mut frame.clone()[..length])));
        assert!(announce(7, &mut frame));
        assert_eq!((&frame[..21], &frame[21..]), (&[&frame[..17], &[0, 0, 0, 7][..]].concat()[..], &PAYLOAD[12..]));
    }
}
