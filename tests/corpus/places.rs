//! Places in recorded bytes, by number.

use crate::dice::Dice;

/// Numbers below `end`, each once and neighbours far apart.
pub(crate) fn spread(seed: u64, index: u64, end: u64) -> u64 {
    // Odd and prime, so that it has no factor in common with any sum of lengths there may be.
    const STEP: u128 = 2_654_435_761;
    ((u128::from(index) * STEP + u128::from(seed)) % u128::from(end)) as u64
}

/// A way to alter the byte at a place: another one for each of nine seeds in a row, which are the eight bits, and once
/// any of them.
pub(crate) fn flip(seed: u64, place: u64, dice: &mut Dice) -> u8 {
    let way = (seed + place) % 9;
    if way < 8 { 1 << way } else { dice.below(255) as u8 + 1 }
}

/// Which of several texts, and which place in it, has this number if all places are counted through.
pub(crate) fn locate(number: u64, lengths: impl Iterator<Item = usize>) -> (usize, usize) {
    let mut rest = number as usize;
    for (text, length) in lengths.enumerate() {
        match rest.checked_sub(length) {
            None => return (text, rest),
            Some(less) => rest = less,
        }
    }
    unreachable!("numbers are below the sum of all lengths")
}
