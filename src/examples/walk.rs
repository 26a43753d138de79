use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Clock;

/// A walk round the z axis, one metre from it and 5 degrees further at each tick of 100 ms.
///
/// It needs no timer: where the walker is follows from the clock whenever it is asked.
#[derive(Debug)]
pub(super) struct Walk {
    clock: Clock,
    /// Ticks are counted from here, also after the walk has been restarted.
    begin: Instant,
    start: Mutex<Start>,
}

/// Where the walk was last put, and at which tick.
#[derive(Clone, Copy, Debug)]
struct Start {
    position: (f32, f32, f32),
    tick: u128,
}

impl Walk {
    /// Starts a walk at (1, 0, 0).
    pub(super) fn new(clock: Clock) -> Self {
        let begin = clock.now();
        Self { clock, begin, start: Mutex::new(Start { position: (1.0, 0.0, 0.0), tick: 0 }) }
    }

    /// Where the walker is now.
    pub(super) fn position(&self) -> (f32, f32, f32) {
        let start = *self.start.lock().unwrap_or_else(PoisonError::into_inner);
        // A reader may hold an older time than a restart in between has seen.
        let ticks = self.tick().saturating_sub(start.tick);
        if ticks == 0 { start.position } else { start.after(ticks) }
    }

    /// Puts the walker anywhere; from the next tick on it walks its circle again, in the same
    /// direction as seen from the axis.
    pub(super) fn restart(&self, position: (f32, f32, f32)) {
        let tick = self.tick();
        *self.start.lock().unwrap_or_else(PoisonError::into_inner) = Start { position, tick };
    }

    fn tick(&self) -> u128 {
        self.clock.now().saturating_duration_since(self.begin).as_nanos() / TICK.as_nanos()
    }
}

impl Default for Walk {
    fn default() -> Self {
        Self::new(Clock::default())
    }
}

impl Start {
    fn after(&self, ticks: u128) -> (f32, f32, f32) {
        let (x, y, _) = self.position;
        let azimuth = f64::from(y).atan2(f64::from(x));
        // Less than 72, so that a walk of years is as exact as its first round.
        let steps = (ticks % u128::from(STEPS_A_ROUND)) as u8;
        let (sine, cosine) = (azimuth + (DEGREES_A_STEP * f64::from(steps)).to_radians()).sin_cos();
        (cosine as f32, sine as f32, 0.0)
    }
}

const TICK: Duration = Duration::from_millis(100);
const DEGREES_A_STEP: f64 = 5.0;
const STEPS_A_ROUND: u8 = 72;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::clock::tests::Hand;

    #[track_caller]
    fn assert_near(position: (f32, f32, f32), degrees: f64) {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let (x, y, z) = position;
        assert!((f64::from(x) - cosine).abs() < 1e-6, "{position:?} at {degrees} degrees");
        assert!((f64::from(y) - sine).abs() < 1e-6, "{position:?} at {degrees} degrees");
        assert_eq!(z, 0.0);
    }

    #[test]
    fn walk_starts_on_the_first_axis_and_stays_until_the_first_tick() {
        let hand = Hand::new();
        let walk = Walk::new(hand.clock());
        assert_eq!(walk.position(), (1.0, 0.0, 0.0));
        hand.advance(Duration::from_micros(99_999));
        assert_eq!(walk.position(), (1.0, 0.0, 0.0));
        hand.advance(Duration::from_micros(1));
        assert_near(walk.position(), 5.0);
    }

    #[test]
    fn walk_goes_five_degrees_a_tick_and_round_in_seventy_two() {
        let hand = Hand::new();
        let walk = Walk::new(hand.clock());
        for tick in 0..=150 {
            assert_near(walk.position(), f64::from(tick % 72) * 5.0);
            hand.advance(TICK);
        }
    }

    #[test]
    fn walk_of_years_is_as_exact_as_its_first_round() {
        let hand = Hand::new();
        let walk = Walk::new(hand.clock());
        hand.advance(TICK * 72 * 10_000_000);
        assert_eq!(walk.position(), (1.0, 0.0, 0.0));
        hand.advance(TICK * 18);
        assert_near(walk.position(), 90.0);
    }

    #[test]
    fn new_position_is_exact_until_the_next_tick_of_the_walk() {
        let hand = Hand::new();
        let walk = Walk::new(hand.clock());
        hand.advance(Duration::from_millis(250));
        walk.restart((-3.0, 3.0, 9.0));
        assert_eq!(walk.position(), (-3.0, 3.0, 9.0));
        hand.advance(Duration::from_millis(49));
        assert_eq!(walk.position(), (-3.0, 3.0, 9.0));
        hand.advance(Duration::from_millis(1));
        assert_near(walk.position(), 140.0);
        hand.advance(TICK);
        assert_near(walk.position(), 145.0);
    }

    #[test]
    fn walk_from_the_axis_itself_goes_as_from_the_first_axis() {
        let hand = Hand::new();
        let walk = Walk::new(hand.clock());
        walk.restart((0.0, 0.0, 2.0));
        hand.advance(TICK * 72);
        assert_near(walk.position(), 0.0);
    }

    #[test]
    fn largest_and_smallest_numbers_keep_their_direction() {
        for size in [f32::MAX, f32::MIN_POSITIVE] {
            let hand = Hand::new();
            let walk = Walk::new(hand.clock());
            walk.restart((size, size, size));
            hand.advance(TICK);
            assert_near(walk.position(), 50.0);
        }
    }
}
