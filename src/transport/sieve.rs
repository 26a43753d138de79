//! Frames that h2 does not get to see.
//!
//! h2 ends a connection after a hundred DATA frames without content, counted
//! over its whole life, and for a WINDOW_UPDATE of a call that came behind its
//! last GOAWAY. Both are legal. Such frames are taken out of what was read; the
//! window that padding took is given back here.

use crate::transport::refund::Refund;
use crate::transport::walker::{HEAD, Head, MAX_STREAM, flag, kind};

/// Takes frames out of the bytes of a peer, however they are split.
#[derive(Debug)]
pub(crate) struct Sieve {
    /// The beginning of a frame on which nothing can be decided yet. h2 has not
    /// seen it.
    held: [u8; MOST_HELD],
    have: usize,
    /// Whether the rest of the frame at hand is taken out, too.
    dropping: bool,
    /// The answer to h2's PING of a graceful shutdown waits for what came with it.
    pong: bool,
    /// h2 takes no streams beyond this one.
    last: u32,
    pub(crate) refund: Refund,
}

/// Where in the peer's frames a read begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// What is left of the frame at hand.
    pub(crate) rest: usize,
    /// Whether a block of headers is to be continued: other frames are a fault in it.
    pub(crate) block_open: bool,
    /// Whether the peer was told to go away, and h2 waits for its PING's answer.
    pub(crate) leaving: bool,
    /// The newest stream of the peer.
    pub(crate) newest: u32,
    /// Whether the peer opens the streams of this connection.
    pub(crate) server: bool,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Pass,
    Drop,
    /// More of it must be seen first.
    Hold,
}

impl Sieve {
    pub(crate) fn new() -> Self {
        Self {
            held: [0; MOST_HELD],
            have: 0,
            dropping: false,
            pong: false,
            last: MAX_STREAM,
            refund: Refund::default(),
        }
    }

    /// Whether the next bytes must pass here, whatever is in them.
    pub(crate) fn is_busy(&self) -> bool {
        self.have > 0 || self.dropping
    }

    /// Puts what was held back before what is read next; how much it is.
    #[inline]
    pub(crate) fn lead(&self, bytes: &mut [u8]) -> usize {
        if self.have == 0 {
            return 0;
        }
        bytes[..self.have].copy_from_slice(&self.held[..self.have]);
        self.have
    }

    /// Whether h2 takes no more frames of this stream of the peer.
    pub(crate) fn is_beyond(&self, stream: u32) -> bool {
        stream > self.last
    }

    /// Takes the frames out of `bytes`, which begin with what was held back, and
    /// says how many are left and how many DATA frames had nothing but padding.
    #[cold]
    pub(crate) fn strain(&mut self, bytes: &mut [u8], mut place: Place) -> (usize, u32) {
        let mut left = if self.have > 0 { 0 } else { place.rest };
        let (mut from, mut to, mut padded) = (0, 0, 0);
        self.have = 0;
        loop {
            let end = bytes.len().min(from + left);
            left -= end - from;
            if !self.dropping {
                bytes.copy_within(from..end, to);
                to += end - from;
            }
            from = end;
            if left > 0 || from == bytes.len() {
                break;
            }
            self.dropping = false;
            let rest = &bytes[from..];
            let Some((head, behind)) = rest.split_first_chunk() else {
                self.hold(rest);
                break;
            };
            let head = Head::decode(head);
            match self.judge(head, behind, place) {
                Fate::Pass => {}
                Fate::Drop => {
                    self.dropping = true;
                    padded += u32::from(head.kind == kind::DATA && head.length > 0);
                }
                Fate::Hold => {
                    self.hold(rest);
                    break;
                }
            }
            if matches!(head.kind, kind::HEADERS | kind::CONTINUATION) {
                place.block_open = !head.has(flag::END_HEADERS);
            }
            left = HEAD + head.length;
        }
        self.dropping &= left > 0;
        (to, padded)
    }

    fn judge(&mut self, head: Head, behind: &[u8], place: Place) -> Fate {
        if place.block_open {
            return Fate::Pass;
        }
        match head.kind {
            // h2 has a word for data on streams that were never begun.
            kind::DATA if place.server && head.stream > place.newest => Fate::Pass,
            kind::DATA if head.stream > 0 && !head.has(flag::END_STREAM) => self.judge_data(head, behind),
            kind::WINDOW_UPDATE if self.is_beyond(head.stream) && place.server => Fate::Drop,
            kind::PING if place.leaving && head.has(flag::ACK) && head.length == SHUTDOWN.len() => {
                self.judge_pong(behind)
            }
            _ => Fate::Pass,
        }
    }

    /// Whether there is nothing but padding in it.
    fn judge_data(&mut self, head: Head, behind: &[u8]) -> Fate {
        if !head.has(flag::PADDED) {
            return if head.length == 0 { Fate::Drop } else { Fate::Pass };
        }
        match behind.first() {
            _ if head.length == 0 || head.length > MOST_PADDING => Fate::Pass,
            None => Fate::Hold,
            Some(padding) if usize::from(*padding) + 1 == head.length => {
                self.refund.add(head.stream, head.length as u32);
                Fate::Drop
            }
            Some(_) => Fate::Pass,
        }
    }

    fn judge_pong(&mut self, behind: &[u8]) -> Fate {
        match behind.first_chunk() {
            None => Fate::Hold,
            Some(SHUTDOWN) => {
                self.pong = true;
                Fate::Drop
            }
            Some(_) => Fate::Pass,
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.held[..bytes.len()].copy_from_slice(bytes);
        self.have = bytes.len();
    }

    /// What was held back and will have no rest.
    pub(crate) fn take_held(&mut self, target: &mut [u8]) -> usize {
        let have = self.lead(target);
        self.have = 0;
        have
    }

    /// The answer to h2's PING, once all that came before or with it was read:
    /// the calls among it are the last that h2 takes.
    pub(crate) fn take_pong(&mut self, newest: u32, between_frames: bool) -> Option<[u8; HEAD + SHUTDOWN.len()]> {
        if !self.pong || !between_frames {
            return None;
        }
        self.pong = false;
        self.last = newest;
        let mut frame = [0; HEAD + SHUTDOWN.len()];
        let head = Head { length: SHUTDOWN.len(), kind: kind::PING, flags: flag::ACK, stream: 0 };
        frame[..HEAD].copy_from_slice(&head.encode());
        frame[HEAD..].copy_from_slice(SHUTDOWN);
        Some(frame)
    }
}

/// What h2 puts into the PING of a graceful shutdown.
const SHUTDOWN: &[u8; 8] = &[0x0b, 0x7b, 0xa2, 0xf0, 0x8b, 0x9b, 0xfe, 0x54];

/// A head, and all but the last byte of a PING.
const MOST_HELD: usize = HEAD + SHUTDOWN.len() - 1;

/// The length of padding, and as much as that can be.
const MOST_PADDING: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::meter::{Allowance, Meter};

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        [&Head { length: payload.len(), kind, flags, stream }.encode()[..], payload].concat()
    }

    /// What h2 is shown of `frames`, in pieces of `size`, and the window that is given back.
    fn strained(frames: &[Vec<u8>], size: usize) -> (Vec<u8>, Vec<u8>) {
        let settings = frame(kind::SETTINGS, 0, 0, &[]);
        let mut meter = Meter::client(&Allowance::default());
        meter.receive(&settings, meter.last_read(), true).unwrap();
        let (mut sieve, mut shown) = (Sieve::new(), Vec::new());
        for chunk in frames.concat().chunks(size) {
            let mut bytes = vec![0; MOST_HELD + size];
            let lead = sieve.lead(&mut bytes);
            let end = lead + chunk.len();
            bytes[lead..end].copy_from_slice(chunk);
            meter.receive(chunk, meter.last_read(), true).unwrap();
            let mut count = end;
            if sieve.is_busy() || meter.is_odd() {
                count = sieve.strain(&mut bytes[..end], meter.place()).0;
            }
            shown.extend_from_slice(&bytes[..count]);
        }
        assert!(!sieve.is_busy(), "in pieces of {size}");
        let refund = if sieve.refund.is_empty() { Vec::new() } else { sieve.refund.take() };
        (shown, refund)
    }

    fn window_update(stream: u32, count: u32) -> Vec<u8> {
        frame(kind::WINDOW_UPDATE, 0, stream, &count.to_be_bytes())
    }

    #[test]
    fn data_without_content_is_not_shown_however_the_bytes_are_split() {
        let headers = frame(kind::HEADERS, flag::END_HEADERS, 1, b"headers");
        let data = frame(kind::DATA, 0, 1, b"data");
        let padded = frame(kind::DATA, flag::PADDED, 1, &[2, b'd', 0, 0]);
        let end = frame(kind::DATA, flag::END_STREAM | flag::PADDED, 1, &[1, 0]);
        let (empty, padding) = (frame(kind::DATA, 0, 1, &[]), frame(kind::DATA, flag::PADDED, 3, &[2, 0, 0]));
        let nothing = frame(kind::DATA, flag::PADDED, 1, &[0]);
        let odd = [&headers, &empty, &data, &padding, &padding, &padded, &nothing, &empty, &end].map(Clone::clone);
        let even = [headers, data, padded, end].concat();
        let owed = [window_update(0, 7), window_update(1, 1), window_update(3, 6)].concat();
        for size in 1..=odd.concat().len() {
            assert_eq!(strained(&odd, size), (even.clone(), owed.clone()), "in pieces of {size}");
        }
    }

    /// What is a fault is left for h2 to find.
    #[test]
    fn faults_are_shown() {
        let cases = [
            vec![frame(kind::DATA, 0, 0, &[])],
            vec![frame(kind::DATA, flag::PADDED, 1, &[])],
            vec![frame(kind::DATA, flag::PADDED, 1, &[2, 0])],
            vec![frame(kind::HEADERS, 0, 1, b"head"), frame(kind::DATA, 0, 1, &[])],
        ];
        for frames in cases {
            for size in 1..=frames.concat().len() {
                assert_eq!(strained(&frames, size), (frames.concat(), Vec::new()), "in pieces of {size}");
            }
        }
    }

    /// A place behind a first GOAWAY of a server.
    fn leaving(newest: u32) -> Place {
        Place { rest: 0, block_open: false, leaving: true, newest, server: true }
    }

    #[test]
    fn the_answer_to_the_ping_waits_for_what_came_with_it() {
        let pong = frame(kind::PING, flag::ACK, 0, SHUTDOWN);
        let (other, headers) = (frame(kind::PING, flag::ACK, 0, &[7; 8]), frame(kind::HEADERS, 4, 3, b"head"));
        let all = [&pong[..], &other, &headers].concat();
        for size in 1..=all.len() {
            let (mut sieve, mut shown) = (Sieve::new(), Vec::new());
            let mut walker = crate::transport::walker::Walker::behind(0);
            for chunk in all.chunks(size) {
                let mut bytes = vec![0; MOST_HELD + size];
                let lead = sieve.lead(&mut bytes);
                bytes[lead..lead + chunk.len()].copy_from_slice(chunk);
                let rest = walker.rest();
                let Ok(()) = walker.walk(chunk, |_, _| Ok::<_, std::convert::Infallible>(()));
                let (count, _) = sieve.strain(&mut bytes[..lead + chunk.len()], Place { rest, ..leaving(1) });
                shown.extend_from_slice(&bytes[..count]);
            }
            assert_eq!(shown, [&other[..], &headers].concat(), "in pieces of {size}");
            assert_eq!(sieve.take_pong(3, false), None);
            assert_eq!(sieve.take_pong(3, true).map(Vec::from), Some(pong.clone()));
            assert_eq!(sieve.take_pong(3, true), None);
        }
    }

    #[test]
    fn window_of_streams_beyond_the_last_is_not_shown() {
        let mut sieve = Sieve::new();
        let pong = frame(kind::PING, flag::ACK, 0, SHUTDOWN);
        assert_eq!(sieve.strain(&mut pong.clone(), leaving(3)), (0, 0));
        assert!(sieve.take_pong(3, true).is_some());
        for (stream, shown) in [(0, true), (1, true), (3, true), (5, false)] {
            let mut bytes = window_update(stream, 9);
            let length = bytes.len();
            assert_eq!(sieve.strain(&mut bytes, leaving(5)).0 == length, shown, "{stream}");
        }
    }
}
