use puregrpc::{Receiver, Request, Response, Sender, Status};

use super::notes::Notes;
use super::proto::routeguide::{Feature, Point, Rectangle, RouteGuide, RouteNote, RouteSummary};
use super::trip::Trip;
use super::{Clock, Places};

/// Knows places, and follows travellers from one to the next.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    places: Places,
    clock: Clock,
}

impl Guide {
    /// Makes a guide to these places.
    #[must_use]
    pub fn new(places: Places) -> Self {
        Self { places, clock: Clock::default() }
    }

    /// Lets the guide measure the time of a route by this clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }
}

impl RouteGuide for Guide {
    async fn get_feature(&self, request: Request<Point>) -> Result<Response<Feature>, Status> {
        let point = request.into_inner();
        let feature = self.places.at(&point).cloned();
        let nothing_here = || Feature { location: Some(point).into(), ..Default::default() };
        Ok(feature.unwrap_or_else(nothing_here).into())
    }

    async fn list_features(&self, request: Request<Rectangle>, replies: &mut Sender<Feature>) -> Result<(), Status> {
        for feature in self.places.within(&request) {
            replies.send(feature).await?;
        }
        Ok(())
    }

    async fn record_route(&self, requests: &mut Receiver<Point>) -> Result<Response<RouteSummary>, Status> {
        let begin = self.clock.now();
        let mut trip = Trip::default();
        while let Some(point) = requests.recv().await? {
            let is_feature = self.places.at(&point).is_some();
            trip.visit(point, is_feature);
        }
        let elapsed = self.clock.now().saturating_duration_since(begin);
        Ok(trip.summary(elapsed).into())
    }

    async fn route_chat(
        &self,
        requests: &mut Receiver<RouteNote>,
        replies: &mut Sender<RouteNote>,
    ) -> Result<(), Status> {
        let mut notes = Notes::default();
        while let Some(note) = requests.recv().await? {
            for earlier in notes.add(note)? {
                replies.send(earlier).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude: i32, longitude: i32) -> Point {
        Point { latitude, longitude, ..Default::default() }
    }

    #[tokio::test]
    async fn feature_at_a_known_point_has_its_name() {
        let asked = point(407_838_351, -746_143_763);
        let feature = Guide::default().get_feature(asked.clone().into()).await.unwrap();
        assert_eq!(feature.name, "Patriots Path, Mendham, NJ 07945, USA");
        assert_eq!(feature.location.as_ref(), Some(&asked));
    }

    #[tokio::test]
    async fn feature_at_an_unknown_point_has_the_location_and_no_name() {
        for asked in [point(0, 0), point(407_838_351, -746_143_762)] {
            let feature = Guide::default().get_feature(asked.clone().into()).await.unwrap();
            assert_eq!(feature.name, "");
            assert_eq!(feature.location.as_ref(), Some(&asked));
        }
    }
}
