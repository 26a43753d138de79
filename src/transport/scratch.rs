//! Buffers to read into that a thread keeps for its connections.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// A buffer of [`SIZE`] bytes, given back to the thread that drops it.
pub(crate) struct Scratch(Box<[u8]>);

impl Scratch {
    pub(crate) fn take() -> Self {
        Self(SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; SIZE].into()))
    }
}

impl Deref for Scratch {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A thread that ends keeps none.
        let _ = SPARE.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < SPARES {
                spares.push(std::mem::take(&mut self.0));
            }
        });
    }
}

/// What was read and is not used up: it stays where it was read into.
#[derive(Default)]
pub(crate) struct Unread {
    scratch: Option<Scratch>,
    from: usize,
    to: usize,
}

impl Unread {
    /// The bytes of `scratch` in a range.
    pub(crate) fn new(scratch: Scratch, from: usize, to: usize) -> Self {
        if from < to { Self { scratch: Some(scratch), from, to } } else { Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.scratch.is_none()
    }

    /// Takes up to `count` bytes; with the last ones the buffer is given back.
    pub(crate) fn take(&mut self, count: usize, target: impl FnOnce(&[u8])) {
        let Some(scratch) = &self.scratch else {
            return;
        };
        let end = self.to.min(self.from + count);
        target(&scratch[self.from..end]);
        self.from = end;
        if end == self.to {
            self.scratch = None;
        }
    }
}

/// How much is read at once.
pub(crate) const SIZE: usize = 64 * 1024;

/// How many a thread keeps.
const SPARES: usize = 2;

thread_local! {
    static SPARE: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spares() -> usize {
        SPARE.with_borrow(Vec::len)
    }

    #[test]
    fn what_was_read_is_taken_in_parts_and_the_buffer_given_back() {
        let mut scratch = Scratch::take();
        scratch[..6].copy_from_slice(b"abcdef");
        let (mut unread, mut got) = (Unread::new(scratch, 2, 6), Vec::new());
        for count in [3, 3] {
            assert_eq!((unread.is_empty(), spares()), (false, 0));
            unread.take(count, |bytes| got.extend_from_slice(bytes));
        }
        assert_eq!((unread.is_empty(), spares(), &got[..]), (true, 1, &b"cdef"[..]));
    }

    #[test]
    fn nothing_unread_holds_nothing() {
        assert!(Unread::new(Scratch::take(), 5, 5).is_empty());
        assert_eq!(spares(), 1);
    }

    #[test]
    fn a_thread_keeps_a_few() {
        drop([(); 5].map(|()| Scratch::take()));
        assert_eq!(spares(), SPARES);
    }
}
