//! Connections that are switches, and a time that stands still.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::*;

/// A connection that allows some calls, until it is lost.
#[derive(Clone, Debug)]
struct Fake(Rc<State>);

#[derive(Debug)]
struct State {
    name: char,
    limit: Cell<usize>,
    open: Cell<usize>,
    lost: Cell<bool>,
}

/// A call.
#[derive(Debug)]
struct Held(Rc<State>);

impl Fake {
    fn new(name: char, limit: usize) -> Self {
        Self(Rc::new(State { name, limit: Cell::new(limit), open: Cell::new(0), lost: Cell::new(false) }))
    }

    fn lose(&self) {
        self.0.lost.set(true);
    }
}

impl Pooled for Fake {
    type Permit = Held;

    fn is_usable(&self) -> bool {
        !self.0.lost.get()
    }

    fn take(&self) -> Option<Held> {
        (self.room() > 0).then(|| {
            self.0.open.set(self.0.open.get() + 1);
            Held(Rc::clone(&self.0))
        })
    }

    fn room(&self) -> usize {
        self.0.limit.get() - self.0.open.get()
    }

    fn is_in_use(&self) -> bool {
        self.0.open.get() > 0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}

/// A pool, the time, and the call that waits.
struct World {
    pool: Pool<Fake>,
    now: Instant,
    history: WaitHistory,
}

impl World {
    fn new(max: usize) -> Self {
        Self { pool: Pool::new(max), now: Instant::now(), history: WaitHistory::default() }
    }

    /// What the waiting call does next, as a word.
    fn next(&mut self) -> String {
        match self.pool.next(self.now, &mut self.history) {
            Next::Connect => {
                let number = self.pool.begin();
                self.history.wait_for(number);
                "connect".into()
            }
            Next::Wait(None) => "wait".into(),
            Next::Wait(Some(until)) => format!("wait {:.1} s", (until - self.now).as_secs_f64()),
            Next::Fail(status) => format!("fail: {}", status.message()),
            Next::GiveUp => "give up".into(),
        }
    }

    fn connect(&mut self, name: char, limit: usize) -> Fake {
        assert_eq!(self.next(), "connect");
        let connection = Fake::new(name, limit);
        self.pool.succeed(connection.clone());
        connection
    }

    fn fail(&mut self) {
        self.pool.fail(Status::unavailable("refused"), self.now, 0.5);
    }

    fn advance(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
    }

    /// Where a call gets a place.
    fn place(&mut self) -> Option<(char, Held)> {
        self.pool.try_place().map(|slot| (slot.connection.0.name, slot.permit))
    }

    fn new_call(&mut self) {
        self.history = WaitHistory::default();
    }
}

use ConnectivityState::{Connecting, Idle, Ready, TransientFailure};

/// K1, K4, K66: a call begins a connection, fails with it, and later ones fail until the pause is over.
#[test]
fn a_failure_holds_until_its_pause_is_over() {
    let mut world = World::new(1);
    assert_eq!((world.pool.state(), world.next().as_str(), world.pool.state()), (Idle, "connect", Connecting));
    assert_eq!(world.next(), "wait");
    world.fail();
    assert_eq!(world.pool.state(), TransientFailure);
    world.advance(100.0);
    assert_eq!(world.next(), "fail: refused", "it has waited for this one, however long it took");
    world.now -= Duration::from_millis(99_500);
    world.new_call();
    assert_eq!((world.next().as_str(), world.pool.state()), ("fail: refused", TransientFailure));
    world.advance(0.5);
    assert_eq!((world.next().as_str(), world.pool.state()), ("connect", Connecting));
    world.fail();
    world.new_call();
    world.advance(1.5);
    assert_eq!(world.next(), "fail: refused", "the pause has grown");
    world.advance(0.2);
    assert_eq!(world.next(), "connect");
}

/// K2: after a connection that worked the next failure is the first again.
#[test]
fn a_connection_resets_the_pause() {
    let mut world = World::new(1);
    for _ in 0..3 {
        world.new_call();
        assert_eq!(world.next(), "connect");
        world.fail();
        world.advance(10.0);
    }
    world.new_call();
    let connection = world.connect('a', 1);
    connection.lose();
    assert!(world.pool.prune() && world.pool.is_empty());
    assert_eq!(world.pool.state(), Idle);
    world.new_call();
    assert_eq!(world.next(), "connect");
    world.fail();
    world.new_call();
    world.advance(1.1);
    assert_eq!(world.next(), "connect");
}

/// C21: calls fill the oldest connection first, and one more is made when all are full and in use.
#[test]
fn the_oldest_connection_with_room_is_taken() {
    let mut world = World::new(2);
    world.connect('a', 1);
    let (name, first) = world.place().unwrap();
    assert_eq!((name, world.pool.state()), ('a', Ready));
    assert!(world.place().is_none());
    world.connect('b', 2);
    let (name, _second) = world.place().unwrap();
    assert_eq!((name, world.pool.room()), ('b', 1));
    drop(first);
    let (name, _third) = world.place().unwrap();
    assert_eq!(name, 'a');
    let (name, _fourth) = world.place().unwrap();
    assert_eq!((name, world.next().as_str()), ('b', "wait"), "there are two, as many as may be");
}

/// C16: a server that allows no calls is not asked for another connection.
#[test]
fn one_more_is_made_only_when_all_are_in_use() {
    let mut world = World::new(2);
    world.connect('a', 0);
    assert!(world.place().is_none());
    assert_eq!(world.next(), "wait");
}

/// C21, K5: one more that fails fails no call, and delays no first one.
#[test]
fn a_further_connection_that_fails_is_tried_again_after_its_pause() {
    let mut world = World::new(2);
    let first = world.connect('a', 1);
    let _held = world.place().unwrap();
    assert_eq!(world.next(), "connect");
    assert_eq!(world.pool.state(), Ready);
    world.fail();
    assert_eq!((world.pool.state(), world.next().as_str()), (Ready, "wait 1.0 s"));
    world.advance(1.0);
    assert_eq!(world.next(), "connect");
    world.fail();
    first.lose();
    assert!(world.pool.prune());
    assert_eq!((world.pool.state(), world.next().as_str()), (Idle, "connect"));
}

/// K63: the last connection is lost while one more is made.
#[test]
fn a_channel_that_loses_its_connection_while_it_makes_another_is_connecting() {
    let mut world = World::new(2);
    let first = world.connect('a', 1);
    let _held = world.place().unwrap();
    assert_eq!(world.next(), "connect");
    first.lose();
    world.pool.prune();
    assert_eq!(world.pool.state(), Connecting);
    assert_eq!(world.next(), "wait");
    world.pool.succeed(Fake::new('b', 1));
    assert_eq!(world.pool.state(), Ready);
}

/// C13: a call that has seen five connections end gives up; failures in between are no connections.
#[test]
fn a_call_gives_up_after_connections_that_ended_under_it() {
    let mut world = World::new(1);
    for _ in 0..ENDED {
        world.connect('x', 0);
        world.pool.end(world.pool.newest);
    }
    assert_eq!(world.next(), "give up");
    world.new_call();
    assert_eq!(world.next(), "connect", "the next call begins anew");
}

/// C21: a further connection without calls is forgotten at the second look, the last one never.
#[test]
fn a_resting_connection_is_forgotten_unless_it_is_the_last() {
    let mut world = World::new(2);
    world.connect('a', 1);
    let held = world.place().unwrap();
    world.connect('b', 1);
    let newest = world.pool.newest;
    world.pool.rest(newest);
    let (name, call) = world.place().unwrap();
    assert_eq!(name, 'b');
    drop(call);
    world.pool.rest(newest);
    assert_eq!(world.pool.room(), 1, "it has had a call since the first look");
    world.pool.rest(newest);
    assert_eq!(world.pool.room(), 0);
    drop(held);
    for _ in 0..3 {
        world.pool.rest(newest - 1);
    }
    assert!(!world.pool.is_empty());
}
