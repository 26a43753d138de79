//! The streams of a connection, found by their numbers.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use crate::message::Counter;

/// A stream that is not over.
#[derive(Debug)]
pub(crate) struct Stream {
    /// What kind of call it is, for whoever began it.
    pub(crate) kind: usize,
    /// When the call began, or when it sent its last message.
    pub(crate) begun: Instant,
    /// How much the server takes.
    pub(crate) window: i64,
    /// What is still to be sent.
    pub(crate) upload: Upload,
    /// The messages that have come, and the one that is coming.
    pub(crate) messages: u64,
    pub(crate) counter: Counter,
    /// DATA frames that have come since they were last told of.
    pub(crate) frames: u64,
    /// What has been received and not yet been given back to the server's window.
    pub(crate) received: u32,
    /// The `:status` of its response, if it is another one than 200.
    pub(crate) refused: Option<u32>,
}

/// Bytes to send: `pattern` over and over until `left` of them are sent. A DATA frame never goes beyond the end of the
/// pattern, so a pattern of one message means a frame of its own for each.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) pattern: Rc<[u8]>,
    pub(crate) offset: usize,
    pub(crate) left: u64,
    /// The last byte ends the stream.
    pub(crate) end: bool,
}

impl Upload {
    /// What the next DATA frame may carry at most.
    pub(crate) fn next(&self) -> &[u8] {
        let rest = &self.pattern[self.offset..];
        let length = rest.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        &rest[..length]
    }

    /// So many bytes of `next` have been sent.
    pub(crate) fn advance(&mut self, sent: usize) {
        self.left -= sent as u64;
        self.offset += sent;
        if self.offset == self.pattern.len() {
            self.offset = 0;
        }
    }

    /// All is sent, the end of the stream too.
    pub(crate) fn over(&self) -> bool {
        self.left == 0 && self.end
    }
}

/// Streams in the order of their numbers. Most of them end in about the order in which they began, so what is over at
/// the front is dropped and what is over between others leaves a hole until then.
#[derive(Debug)]
pub(crate) struct Streams {
    slots: VecDeque<Option<Stream>>,
    /// The number of the first slot.
    first: u32,
    live: usize,
}

impl Streams {
    pub(crate) fn new() -> Self {
        Self { slots: VecDeque::new(), first: 1, live: 0 }
    }

    /// Adds a stream and tells its number.
    pub(crate) fn insert(&mut self, stream: Stream) -> u32 {
        let id = self.first + 2 * self.slots.len() as u32;
        self.slots.push_back(Some(stream));
        self.live += 1;
        id
    }

    /// A stream, unless it is over or never was.
    pub(crate) fn get(&mut self, id: u32) -> Option<&mut Stream> {
        self.slot(id)?.as_mut()
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<Stream> {
        let stream = self.slot(id)?.take()?;
        self.live -= 1;
        while let Some(None) = self.slots.front() {
            self.slots.pop_front();
            self.first += 2;
        }
        Some(stream)
    }

    /// All that are not over, with their numbers.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Stream)> {
        let first = self.first;
        let numbered = self.slots.iter_mut().enumerate();
        numbered.filter_map(move |(at, slot)| Some((first + 2 * at as u32, slot.as_mut()?)))
    }

    /// How many streams are not over.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    fn slot(&mut self, id: u32) -> Option<&mut Option<Stream>> {
        let distance = id.checked_sub(self.first)?;
        if distance % 2 == 1 {
            return None;
        }
        self.slots.get_mut((distance / 2) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(kind: usize) -> Stream {
        Stream {
            kind,
            begun: Instant::now(),
            window: 0,
            upload: Upload { pattern: Rc::from(*b"abcde"), offset: 0, left: 7, end: true },
            messages: 0,
            counter: Counter::default(),
            frames: 0,
            received: 0,
            refused: None,
        }
    }

    #[test]
    fn streams_are_found_until_they_are_over() {
        let mut streams = Streams::new();
        let ids: Vec<u32> = (0..4).map(|kind| streams.insert(stream(kind))).collect();
        assert_eq!(ids, [1, 3, 5, 7]);
        assert_eq!(streams.remove(3).map(|s| s.kind), Some(1));
        assert!(streams.get(3).is_none() && streams.remove(3).is_none());
        assert_eq!(streams.remove(1).map(|s| s.kind), Some(0));
        assert_eq!(streams.get(5).map(|s| s.kind), Some(2));
        for unknown in [0, 1, 2, 6, 9, u32::MAX] {
            assert!(streams.get(unknown).is_none(), "{unknown}");
        }
        assert_eq!(streams.insert(stream(4)), 9);
        let left: Vec<_> = streams.iter_mut().map(|(id, stream)| (id, stream.kind)).collect();
        assert_eq!((streams.len(), left), (3, vec![(5, 2), (7, 3), (9, 4)]));
    }

    #[test]
    fn an_upload_repeats_its_pattern_and_ends_within_it() {
        let mut upload = stream(0).upload;
        assert_eq!(upload.next(), b"abcde");
        upload.advance(3);
        assert_eq!(upload.next(), b"de");
        upload.advance(2);
        assert_eq!(upload.next(), b"ab");
        upload.advance(2);
        assert!(upload.next().is_empty() && upload.over());
    }
}
