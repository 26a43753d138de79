//! A message that comes in more than one chunk.

use std::cell::RefCell;
use std::ops::Deref;

use bytes::{Bytes, BytesMut};

/// What has come of a message, with its prefix.
///
/// Its memory grows with what comes, not with what was announced: who announces
/// much and sends little holds little. It is a `Vec` for as long as it grows,
/// since the allocator can often do that without copying.
#[derive(Debug, Default)]
pub(super) struct Partial(Vec<u8>);

impl Partial {
    /// Begins with what has come of a message of `whole` bytes.
    pub(super) fn begin(bytes: &[u8], whole: usize) -> Self {
        let mut partial = Self(spare());
        partial.append(bytes, whole);
        partial
    }

    /// Appends what has come next of a message of `whole` bytes, as far as known.
    pub(super) fn append(&mut self, bytes: &[u8], whole: usize) {
        let need = self.0.len() + bytes.len();
        if self.0.capacity() < need {
            let capacity = (2 * need).min(whole).max(need);
            self.0.reserve_exact(capacity - self.0.len());
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
        let whole = std::mem::take(&mut self.0);
        let size = whole.capacity();
        match Bytes::from(whole).try_into_mut() {
            Ok(mut whole) => {
                let message = whole.split().freeze();
                keep(size, whole);
                message
            }
            Err(whole) => whole,
        }
    }
}

/// Memory of a message that this thread has received and dropped, or none. Mapped
/// anew for each message it would cost more than all else that is done with one.
fn spare() -> Vec<u8> {
    SPARES.with_borrow_mut(|spares| {
        let found = spares.iter_mut().rposition(|(_, memory)| memory.try_reclaim(1));
        found.map_or_else(Vec::new, |at| spares.remove(at).1.into())
    })
}

/// Keeps the memory of a message for others, which have it once the message is dropped.
fn keep(size: usize, memory: BytesMut) {
    if size > KEPT {
        return;
    }
    SPARES.with_borrow_mut(|spares| {
        spares.push((size, memory));
        let mut kept: usize = spares.iter().map(|(size, _)| size).sum();
        spares.retain(|(size, _)| {
            let fits = kept <= KEPT;
            kept -= if fits { 0 } else { *size };
            fits
        });
    });
}

impl Deref for Partial {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

thread_local! {
    /// Each with its size, which it does not tell while its message lives.
    static SPARES: RefCell<Vec<(usize, BytesMut)>> = const { RefCell::new(Vec::new()) };
}

/// How much a thread keeps: 4 MiB, and the prefix of a message as large as may be received.
const KEPT: usize = 5 + 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// An announced length alone sets nothing aside.
    #[test]
    fn memory_grows_with_what_comes() {
        SPARES.take();
        let mut partial = Partial::begin(&[0; 5], 1 << 30);
        assert!(partial.capacity() < 100);
        for _ in 0..1000 {
            partial.append(&[7; 1000], 1 << 30);
            assert!(partial.capacity() <= 4 * partial.len(), "{} for {}", partial.capacity(), partial.len());
        }
    }

    #[test]
    fn memory_ends_with_the_message() {
        SPARES.take();
        let mut partial = Partial::begin(&[7; 600_000], 1_000_000);
        assert_eq!(partial.capacity(), 1_000_000);
        partial.append(&[8; 400_000], 1_000_000);
        assert_eq!((partial.capacity(), partial.take().len()), (1_000_000, 1_000_000));
    }

    #[test]
    fn memory_is_used_again_by_as_many_as_there_were() {
        let messages = [(); 3].map(|()| Partial::begin(&[7; 100_000], 100_000).take());
        assert_eq!(messages[2], [7; 100_000][..]);
        drop(messages);
        let partials = [(); 4].map(|()| Partial::begin(&[7; 10], 20).capacity());
        assert_eq!(partials, [100_000, 100_000, 100_000, 20]);
    }

    /// Who still has the message keeps its memory, too.
    #[test]
    fn memory_of_a_message_that_lives_is_not_used_again() {
        let message = Partial::begin(&[7; 100], 100).take();
        let mut next = Partial::begin(&[8; 100], 100);
        assert_eq!((next.take(), message), (Bytes::from(vec![8; 100]), Bytes::from(vec![7; 100])));
    }

    #[test]
    fn a_thread_keeps_so_much_in_all() {
        let kept = || SPARES.with_borrow(|spares| spares.iter().map(|(size, _)| *size).collect::<Vec<_>>());
        let messages = [KEPT / 2, 1000, KEPT / 2, KEPT + 1].map(|size| Partial::begin(&vec![7; size], size).take());
        // The oldest has made way.
        assert_eq!(kept(), [1000, KEPT / 2]);
        drop(messages);
        assert_eq!(Partial::begin(&[7; 2], 2).capacity(), KEPT / 2);
        assert_eq!(kept(), [1000]);
    }
}
