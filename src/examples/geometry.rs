//! Points on the sphere and rectangles of them.

use std::ops::RangeInclusive;

use super::proto::routeguide::{Point, Rectangle};

/// The area between two corners, edges included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) latitudes: RangeInclusive<i32>,
    pub(super) longitudes: RangeInclusive<i32>,
}

impl From<&Rectangle> for Area {
    /// Takes the corners in any order; a missing corner is the point 0, 0.
    fn from(rectangle: &Rectangle) -> Self {
        Self {
            latitudes: between(rectangle.lo.latitude, rectangle.hi.latitude),
            longitudes: between(rectangle.lo.longitude, rectangle.hi.longitude),
        }
    }
}

fn between(one: i32, other: i32) -> RangeInclusive<i32> {
    one.min(other)..=one.max(other)
}

/// The distance between two points along the sphere, in metres (haversine formula).
pub(super) fn distance(from: &Point, to: &Point) -> f64 {
    let (from_latitude, to_latitude) = (radians(from.latitude), radians(to.latitude));
    let half_latitude = (to_latitude - from_latitude) / 2.0;
    let half_longitude = (radians(to.longitude) - radians(from.longitude)) / 2.0;

    let haversine =
        half_latitude.sin().powi(2) + from_latitude.cos() * to_latitude.cos() * half_longitude.sin().powi(2);
    // Rounding can carry antipodes a hair over 1, where the last square root has no value.
    let haversine = haversine.clamp(0.0, 1.0);
    2.0 * EARTH_RADIUS * haversine.sqrt().atan2((1.0 - haversine).sqrt())
}

fn radians(degrees_e7: i32) -> f64 {
    (f64::from(degrees_e7) / 1e7).to_radians()
}

/// The mean radius of the earth in metres.
const EARTH_RADIUS: f64 = 6_371_000.0;

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    fn point(latitude: i32, longitude: i32) -> Point {
        Point { latitude, longitude, ..Default::default() }
    }

    #[test]
    fn area_takes_corners_in_any_order() {
        let corners = [(1, 20), (5, 10)];
        let expected = Area { latitudes: 1..=5, longitudes: 10..=20 };
        for (lo, hi) in [(corners[0], corners[1]), (corners[1], corners[0])] {
            let rectangle = Rectangle {
                lo: Some(point(lo.0, lo.1)).into(),
                hi: Some(point(hi.0, hi.1)).into(),
                ..Default::default()
            };
            assert_eq!(Area::from(&rectangle), expected);
        }
    }

    #[test]
    fn missing_corner_is_the_origin() {
        let rectangle = Rectangle { lo: Some(point(-3, 7)).into(), ..Default::default() };
        assert_eq!(Area::from(&rectangle), Area { latitudes: -3..=0, longitudes: 0..=7 });
    }

    #[test]
    fn a_degree_of_the_equator_is_its_share_of_the_circumference() {
        let expected = 2.0 * PI * EARTH_RADIUS / 360.0;
        assert!((distance(&point(0, 0), &point(0, 10_000_000)) - expected).abs() < 1e-6);
        assert!((distance(&point(0, 0), &point(10_000_000, 0)) - expected).abs() < 1e-6);
    }

    #[test]
    fn distance_between_two_places_is_the_known_one() {
        let mendham = point(407_838_351, -746_143_763);
        let jefferson = point(409_146_138, -746_188_906);
        // Worked out on its own with the formula of the great circle in three dimensions.
        assert!((distance(&mendham, &jefferson) - 14_546.9).abs() < 1.0);
        assert_eq!(distance(&mendham, &mendham), 0.0);
    }

    #[test]
    fn antipodes_are_half_a_circumference_apart() {
        let apart = distance(&point(0, 0), &point(0, 1_800_000_000));
        assert!((apart - PI * EARTH_RADIUS).abs() < 1.0);
        let poles = distance(&point(900_000_000, 0), &point(-900_000_000, 0));
        assert!((poles - PI * EARTH_RADIUS).abs() < 1.0);
    }

    #[test]
    fn coordinates_beyond_the_globe_still_give_a_number() {
        assert!(distance(&point(i32::MIN, i32::MIN), &point(i32::MAX, i32::MAX)).is_finite());
    }
}
