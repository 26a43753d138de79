//! Window that a peer has spent on what h2 was not shown.

use std::collections::BTreeMap;

use crate::transport::walker::{Head, MAX_STREAM, kind};

/// What is to be given back, to the connection and to each of its streams.
#[derive(Debug, Default)]
pub(crate) struct Refund {
    connection: u32,
    streams: BTreeMap<u32, u32>,
}

impl Refund {
    /// The peer has spent so many bytes of window on a stream.
    pub(crate) fn add(&mut self, stream: u32, count: u32) {
        self.connection = sum(self.connection, count);
        let owed = self.streams.entry(stream).or_default();
        *owed = sum(*owed, count);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.connection == 0
    }

    /// Whether it is owed on more streams than a peer that takes it could have open.
    pub(crate) fn is_too_long(&self) -> bool {
        self.streams.len() > MOST_STREAMS
    }

    /// The frames that give it back.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let Self { connection, streams } = std::mem::take(self);
        let mut frames = window_update(0, connection);
        streams.into_iter().for_each(|(stream, count)| frames.extend(window_update(stream, count)));
        frames
    }
}

/// No window is larger than a number of a stream.
fn sum(owed: u32, count: u32) -> u32 {
    owed.saturating_add(count).min(MAX_STREAM)
}

const MOST_STREAMS: usize = 10_000;

fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    let head = Head { length: 4, kind: kind::WINDOW_UPDATE, flags: 0, stream };
    [&head.encode()[..], &increment.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_given_back_once() {
        let mut refund = Refund::default();
        assert!(refund.is_empty());
        for (stream, count) in [(5, 3), (1, 256), (5, 4)] {
            refund.add(stream, count);
        }
        assert_eq!(refund.take(), [window_update(0, 263), window_update(1, 256), window_update(5, 7)].concat());
        assert!(refund.is_empty());
    }

    #[test]
    fn what_is_owed_takes_so_much_room_and_no_more() {
        let mut refund = Refund::default();
        (0..MOST_STREAMS as u32).for_each(|stream| refund.add(stream, 1));
        assert!(!refund.is_too_long());
        refund.add(MAX_STREAM, 1);
        assert!(refund.is_too_long());
    }

    #[test]
    fn no_window_is_exceeded() {
        let mut refund = Refund::default();
        (0..3).for_each(|_| refund.add(1, MAX_STREAM));
        assert_eq!(refund.take(), [window_update(0, MAX_STREAM), window_update(1, MAX_STREAM)].concat());
    }
}
