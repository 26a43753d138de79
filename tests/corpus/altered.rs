//! What one side has said in recorded exchanges, cut off and altered.

use crate::{
    anatomy::Anatomy,
    dice::Dice,
    places::{FLIPS, flip, locate, spread},
    recording::Recording,
    run::is_replay,
};
use puregrpc_support::End;

/// What one side has said in an exchange, and what comes of it as it is.
pub(crate) struct Sound<S> {
    pub(crate) recording: Recording,
    pub(crate) anatomy: Anatomy,
    pub(crate) bytes: Vec<u8>,
    pub(crate) outcome: S,
}

/// Two hundred of these.
pub(crate) struct Exchanges<S> {
    sound: Vec<Sound<S>>,
    /// How many bytes all of them have.
    total: u64,
}

/// What is said instead.
pub(crate) struct Altered<'a, S> {
    pub(crate) exchange: &'a Sound<S>,
    /// Where it was altered.
    pub(crate) place: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
    /// For people.
    pub(crate) name: String,
}

impl<S> Exchanges<S> {
    pub(crate) fn new(sound: Vec<Sound<S>>) -> Self {
        assert!(sound.len() >= 200);
        let total = sound.iter().map(|exchange| exchange.bytes.len() as u64).sum();
        Self { sound, total }
    }

    /// Some exchange, another one for each of neighbouring numbers.
    pub(crate) fn some(&self, number: usize) -> &Sound<S> {
        &self.sound[number % self.sound.len()]
    }

    /// Cuts the input of this number off, and ends it in one of these ways.
    pub(crate) fn cut(&self, seed: u64, index: u64, ends: &[End]) -> Altered<'_, S> {
        let (exchange, place) = self.locate(spread(seed, index, self.total));
        let end = Dice::new(seed, index).pick(ends);
        let name = format!("{} cut at {place}, {end:?}", exchange.recording.name);
        Altered::told(exchange, place, exchange.bytes[..place].to_vec(), end, name)
    }

    /// Changes a bit or a byte in the input of this number. What alters nothing but a message is said to its end.
    pub(crate) fn flipped(&self, seed: u64, index: u64) -> Altered<'_, S> {
        let number = spread(seed, index, FLIPS * self.total);
        let (exchange, place) = self.locate(number / FLIPS);
        let mut dice = Dice::new(seed, index);
        let mask = flip(number % FLIPS, &mut dice);
        let mut bytes = exchange.bytes.clone();
        bytes[place] ^= mask;
        let is_message = exchange.anatomy.is_message(place);
        let end = if is_message { End::Wait } else { dice.pick(&[End::Wait, End::Close, End::Vanish]) };
        let name = format!("{} with {mask:#04x} at {place}, {end:?}", exchange.recording.name);
        Altered::told(exchange, place, bytes, end, name)
    }

    /// The exchange and the place in it that has this number.
    fn locate(&self, number: u64) -> (&Sound<S>, usize) {
        let (exchange, place) = locate(number, self.sound.iter().map(|exchange| exchange.bytes.len()));
        (&self.sound[exchange], place)
    }
}

impl<'a, S> Altered<'a, S> {
    fn told(exchange: &'a Sound<S>, place: usize, bytes: Vec<u8>, end: End, name: String) -> Self {
        if is_replay() {
            println!("{name}: {bytes:?}");
        }
        Self { exchange, place, bytes, end, name }
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
