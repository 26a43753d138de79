//! The data base of the route guide.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use super::geometry::Area;
use super::places_file::{self, PlacesError};
use super::proto::routeguide::{Feature, Point, Rectangle};

/// The features a [`Guide`](super::Guide) knows, found by point and by rectangle.
///
/// # Examples
///
/// ```
/// use puregrpc::examples::Places;
/// use puregrpc::examples::proto::routeguide::Point;
///
/// let places = Places::built_in();
/// let point = Point { latitude: 407_838_351, longitude: -746_143_763, ..Default::default() };
/// assert_eq!(places.at(&point).unwrap().name, "Patriots Path, Mendham, NJ 07945, USA");
/// ```
#[derive(Clone, Debug)]
pub struct Places {
    /// In the order of the file.
    features: Vec<Feature>,
    /// One entry for each feature, sorted by latitude.
    by_latitude: Vec<Spot>,
    /// The same by longitude, so that a tall narrow rectangle costs no more than a wide low one.
    by_longitude: Vec<Spot>,
}

/// Where a feature is, and its index among the features; the fields are in the order of sorting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    /// The coordinate that is sorted by.
    along: i32,
    /// The other one.
    across: i32,
    index: usize,
}

impl Places {
    /// Makes a data base of features; those without a location are at 0, 0.
    #[must_use]
    pub fn new(features: Vec<Feature>) -> Self {
        let by_latitude = sorted(&features, |point| (point.latitude, point.longitude));
        let by_longitude = sorted(&features, |point| (point.longitude, point.latitude));
        Self { features, by_latitude, by_longitude }
    }

    /// The data base that comes with the crate: places in and around New Jersey and New York, and
    /// a few elsewhere.
    #[must_use]
    pub fn built_in() -> Self {
        let features = places_file::parse(BUILT_IN.as_bytes());
        // The text is part of the program, and a test reads it.
        Self::new(features.expect("the built-in data base is well-formed"))
    }

    /// Reads a data base from a file: a JSON list of
    /// `{"location": {"latitude": N, "longitude": N}, "name": "…"}`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not such a list: the error then says the line and the
    /// column.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, PlacesError> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(|error| PlacesError::read(path, error))?;
        let features = places_file::parse(&text).map_err(|error| PlacesError::json(path, error))?;
        Ok(Self::new(features))
    }

    /// All features, in the order of the data base.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The feature at exactly this point, named or not; the first, if there are several.
    #[must_use]
    pub fn at(&self, point: &Point) -> Option<&Feature> {
        let place = (point.latitude, point.longitude);
        let first = self.by_latitude.partition_point(|spot| (spot.along, spot.across) < place);
        self.by_latitude
            .get(first)
            .filter(|spot| (spot.along, spot.across) == place)
            .map(|spot| &self.features[spot.index])
    }

    /// Every feature within the rectangle, edges included, in the order of the data base.
    ///
    /// The corners may be given in any order.
    pub fn within(&self, rectangle: &Rectangle) -> impl Iterator<Item = &Feature> + use<'_> {
        let (spots, across) = self.fewest(Area::from(rectangle));
        let mut found: Vec<_> =
            spots.iter().filter(|spot| across.contains(&spot.across)).map(|spot| spot.index).collect();
        found.sort_unstable();
        found.into_iter().map(|index| &self.features[index])
    }

    /// The spots in the belt or in the strip that the area lies in, whichever has fewer, and what the area is across.
    fn fewest(&self, Area { latitudes, longitudes }: Area) -> (&[Spot], RangeInclusive<i32>) {
        let belt = between(&self.by_latitude, &latitudes);
        let strip = between(&self.by_longitude, &longitudes);
        if strip.len() < belt.len() { (strip, latitudes) } else { (belt, longitudes) }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::built_in()
    }
}

/// Where the features are, sorted by the first coordinate that `place` gives and then by the second.
fn sorted(features: &[Feature], place: impl Fn(&Point) -> (i32, i32)) -> Vec<Spot> {
    let spot = |(index, feature): (usize, &Feature)| {
        let (along, across) = place(&feature.location);
        Spot { along, across, index }
    };
    let mut spots: Vec<_> = features.iter().enumerate().map(spot).collect();
    spots.sort_unstable();
    spots
}

/// Those of sorted spots that are in a range.
fn between<'a>(spots: &'a [Spot], range: &RangeInclusive<i32>) -> &'a [Spot] {
    let first = spots.partition_point(|spot| spot.along < *range.start());
    let end = spots.partition_point(|spot| spot.along <= *range.end());
    &spots[first..end]
}

const BUILT_IN: &str = include_str!("places.json");

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude: i32, longitude: i32) -> Point {
        Point { latitude, longitude, ..Default::default() }
    }

    fn feature(name: &str, latitude: i32, longitude: i32) -> Feature {
        Feature { name: name.into(), location: Some(point(latitude, longitude)).into(), ..Default::default() }
    }

    fn rectangle(lo: (i32, i32), hi: (i32, i32)) -> Rectangle {
        Rectangle { lo: Some(point(lo.0, lo.1)).into(), hi: Some(point(hi.0, hi.1)).into(), ..Default::default() }
    }

    fn names<'a>(features: impl Iterator<Item = &'a Feature>) -> Vec<&'a str> {
        features.map(|feature| feature.name.as_str()).collect()
    }

    #[test]
    fn built_in_places_are_many_named_and_unnamed() {
        let places = Places::built_in();
        let (named, unnamed): (Vec<_>, Vec<_>) = places.features().iter().partition(|feature| !feature.name.is_empty());
        assert!(named.len() >= 100, "{} named", named.len());
        assert!(!unnamed.is_empty());
        let around = rectangle((400_000_000, -750_000_000), (420_000_000, -730_000_000));
        assert!(places.within(&around).count() >= 100);
    }

    #[test]
    fn built_in_places_hold_those_of_the_tutorials() {
        let places = Places::built_in();
        for (latitude, longitude, name) in [
            (407_838_351, -746_143_763, "Patriots Path, Mendham, NJ 07945, USA"),
            (409_146_138, -746_188_906, "Berkshire Valley Management Area Trail, Jefferson, NJ, USA"),
        ] {
            assert_eq!(places.at(&point(latitude, longitude)).unwrap().name, name);
        }
    }

    #[test]
    fn look_up_wants_both_coordinates_exactly() {
        let places = Places::new(vec![feature("a", 5, 7), feature("", 5, 8), feature("b", 6, 7)]);
        assert_eq!(places.at(&point(5, 7)).unwrap().name, "a");
        assert_eq!(places.at(&point(5, 8)).unwrap().name, "");
        assert_eq!(places.at(&point(6, 7)).unwrap().name, "b");
        for (latitude, longitude) in [(5, 6), (5, 9), (6, 8), (4, 7), (7, 7), (7, 5)] {
            assert!(places.at(&point(latitude, longitude)).is_none());
        }
        assert!(Places::new(Vec::new()).at(&point(0, 0)).is_none());
    }

    #[test]
    fn first_of_several_features_at_one_point_is_found() {
        let places = Places::new(vec![feature("first", 1, 1), feature("second", 1, 1)]);
        assert_eq!(places.at(&point(1, 1)).unwrap().name, "first");
    }

    #[test]
    fn feature_without_location_is_at_the_origin() {
        let places = Places::new(vec![Feature { name: "nowhere".into(), ..Default::default() }]);
        assert_eq!(places.at(&point(0, 0)).unwrap().name, "nowhere");
    }

    #[test]
    fn rectangle_includes_its_edges_and_nothing_beyond() {
        let places = Places::new(vec![
            feature("south-west", 10, 10),
            feature("north-east", 20, 20),
            feature("too far south", 9, 15),
            feature("too far north", 21, 15),
            feature("too far west", 15, 9),
            feature("too far east", 15, 21),
        ]);
        let found = names(places.within(&rectangle((10, 10), (20, 20))));
        assert_eq!(found, ["south-west", "north-east"]);
    }

    #[test]
    fn rectangle_takes_corners_in_any_order() {
        let places = Places::new(vec![feature("inside", 15, 15)]);
        for (lo, hi) in [((10, 10), (20, 20)), ((20, 20), (10, 10)), ((10, 20), (20, 10)), ((20, 10), (10, 20))] {
            assert_eq!(names(places.within(&rectangle(lo, hi))), ["inside"]);
        }
    }

    #[test]
    fn rectangle_gives_features_in_the_order_of_the_data_base() {
        let places = Places::new(vec![feature("north", 30, 1), feature("south", 10, 1), feature("middle", 20, 1)]);
        let found = names(places.within(&rectangle((0, 0), (100, 100))));
        assert_eq!(found, ["north", "south", "middle"]);
    }

    #[test]
    fn rectangle_of_any_shape_finds_what_a_look_at_all_features_finds() {
        // All points of a grid, a prime apart so that they come in no order of either coordinate.
        let spot = |index: i32| feature("", index * 29 % 100 / 10, index * 29 % 10);
        let places = Places::new((0..100).map(spot).collect());
        for (lo, hi) in [((0, 4), (9, 4)), ((4, 0), (4, 9)), ((1, 3), (8, 5)), ((3, 1), (5, 8)), ((2, 2), (6, 6))] {
            let inside =
                |point: &Point| (lo.0..=hi.0).contains(&point.latitude) && (lo.1..=hi.1).contains(&point.longitude);
            let expected: Vec<_> = places.features().iter().filter(|feature| inside(&feature.location)).collect();
            let found: Vec<_> = places.within(&rectangle(lo, hi)).collect();
            assert_eq!(found, expected, "{lo:?} to {hi:?}");
            assert_eq!(found.len() as i32, (hi.0 - lo.0 + 1) * (hi.1 - lo.1 + 1));
        }
    }

    #[test]
    fn no_more_is_looked_at_than_what_is_in_the_narrower_range() {
        let places = Places::new((0..100).map(|index| feature("", index / 10, index % 10)).collect());
        for (lo, hi, expected) in [
            ((0, 4), (9, 4), 10),
            ((4, 0), (4, 9), 10),
            ((2, 5), (8, 6), 20),
            ((10, 0), (20, 9), 0),
            ((0, i32::MIN), (9, -1), 0),
        ] {
            let (spots, _) = places.fewest(Area::from(&rectangle(lo, hi)));
            assert_eq!(spots.len(), expected, "{lo:?} to {hi:?}");
        }
    }

    #[test]
    fn rectangle_over_the_whole_range_finds_everything() {
        let places = Places::built_in();
        let all = rectangle((i32::MIN, i32::MIN), (i32::MAX, i32::MAX));
        assert_eq!(places.within(&all).count(), places.features().len());
    }
}
