//! Calls that wait for their turn.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

/// Calls that wait for the same thing, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Line(Mutex<Row>);

#[derive(Debug, Default)]
struct Row {
    places: VecDeque<(u64, Waker)>,
    next: u64,
}

/// The place of one call in a line; the call leaves the line when it drops this.
#[derive(Debug)]
pub(crate) struct Place {
    line: Arc<Line>,
    number: u64,
}

impl Line {
    /// Wakes the first call.
    pub(crate) fn wake_first(&self) {
        let first = self.lock().places.front().map(|(_, waker)| waker.clone());
        if let Some(waker) = first {
            waker.wake();
        }
    }

    /// The last place.
    pub(crate) fn join(self: &Arc<Self>, cx: &Context<'_>) -> Place {
        let mut row = self.lock();
        let number = row.next;
        row.next += 1;
        row.places.push_back((number, cx.waker().clone()));
        Place { line: Arc::clone(self), number }
    }

    /// A panic leaves the row whole.
    fn lock(&self) -> MutexGuard<'_, Row> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whether it is the first place. Otherwise its task wakes once it is.
    pub(crate) fn is_first(&self, cx: &Context<'_>) -> bool {
        let mut row = self.line.lock();
        let index = row.places.iter().position(|(number, _)| *number == self.number);
        if let Some((_, waker)) = index.and_then(|index| row.places.get_mut(index)) {
            waker.clone_from(cx.waker());
        }
        index == Some(0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut row = self.line.lock();
        let Some(index) = row.places.iter().position(|(number, _)| *number == self.number) else {
            return;
        };
        row.places.remove(index);
        drop(row);
        if index == 0 {
            self.line.wake_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::Wakes;

    #[test]
    fn the_next_call_is_the_first_when_the_first_leaves() {
        let (wakes, line) = (Wakes::default(), Arc::<Line>::default());
        let waker = wakes.waker();
        let cx = Context::from_waker(&waker);
        let (one, two, three) = (line.join(&cx), line.join(&cx), line.join(&cx));
        assert!(one.is_first(&cx) && !two.is_first(&cx));
        drop(two);
        assert_eq!((wakes.count(), three.is_first(&cx)), (0, false));
        drop(one);
        assert_eq!((wakes.count(), three.is_first(&cx)), (1, true));
        line.wake_first();
        assert_eq!(wakes.count(), 2);
        drop(three);
        line.wake_first();
        assert_eq!(wakes.count(), 2);
    }
}
