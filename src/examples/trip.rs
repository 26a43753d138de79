use std::time::Duration;

use super::geometry;
use super::proto::routeguide::{Point, RouteSummary};

/// A route as it is travelled, point by point.
#[derive(Debug, Default)]
pub(super) struct Trip {
    points: i32,
    features: i32,
    metres: f64,
    last: Option<Point>,
}

impl Trip {
    /// Goes on to a point, which may be a feature of the data base.
    pub(super) fn visit(&mut self, point: Point, is_feature: bool) {
        self.points = self.points.saturating_add(1);
        if is_feature {
            self.features = self.features.saturating_add(1);
        }
        if let Some(last) = &self.last {
            self.metres += geometry::distance(last, &point);
        }
        self.last = Some(point);
    }

    /// Sums the trip up; what does not fit the summary's numbers is their largest.
    pub(super) fn summary(&self, elapsed: Duration) -> RouteSummary {
        RouteSummary {
            point_count: self.points,
            feature_count: self.features,
            distance: self.metres as i32,
            elapsed_time: i32::try_from(elapsed.as_secs()).unwrap_or(i32::MAX),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude: i32, longitude: i32) -> Point {
        Point { latitude, longitude, ..Default::default() }
    }

    #[test]
    fn trip_without_points_is_all_zero() {
        assert_eq!(Trip::default().summary(Duration::ZERO), RouteSummary::default());
    }

    #[test]
    fn trip_counts_points_and_features_and_adds_up_the_way() {
        let mut trip = Trip::default();
        trip.visit(point(0, 0), true);
        trip.visit(point(0, 10_000_000), false);
        trip.visit(point(0, 0), true);
        let summary = trip.summary(Duration::from_millis(2_999));
        assert_eq!((summary.point_count, summary.feature_count), (3, 2));
        // Twice 111194.93 m: the parts are cut off once, at the end.
        assert_eq!(summary.distance, 222_389);
        assert_eq!(summary.elapsed_time, 2);
    }

    #[test]
    fn sums_stop_at_the_largest_number() {
        let mut trip = Trip { points: i32::MAX, features: i32::MAX, metres: 3e9, last: None };
        trip.visit(point(0, 0), true);
        let summary = trip.summary(Duration::MAX);
        assert_eq!(summary.point_count, i32::MAX);
        assert_eq!(summary.feature_count, i32::MAX);
        assert_eq!(summary.distance, i32::MAX);
        assert_eq!(summary.elapsed_time, i32::MAX);
    }
}
