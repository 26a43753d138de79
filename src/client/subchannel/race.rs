//! Several addresses of one server, raced (RFC 8305, gRFC A61).

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::transport::Alarm;

/// The addresses in the order in which they are tried: families take turns, the
/// family of the first one leads, and each address is tried once.
pub(crate) fn interleave(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut families: [Vec<SocketAddr>; 2] = Default::default();
    let mut leading = None;
    for address in addresses {
        let leads = *leading.get_or_insert(address.is_ipv4()) == address.is_ipv4();
        let family = &mut families[usize::from(!leads)];
        if !family.contains(&address) {
            family.push(address);
        }
    }
    let [first, second] = families;
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return order;
        }
        order.extend(pair.into_iter().flatten());
    }
}

/// Begins with the first candidate, and with each further one when one before it has
/// failed, or [`DELAY`] after the one before it. The first to succeed wins, and the
/// others are dropped. Otherwise the error of the last one to fail; `None` if there
/// are no candidates.
pub(crate) async fn race<A, T, E, F: Future<Output = Result<T, E>>>(
    candidates: Vec<A>,
    begin: impl FnMut(A) -> F,
) -> Result<T, Option<E>> {
    let candidates = candidates.into_iter();
    let mut race = Race { candidates, begin, running: Vec::new(), alarm: Alarm::default(), failure: None };
    poll_fn(|cx| race.poll(cx)).await
}

struct Race<A, B, E, F> {
    candidates: std::vec::IntoIter<A>,
    begin: B,
    running: Vec<Pin<Box<F>>>,
    /// Rings when the next candidate is to begin.
    alarm: Alarm,
    failure: Option<E>,
}

impl<A, T, E, F: Future<Output = Result<T, E>>, B: FnMut(A) -> F> Race<A, B, E, F> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Option<E>>> {
        loop {
            let begun = self.running.len();
            if let Some(won) = self.poll_running(cx) {
                return Poll::Ready(Ok(won));
            }
            let failed = self.running.len() < begun;
            if !failed && begun > 0 && !self.alarm.is_due() {
                return Poll::Pending;
            }
            if let Some(next) = self.candidates.next() {
                self.running.push(Box::pin((self.begin)(next)));
            } else if self.running.is_empty() {
                return Poll::Ready(Err(self.failure.take()));
            }
            // A single address needs no timer, nor does the last one.
            self.alarm.set(cx, (self.candidates.len() > 0).then(|| Instant::now() + DELAY));
        }
    }

    /// Polls those that have begun, and forgets those that have failed.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<T> {
        let mut index = 0;
        while let Some(running) = self.running.get_mut(index) {
            match running.as_mut().poll(cx) {
                Poll::Ready(Ok(won)) => return Some(won),
                Poll::Ready(Err(error)) => {
                    self.failure = Some(error);
                    drop(self.running.remove(index));
                }
                Poll::Pending => index += 1,
            }
        }
        None
    }
}

/// How long the next address waits for the one before it (RFC 8305, section 8).
pub(crate) const DELAY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use tokio::time::{sleep, timeout};

    /// What a candidate does, after so many milliseconds.
    #[derive(Clone, Copy)]
    enum Does {
        Answer(u64),
        Fail(u64),
        Hang,
    }

    /// Counts the candidates that have begun and are not over.
    struct Open(Rc<Cell<usize>>);

    impl Drop for Open {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }

    /// Dials candidates by their numbers, and notes when each has begun.
    #[derive(Default)]
    struct Dialer {
        begun: RefCell<Vec<(usize, u64)>>,
        open: Rc<Cell<usize>>,
    }

    impl Dialer {
        /// Who has won, or the last to fail; and how many milliseconds it took.
        async fn race(&self, candidates: &[Does]) -> (Result<usize, Option<usize>>, u64) {
            let start = Instant::now();
            let result = race(candidates.iter().copied().enumerate().collect(), |(number, does)| {
                let open = Open(Rc::clone(&self.open));
                self.open.set(self.open.get() + 1);
                self.begun.borrow_mut().push((number, start.elapsed().as_millis() as u64));
                async move {
                    let _open = open;
                    let (after, result) = match does {
                        Does::Answer(after) => (after, Ok(number)),
                        Does::Fail(after) => (after, Err(number)),
                        Does::Hang => std::future::pending().await,
                    };
                    if after > 0 {
                        sleep(Duration::from_millis(after)).await;
                    }
                    result
                }
            });
            (result.await, start.elapsed().as_millis() as u64)
        }
    }

    async fn check(candidates: &[Does], outcome: (Result<usize, Option<usize>>, u64), begun: &[(usize, u64)]) {
        let dialer = Dialer::default();
        assert_eq!(dialer.race(candidates).await, outcome);
        assert_eq!((&dialer.begun.borrow()[..], dialer.open.get()), (begun, 0));
    }

    /// K77: an address that does not answer delays the next one by 250 ms and no more.
    #[tokio::test(start_paused = true)]
    async fn addresses_begin_a_quarter_of_a_second_apart() {
        let dialer = Dialer::default();
        let raced = timeout(Duration::from_secs(20), dialer.race(&[Does::Hang, Does::Hang, Does::Hang]));
        assert!(raced.await.is_err());
        assert_eq!((&dialer.begun.borrow()[..], dialer.open.get()), (&[(0, 0), (1, 250), (2, 500)][..], 0));
    }

    /// K78: after a failure the next address begins at once, and the one after it 250 ms later.
    #[tokio::test(start_paused = true)]
    async fn a_failure_begins_the_next_address_at_once() {
        let does = [Does::Fail(10), Does::Hang, Does::Answer(5)];
        check(&does, (Ok(2), 265), &[(0, 0), (1, 10), (2, 260)]).await;
    }

    /// K79: the first attempt that succeeds wins, in whatever order they began. The race drops the others.
    #[tokio::test(start_paused = true)]
    async fn the_first_to_answer_wins_and_the_others_are_dropped() {
        let does = [Does::Answer(600), Does::Answer(300), Does::Hang, Does::Hang];
        check(&does, (Ok(1), 550), &[(0, 0), (1, 250), (2, 500)]).await;
        check(&[Does::Answer(400), Does::Answer(300)], (Ok(0), 400), &[(0, 0), (1, 250)]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_winner_the_last_failure_is_returned() {
        let does = [Does::Fail(300), Does::Fail(20), Does::Fail(0)];
        check(&does, (Err(Some(0)), 300), &[(0, 0), (1, 250), (2, 270)]).await;
        check(&[Does::Fail(0), Does::Fail(0)], (Err(Some(1)), 0), &[(0, 0), (1, 0)]).await;
        check(&[], (Err(None), 0), &[]).await;
    }

    /// K80: families take turns; the first one leads, and doubles are dropped.
    #[test]
    fn families_take_turns() {
        let table: [(&[&str], &[&str]); 4] = [
            (&["[::1]:1", "[::2]:1", "1.1.1.1:1", "1.1.1.2:1"], &["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1"]),
            (&["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"], &["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"]),
            (&["1.1.1.1:1", "1.1.1.1:1", "1.1.1.2:1", "1.1.1.1:1"], &["1.1.1.1:1", "1.1.1.2:1"]),
            (&[], &[]),
        ];
        for (given, order) in table {
            let order: Vec<SocketAddr> = order.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(interleave(given.iter().map(|address| address.parse().unwrap())), order);
        }
    }
}
