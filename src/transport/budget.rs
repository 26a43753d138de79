//! Memory that many share and of which there is only so much.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes that may be held, and how many are: of a connection, and
/// above it of its server.
///
/// It counts what peers make a server hold and what may be large: messages of
/// which a part has come, messages that were decoded, answers that nobody takes.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: AtomicUsize,
    /// Shared by the clones of a server, each of which may have a limit of its own.
    used: Arc<AtomicUsize>,
    parent: Option<Arc<Self>>,
}

/// A part of a budget that one holds, given back when dropped.
///
/// It is made without a budget, so that who never needs one costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Reservation {
    budget: Option<Arc<Budget>>,
    held: usize,
}

/// There is not that much left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) fn new(limit: usize, used: Arc<AtomicUsize>) -> Arc<Self> {
        Arc::new(Self { limit: AtomicUsize::new(limit), used, parent: None })
    }

    /// A budget whose every byte is also one of this budget.
    pub(crate) fn part(self: &Arc<Self>, limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: AtomicUsize::new(limit), used: Arc::default(), parent: Some(Arc::clone(self)) })
    }

    /// From now on so many bytes may be held.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How many bytes may be held.
    #[inline]
    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Whether so many bytes are left.
    #[inline]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        bytes <= self.room()
    }

    /// How many bytes are left.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        let room = self.limit().saturating_sub(self.used.load(Ordering::Relaxed));
        self.parent.as_ref().map_or(room, |parent| room.min(parent.room()))
    }

    /// Takes so many bytes, be they there or not: for what exists already. Whoever
    /// does has asked for [room](Self::has_room) before.
    pub(crate) fn overdraw(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        if let Some(parent) = &self.parent {
            parent.overdraw(bytes);
        }
    }

    fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        let add = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit());
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map_err(|_| Exhausted)?;
        let taken = self.parent.as_ref().map_or(Ok(()), |parent| parent.take(bytes));
        if taken.is_err() {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
        }
        taken
    }

    /// The budget that this one is a part of, or itself.
    pub(crate) fn whole(self: &Arc<Self>) -> &Arc<Self> {
        self.parent.as_ref().unwrap_or(self)
    }

    /// Gives back what was taken.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(parent) = &self.parent {
            parent.give_back(bytes);
        }
    }
}

impl Reservation {
    /// How much is held.
    #[inline]
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Holds so many bytes of `budget` from now on, be it more or fewer than
    /// before; what was held stays held if there are not that many.
    pub(crate) fn resize(&mut self, budget: &Arc<Budget>, bytes: usize) -> Result<(), Exhausted> {
        let budget = self.budget.get_or_insert_with(|| Arc::clone(budget));
        match bytes.checked_sub(self.held) {
            // What is held already is held, even beyond the limit.
            Some(0) => {}
            Some(more) => budget.take(more)?,
            None => budget.give_back(self.held - bytes),
        }
        self.held = bytes;
        Ok(())
    }

    /// As [`resize`](Self::resize), for what is held whether there is memory or not.
    pub(crate) fn hold(&mut self, budget: &Arc<Budget>, bytes: usize) {
        let budget = self.budget.get_or_insert_with(|| Arc::clone(budget));
        match bytes.checked_sub(self.held) {
            Some(more) => budget.overdraw(more),
            None => budget.give_back(self.held - bytes),
        }
        self.held = bytes;
    }

    /// Holds nothing any more.
    pub(crate) fn clear(&mut self) {
        if let Some(budget) = &self.budget {
            budget.give_back(self.held);
        }
        self.held = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.held > 0 {
            self.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(budget: &Budget) -> usize {
        budget.used.load(Ordering::Relaxed)
    }

    #[test]
    fn what_is_reserved_is_given_back() {
        let budget = Budget::new(100, Arc::default());
        let (mut one, mut two) = (Reservation::default(), Reservation::default());
        assert_eq!(one.resize(&budget, 60), Ok(()));
        assert_eq!(two.resize(&budget, 41), Err(Exhausted));
        assert_eq!(two.resize(&budget, 40), Ok(()));
        assert_eq!(one.resize(&budget, usize::MAX), Err(Exhausted));
        assert_eq!((one.held(), used(&budget)), (60, 100));
        one.resize(&budget, 10).unwrap();
        assert_eq!(used(&budget), 50);
        two.clear();
        drop((one, two));
        assert_eq!(used(&budget), 0);
    }

    /// A part takes from the whole, and what the whole refuses is not taken from the part.
    #[test]
    fn a_part_is_bounded_by_itself_and_by_the_whole() {
        let whole = Budget::new(100, Arc::default());
        let (small, large) = (whole.part(30), whole.part(1000));
        let (mut one, mut two) = (Reservation::default(), Reservation::default());
        assert_eq!(one.resize(&small, 31), Err(Exhausted));
        assert_eq!(one.resize(&small, 30), Ok(()));
        assert_eq!(two.resize(&large, 71), Err(Exhausted));
        assert_eq!((used(&small), used(&large), used(&whole)), (30, 0, 30));
        assert_eq!(two.resize(&large, 70), Ok(()));
        drop(one);
        assert_eq!((used(&small), used(&large), used(&whole)), (0, 70, 70));
    }

    /// What exists already is counted, whatever the limit is; nothing more fits then.
    #[test]
    fn what_is_overdrawn_leaves_no_room() {
        let whole = Budget::new(100, Arc::default());
        let (small, large) = (whole.part(30), whole.part(1000));
        assert!(small.has_room(30) && !small.has_room(31) && large.has_room(100) && !large.has_room(101));
        small.overdraw(130);
        assert!(!small.has_room(1) && !large.has_room(1));
        assert_eq!(Reservation::default().resize(&large, 1), Err(Exhausted));
        small.give_back(130);
        assert!(small.has_room(30) && large.has_room(100));
    }

    /// Clones of a server have their limits for themselves and their memory in common.
    #[test]
    fn budgets_may_share_what_is_used() {
        let used = Arc::<AtomicUsize>::default();
        let (small, large) = (Budget::new(50, Arc::clone(&used)), Budget::new(100, used));
        let (mut one, mut two) = (Reservation::default(), Reservation::default());
        assert_eq!(one.resize(&large, 60), Ok(()));
        assert_eq!(two.resize(&small, 1), Err(Exhausted));
        drop(one);
        assert_eq!(two.resize(&small, 50), Ok(()));
    }
}
