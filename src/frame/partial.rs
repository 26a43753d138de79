//! A message that comes in more than one chunk.

use std::cell::Cell;
use std::ops::Deref;

use bytes::{Bytes, BytesMut};

/// What has come of a message, with its prefix.
///
/// Its memory grows with what comes, not with what was announced: who announces
/// much and sends little holds little.
#[derive(Debug, Default)]
pub(super) struct Partial(BytesMut);

impl Partial {
    /// Begins with what has come of a message of `whole` bytes.
    pub(super) fn begin(bytes: &[u8], whole: usize) -> Self {
        let mut spare = SPARE.take();
        spare.reserve((2 * bytes.len()).min(whole).max(bytes.len()));
        spare.extend_from_slice(bytes);
        Self(spare)
    }

    /// Appends what has come next of a message of `whole` bytes, as far as known.
    pub(super) fn append(&mut self, bytes: &[u8], whole: usize) {
        let need = self.0.len() + bytes.len();
        if self.0.capacity() < need {
            // Not by `reserve`, which may take twice what is needed in the end.
            let mut grown = BytesMut::with_capacity((2 * need).min(whole).max(need));
            grown.extend_from_slice(&self.0);
            self.0 = grown;
        }
        self.0.extend_from_slice(bytes);
    }

    /// How much memory it takes.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// The whole message, whose end it is.
    pub(super) fn take(&mut self) -> Bytes {
        let mut whole = std::mem::take(&mut self.0);
        let message = whole.split().freeze();
        // Once the message is dropped, the next one of this thread finds the
        // same memory again instead of having it mapped anew.
        if message.len() <= KEPT {
            SPARE.set(whole);
        }
        message
    }
}

impl Deref for Partial {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

thread_local! {
    static SPARE: Cell<BytesMut> = Cell::new(BytesMut::new());
}

/// The memory of greater messages is not kept for the next, since it stays with the thread.
const KEPT: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// An announced length alone sets nothing aside.
    #[test]
    fn memory_grows_with_what_comes() {
        SPARE.take();
        let mut partial = Partial::begin(&[0; 5], 1 << 30);
        assert!(partial.capacity() < 100);
        for _ in 0..1000 {
            partial.append(&[7; 1000], 1 << 30);
            assert!(partial.capacity() <= 4 * partial.len(), "{} for {}", partial.capacity(), partial.len());
        }
    }

    #[test]
    fn memory_ends_with_the_message() {
        SPARE.take();
        let mut partial = Partial::begin(&[7; 600_000], 1_000_000);
        assert_eq!(partial.capacity(), 1_000_000);
        partial.append(&[8; 400_000], 1_000_000);
        assert_eq!((partial.capacity(), partial.take().len()), (1_000_000, 1_000_000));
    }

    #[test]
    fn memory_is_used_again() {
        let message = Partial::begin(&[7; 100_000], 100_000).take();
        drop(message);
        assert!(Partial::begin(&[7; 10], 20).capacity() >= 100_000);
    }
}
