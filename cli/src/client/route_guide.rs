use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use puregrpc::Channel;
use puregrpc::examples::Places;
use puregrpc::examples::proto::routeguide::{Point, Rectangle, RouteGuideClient, RouteNote};

use super::Options;
use crate::failure::Failure;
use crate::output::{hint, say};
use crate::span;

#[derive(Args)]
pub(super) struct Arguments {
    /// The data base that the route is made of; without this, the built-in one.
    #[arg(long, value_name = "FILE", env = "PUREGRPC_ROUTE_DB")]
    route_db: Option<PathBuf>,

    /// How long to pause at each point of the route; without this, between 0.5s and 1.5s.
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    pause: Option<Duration>,
}

pub(super) async fn run(channel: Channel, options: &Options, arguments: &Arguments) -> Result<(), Failure> {
    let places = match &arguments.route_db {
        Some(file) => Places::load(file).map_err(Failure::local)?,
        None => Places::built_in(),
    };
    let guide = RouteGuideClient::new(channel);
    say("-------------- GetFeature --------------")?;
    show_feature(&guide, options, point(409_146_138, -746_188_906)).await?;
    show_feature(&guide, options, point(0, 0)).await?;
    say("-------------- ListFeatures --------------")?;
    list_features(&guide, options).await?;
    say("-------------- RecordRoute --------------")?;
    record_route(&guide, options, &places, arguments.pause).await?;
    say("-------------- RouteChat --------------")?;
    chat(&guide, options).await
}

async fn show_feature(guide: &RouteGuideClient, options: &Options, point: Point) -> Result<(), Failure> {
    let feature = guide.get_feature(options.request(point)).await?;
    let place = place(&feature.location);
    if feature.name.is_empty() {
        say(format_args!("Found no feature at {place}"))
    } else {
        say(format_args!("Feature called {} at {place}", feature.name))
    }
}

async fn list_features(guide: &RouteGuideClient, options: &Options) -> Result<(), Failure> {
    let (lo, hi) = (point(400_000_000, -750_000_000), point(420_000_000, -730_000_000));
    say(format_args!("Looking for features between {} and {}", place(&lo), place(&hi)))?;
    let area = Rectangle { lo: Some(lo).into(), hi: Some(hi).into(), ..Default::default() };
    let mut features = guide.list_features(options.request(area)).await?;
    while let Some(feature) = features.recv().await? {
        say(format_args!("Feature called {} at {}", feature.name, place(&feature.location)))?;
    }
    Ok(())
}

/// Visits ten points of the data base at random.
async fn record_route(
    guide: &RouteGuideClient,
    options: &Options,
    places: &Places,
    pause: Option<Duration>,
) -> Result<(), Failure> {
    if pause.is_none() {
        hint("(visiting 10 points takes some 10 s; --pause 0s goes on at once)");
    }
    let mut route = guide.record_route(options.request(())).await?;
    for _ in 0..POINTS_OF_A_ROUTE {
        let Some(feature) = fastrand::choice(places.features()) else {
            break;
        };
        say(format_args!("Visiting point {}", place(&feature.location)))?;
        route.send(&feature.location).await?;
        let pause = pause.unwrap_or_else(|| Duration::from_millis(fastrand::u64(500..=1500)));
        tokio::time::sleep(pause).await;
    }
    let summary = route.finish().await?;
    say(format_args!("Finished trip with {} points", summary.point_count))?;
    say(format_args!("Passed {} features", summary.feature_count))?;
    say(format_args!("Travelled {} meters", summary.distance))?;
    say(format_args!("It took {} seconds", summary.elapsed_time))
}

/// Sends notes and reads what others noted, both at once: neither side waits for the other.
async fn chat(guide: &RouteGuideClient, options: &Options) -> Result<(), Failure> {
    let (mut notes, mut replies) = guide.route_chat(options.request(())).await?;
    let send = async {
        for (message, latitude, longitude) in [
            ("First message", 0, 0),
            ("Second message", 0, 1),
            ("Third message", 1, 0),
            ("Fourth message", 0, 0),
            ("Fifth message", 1, 0),
        ] {
            let location = point(latitude, longitude);
            say(format_args!("Sending {message} at {}", place(&location)))?;
            let location = Some(location).into();
            notes.send(&RouteNote { location, message: message.into(), ..Default::default() }).await?;
        }
        notes.close();
        Ok::<_, Failure>(())
    };
    let receive = async {
        while let Some(note) = replies.recv().await? {
            say(format_args!("Received message {} at {}", note.message, place(&note.location)))?;
        }
        Ok(())
    };
    tokio::try_join!(send, receive)?;
    Ok(())
}

fn point(latitude: i32, longitude: i32) -> Point {
    Point { latitude, longitude, ..Default::default() }
}

/// A point as the tutorials print it: degrees times ten million.
fn place(point: &Point) -> String {
    format!("{}, {}", point.latitude, point.longitude)
}

const POINTS_OF_A_ROUTE: usize = 10;
