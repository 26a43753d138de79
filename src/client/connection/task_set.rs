//! Futures that one task polls, each when it was woken.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

use slab::Slab;

/// A set of futures without a result.
///
/// It allocates nothing for a future that takes the place of another one. The
/// room of many is given back when there are none.
#[derive(Debug)]
pub(crate) struct TaskSet<F> {
    futures: Slab<F>,
    /// Those of the places, which stay when their futures are over: a late wake
    /// costs whoever has the place then a poll.
    marks: Vec<(Arc<Mark>, Waker)>,
    woken: Arc<Woken>,
    /// Those that are polled now.
    turn: Vec<usize>,
}

/// The places whose futures are to be polled.
#[derive(Debug)]
struct Woken {
    places: Mutex<Vec<usize>>,
    /// Of the task that polls.
    waker: Waker,
}

/// What wakes the future in one place.
#[derive(Debug)]
struct Mark {
    place: usize,
    /// Whether the place is among the woken ones.
    listed: AtomicBool,
    woken: Arc<Woken>,
}

impl<F: Future<Output = ()> + Unpin> TaskSet<F> {
    /// None yet; this waker is used when one of them is woken.
    pub(crate) fn new(waker: Waker) -> Self {
        let woken = Arc::new(Woken { places: Mutex::default(), waker });
        Self { futures: Slab::new(), marks: Vec::new(), woken, turn: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.futures.len()
    }

    /// Adds one, and polls it.
    pub(crate) fn add(&mut self, future: F) {
        let place = self.futures.insert(future);
        if place == self.marks.len() {
            let mark = Arc::new(Mark { place, listed: AtomicBool::new(false), woken: Arc::clone(&self.woken) });
            self.marks.push((Arc::clone(&mark), Waker::from(mark)));
        }
        self.poll_one(place);
    }

    /// Polls those that were woken, once each.
    pub(crate) fn poll(&mut self) {
        let mut turn = std::mem::take(&mut self.turn);
        std::mem::swap(&mut turn, &mut self.woken.places.lock().unwrap_or_else(PoisonError::into_inner));
        for place in turn.drain(..) {
            self.poll_one(place);
        }
        self.turn = turn;
        if self.futures.is_empty() && self.futures.capacity() > KEPT {
            *self = Self::new(self.woken.waker.clone());
        }
    }

    fn poll_one(&mut self, place: usize) {
        let (Some(future), Some((mark, waker))) = (self.futures.get_mut(place), self.marks.get(place)) else {
            return;
        };
        // Before it is polled: what wakes it from then on is news.
        mark.listed.store(false, Ordering::SeqCst);
        if Pin::new(future).poll(&mut Context::from_waker(waker)).is_ready() {
            self.futures.remove(place);
        }
    }
}

impl Wake for Mark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.listed.swap(true, Ordering::SeqCst) {
            self.woken.places.lock().unwrap_or_else(PoisonError::into_inner).push(self.place);
            self.woken.waker.wake_by_ref();
        }
    }
}

/// Room for how many is kept while there are none.
const KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wakes::Wakes;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::task::Poll;

    /// A future that a test looks at and ends.
    #[derive(Clone, Default)]
    struct Probe(Rc<Seen>);

    #[derive(Default)]
    struct Seen {
        polls: Cell<usize>,
        over: Cell<bool>,
        waker: RefCell<Option<Waker>>,
    }

    impl Probe {
        fn wake(&self) {
            self.0.waker.borrow().as_ref().unwrap().wake_by_ref();
        }
    }

    impl Future for Probe {
        type Output = ();

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0.polls.set(self.0.polls.get() + 1);
            self.0.waker.replace(Some(cx.waker().clone()));
            if self.0.over.get() { Poll::Ready(()) } else { Poll::Pending }
        }
    }

    fn task_set(wakes: &Wakes) -> (TaskSet<Probe>, [Probe; 2]) {
        let mut tasks = TaskSet::new(wakes.waker());
        let probes = <[Probe; 2]>::default();
        probes.iter().for_each(|probe| tasks.add(probe.clone()));
        (tasks, probes)
    }

    #[test]
    fn only_what_was_woken_is_polled() {
        let wakes = Wakes::default();
        let (mut tasks, [first, second]) = task_set(&wakes);
        tasks.poll();
        assert_eq!((first.0.polls.get(), second.0.polls.get(), wakes.count()), (1, 1, 0));
        second.wake();
        second.wake();
        assert_eq!(wakes.count(), 1);
        tasks.poll();
        tasks.poll();
        assert_eq!((first.0.polls.get(), second.0.polls.get()), (1, 2));
        second.wake();
        assert_eq!(wakes.count(), 2);
    }

    #[test]
    fn what_is_over_makes_room() {
        let wakes = Wakes::default();
        let (mut tasks, [first, second]) = task_set(&wakes);
        first.0.over.set(true);
        first.wake();
        tasks.poll();
        assert_eq!(tasks.len(), 1);
        let late = first.0.waker.take().unwrap();
        let third = Probe::default();
        tasks.add(third.clone());
        assert_eq!(tasks.marks.len(), 2);
        late.wake();
        tasks.poll();
        assert_eq!((first.0.polls.get(), second.0.polls.get(), third.0.polls.get()), (2, 1, 2));
    }

    #[test]
    fn many_leave_no_room_behind() {
        let wakes = Wakes::default();
        let mut tasks = TaskSet::new(wakes.waker());
        let probes: Vec<_> = (0..=KEPT).map(|_| Probe::default()).collect();
        probes.iter().for_each(|probe| tasks.add(probe.clone()));
        for probe in &probes {
            probe.0.over.set(true);
            probe.wake();
        }
        tasks.poll();
        assert_eq!((tasks.len(), tasks.futures.capacity(), tasks.marks.capacity()), (0, 0, 0));
        // A late one concerns nobody.
        probes[0].wake();
        tasks.poll();
    }
}
