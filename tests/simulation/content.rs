//! What the messages of a call hold: bytes that name their call and their place in it.

use std::fmt;
use std::sync::OnceLock;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Request,
    Reply,
}

/// One message: its place, and so its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    pub(crate) call: usize,
    pub(crate) way: Way,
    pub(crate) sequence: usize,
    pub(crate) len: usize,
}

impl Content {
    /// The bytes: the message's place as far as it fits, then noise that no other place has.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.noise().to_vec();
        let head = self.head();
        let named = head.len().min(bytes.len());
        bytes[..named].copy_from_slice(&head[..named]);
        bytes
    }

    /// Whether these are the bytes of this message.
    pub(crate) fn is(&self, bytes: &[u8]) -> bool {
        let head = self.head();
        let named = head.len().min(self.len);
        bytes.len() == self.len && bytes[..named] == head[..named] && bytes[named..] == self.noise()[named..]
    }

    fn head(&self) -> [u8; HEAD] {
        let place = (self.sequence as u32) << 1 | u32::from(self.way == Way::Reply);
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&(self.call as u32).to_be_bytes());
        head[4..].copy_from_slice(&place.to_be_bytes());
        head
    }

    fn noise(&self) -> &'static [u8] {
        let noise = NOISE.get_or_init(|| {
            let mut noise = vec![0; 2 * MOST];
            fastrand::Rng::with_seed(0).fill(&mut noise);
            // It can be compressed to about a half.
            noise.iter_mut().for_each(|byte| *byte &= 15);
            noise
        });
        let begin = (u64::from_be_bytes(self.head()).wrapping_mul(ODD) >> 32) as usize % MOST;
        &noise[begin..begin + self.len]
    }
}

/// What a message seems to be that was not expected.
pub(crate) struct Seen<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((call, place)) = self.0.get(..HEAD).map(|head| head.split_at(4)) else {
            return write!(f, "{} bytes", self.0.len());
        };
        let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let (call, place) = (number(call), number(place));
        let way = if place & 1 == 1 { Way::Reply } else { Way::Request };
        write!(f, "{} bytes like {way:?} {} of call {call}", self.0.len(), place >> 1)
    }
}

/// The largest message.
pub(crate) const MOST: usize = 200 * 1024;

const HEAD: usize = 8;
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
