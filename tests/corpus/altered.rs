//! What one side has said in recorded exchanges, cut off and altered.

use crate::{
    anatomy::Anatomy,
    dice::Dice,
    places::{flip, locate, spread},
    recording::Recording,
    run::{Coverage, is_replay},
};
use puregrpc_support::End;
use std::cell::RefCell;

/// What one side has said in an exchange, and what comes of it as it is.
pub(crate) struct Sound<S> {
    pub(crate) recording: Recording,
    pub(crate) anatomy: Anatomy,
    pub(crate) bytes: Vec<u8>,
    pub(crate) outcome: S,
}

/// Many of these.
pub(crate) struct Exchanges<S> {
    sound: Vec<Sound<S>>,
    /// How many bytes all of them have.
    total: u64,
    /// Which of them have been cut off or altered, by their numbers.
    tried: RefCell<Vec<bool>>,
}

/// What is said instead.
pub(crate) struct Altered<'a, S> {
    pub(crate) exchange: &'a Sound<S>,
    /// Where it was altered.
    pub(crate) place: usize,
    /// Whether what was altered means nothing.
    pub(crate) idle: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
    /// For people.
    pub(crate) name: String,
}

impl<S> Exchanges<S> {
    pub(crate) fn new(sound: Vec<Sound<S>>) -> Self {
        let total = sound.iter().map(|exchange| exchange.bytes.len() as u64).sum();
        Self { sound, total, tried: RefCell::new(vec![false; total as usize]) }
    }

    /// Cuts the input of this number off, and ends it in one of these ways.
    pub(crate) fn cut(&self, seed: u64, index: u64, ends: &[End]) -> Altered<'_, S> {
        let number = spread(seed, index, self.total);
        self.enter(number);
        let (exchange, place) = self.locate(number);
        let end = Dice::new(seed, index).pick(ends);
        let name = format!("{} cut at {place}, {end:?}", exchange.recording.name);
        let bytes = exchange.bytes[..place].to_vec();
        Altered { exchange, place, idle: false, bytes, end, name }.told()
    }

    /// Changes a bit or a byte in the input of this number. What alters nothing but a message, or what means nothing, is
    /// said to its end.
    pub(crate) fn flipped(&self, seed: u64, index: u64) -> Altered<'_, S> {
        let number = spread(seed, index, self.total);
        self.enter(number);
        let (exchange, place) = self.locate(number);
        let mut dice = Dice::new(seed, index);
        let mask = flip(seed, number, &mut dice);
        let mut bytes = exchange.bytes.clone();
        bytes[place] ^= mask;
        let idle = exchange.anatomy.is_idle(place, mask);
        let is_judged = exchange.anatomy.is_message(place) || idle;
        let end = if is_judged { End::Wait } else { dice.pick(&[End::Wait, End::Close, End::Vanish]) };
        let name = format!("{} with {mask:#04x} at {place}, {end:?}", exchange.recording.name);
        Altered { exchange, place, idle, bytes, end, name }.told()
    }

    /// How many bytes the exchanges were cut off at, or had changed.
    pub(crate) fn coverage(&self) -> Coverage {
        let tried = self.tried.borrow().iter().filter(|tried| **tried).count() as u64;
        Coverage { tried, all: self.total }
    }

    fn enter(&self, number: u64) {
        self.tried.borrow_mut()[number as usize] = true;
    }

    /// The exchange and the place in it that has this number.
    fn locate(&self, number: u64) -> (&Sound<S>, usize) {
        let (exchange, place) = locate(number, self.sound.iter().map(|exchange| exchange.bytes.len()));
        (&self.sound[exchange], place)
    }
}

impl<S> Altered<'_, S> {
    fn told(self) -> Self {
        if is_replay() {
            println!("{}: {:?}", self.name, self.bytes);
        }
        self
    }

    /// Whether nothing but a message was altered.
    pub(crate) fn is_message(&self) -> bool {
        self.exchange.anatomy.is_message(self.place)
    }

    /// Says which input it was that has not done as it must.
    pub(crate) fn fault(&self, fault: impl std::fmt::Display) -> String {
        format!("{}: {fault}", self.name)
    }
}
