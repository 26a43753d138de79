//! The example services, called over a channel by the generated clients.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use puregrpc::examples::proto::hello::{HelloRequest, HelloServiceClient, HelloServiceServer};
use puregrpc::examples::proto::helloworld::{self, GreeterClient, GreeterServer};
use puregrpc::examples::proto::posXYZ::{Msg, Pos, Position, PositionServiceClient, PositionServiceServer};
use puregrpc::examples::proto::routeguide::{
    Feature, Point, Rectangle, RouteGuideClient, RouteGuideServer, RouteNote, RouteSummary,
};
use puregrpc::examples::{Character, Clock, Greetings, Guide, Hello, Places};
use puregrpc::{Channel, Code, Server};

/// Serves every example service without a network.
fn serve(places: Places, clock: &Clock) -> Channel {
    let server = Server::new()
        .add(HelloServiceServer::new(Hello))
        .add(GreeterServer::new(Greetings))
        .add(PositionServiceServer::new(Character::with_clock(clock.clone())))
        .add(RouteGuideServer::new(Guide::new(places).with_clock(clock.clone())));
    let (listener, connector) = puregrpc::in_process();
    tokio::spawn(server.serve(listener, std::future::pending()));
    Channel::in_process(connector)
}

/// A clock, and how far it has been moved.
fn stopped_clock() -> (Clock, Arc<Mutex<Duration>>) {
    let moved = Arc::new(Mutex::new(Duration::ZERO));
    let (start, by) = (Instant::now(), Arc::clone(&moved));
    (Clock::new(move || start + *by.lock().unwrap()), moved)
}

fn point(latitude: i32, longitude: i32) -> Point {
    Point { latitude, longitude, ..Default::default() }
}

fn feature(name: &str, latitude: i32, longitude: i32) -> Feature {
    Feature { name: name.into(), location: Some(point(latitude, longitude)).into(), ..Default::default() }
}

fn note(message: impl Into<String>, latitude: i32, longitude: i32) -> RouteNote {
    RouteNote { message: message.into(), location: Some(point(latitude, longitude)).into(), ..Default::default() }
}

#[tokio::test]
async fn greeters_greet() {
    let channel = serve(Places::built_in(), &Clock::default());
    let request = HelloRequest { name: "なんしー".into(), ..Default::default() };
    let reply = HelloServiceClient::new(channel.clone()).say_hello(request).await.unwrap();
    assert_eq!(reply.message, "こんにちは, なんしー");

    let greeter = GreeterClient::new(channel);
    let request = helloworld::HelloRequest { name: "you".into(), ..Default::default() };
    assert_eq!(greeter.say_hello(request.clone()).await.unwrap().message, "Hello, you!");
    assert_eq!(greeter.say_hello_again(request).await.unwrap().message, "Hello again, you!");
}

#[tokio::test]
async fn character_walks_and_is_put_elsewhere() {
    let (clock, moved) = stopped_clock();
    let service = PositionServiceClient::new(serve(Places::built_in(), &clock));
    let place = |reply: &Position| (reply.position.x, reply.position.y, reply.position.z);

    assert_eq!(place(&service.position_req(Msg::default()).await.unwrap()), (1.0, 0.0, 0.0));
    *moved.lock().unwrap() = Duration::from_millis(1_850);
    let (x, y, _) = place(&service.position_req(Msg::default()).await.unwrap());
    assert!(x.abs() < 1e-6 && (y - 1.0).abs() < 1e-6, "90 degrees on, at {x}, {y}");

    let position = Some(Pos { x: 0.5, y: -2.0, z: 7.0, ..Default::default() }).into();
    let reply = service.position_pub(Position { position, ..Default::default() }).await.unwrap();
    assert_eq!((reply.status, &*reply.msg), (0, "published"));
    assert_eq!(place(&service.position_req(Msg::default()).await.unwrap()), (0.5, -2.0, 7.0));

    let status = service.position_pub(Position::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn feature_is_found_at_exactly_its_point() {
    let guide = RouteGuideClient::new(serve(Places::new(vec![feature("here", 1, 2)]), &Clock::default()));
    assert_eq!(guide.get_feature(point(1, 2)).await.unwrap().into_inner(), feature("here", 1, 2));
    assert_eq!(guide.get_feature(point(2, 1)).await.unwrap().into_inner(), feature("", 2, 1));
}

#[tokio::test]
async fn features_of_a_rectangle_are_listed_in_the_order_of_the_data_base() {
    let features = vec![feature("north", 30, 0), feature("beyond", 31, 0), feature("", 10, 0), feature("edge", 10, 5)];
    let guide = RouteGuideClient::new(serve(Places::new(features), &Clock::default()));
    let corners = (Some(point(30, -5)).into(), Some(point(10, 5)).into());
    let area = Rectangle { lo: corners.0, hi: corners.1, ..Default::default() };

    let mut replies = guide.list_features(area).await.unwrap();
    let mut names = Vec::new();
    while let Some(feature) = replies.recv().await.unwrap() {
        names.push(feature.name);
    }
    assert_eq!(names, ["north", "", "edge"]);
}

#[tokio::test]
async fn route_is_summed_up_at_its_end() {
    // Three seconds later at each look, and a call looks twice.
    let (start, looks) = (Instant::now(), AtomicU32::new(0));
    let clock = Clock::new(move || start + Duration::from_secs(3) * looks.fetch_add(1, Ordering::Relaxed));
    let places = Places::new(vec![feature("named", 0, 0), feature("", 0, 10_000_000)]);
    let guide = RouteGuideClient::new(serve(places, &clock));
    let mut route = guide.record_route(()).await.unwrap();
    for longitude in [0, 10_000_000, 5] {
        route.send(&point(0, longitude)).await.unwrap();
    }
    let summary = route.finish().await.unwrap();
    assert_eq!((summary.point_count, summary.feature_count), (3, 2));
    assert_eq!((summary.distance, summary.elapsed_time), (222_389, 3));
}

#[tokio::test]
async fn route_without_points_is_all_zero() {
    let guide = RouteGuideClient::new(serve(Places::built_in(), &stopped_clock().0));
    let summary = guide.record_route(()).await.unwrap().finish().await.unwrap();
    assert_eq!(summary.into_inner(), RouteSummary::default());
}

#[tokio::test]
async fn chat_answers_with_the_earlier_notes_of_a_place() {
    let guide = RouteGuideClient::new(serve(Places::built_in(), &Clock::default()));
    let (mut notes, mut replies) = guide.route_chat(()).await.unwrap();
    for sent in [note("one", 1, 1), note("elsewhere", 1, 2), note("two", 1, 1), note("three", 1, 1)] {
        notes.send(&sent).await.unwrap();
    }
    for expected in ["one", "one", "two"] {
        assert_eq!(replies.recv().await.unwrap().unwrap(), note(expected, 1, 1));
    }
    notes.close();
    assert!(replies.recv().await.unwrap().is_none());
}

#[tokio::test]
async fn chats_do_not_hear_each_other() {
    let guide = RouteGuideClient::new(serve(Places::built_in(), &Clock::default()));
    for _ in 0..2 {
        let (mut notes, mut replies) = guide.route_chat(()).await.unwrap();
        notes.send(&note("one", 0, 0)).await.unwrap();
        notes.close();
        assert!(replies.recv().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn chat_with_too_many_notes_is_ended() {
    let guide = RouteGuideClient::new(serve(Places::built_in(), &Clock::default()));
    let (mut notes, mut replies) = guide.route_chat(()).await.unwrap();
    for number in 0..10_000 {
        notes.send(&note("", number, 0)).await.unwrap();
    }
    // The call may end while this is on its way; the receiver has the status in any case.
    let _ = notes.send(&note("", 10_000, 0)).await;
    assert_eq!(replies.recv().await.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn chat_with_too_long_notes_is_ended() {
    let guide = RouteGuideClient::new(serve(Places::built_in(), &Clock::default()));
    let (mut notes, mut replies) = guide.route_chat(()).await.unwrap();
    for (length, latitude) in [(2 * 1024 * 1024, 1), (2 * 1024 * 1024, 2), (1, 3)] {
        // As above: the last of them ends the call.
        let _ = notes.send(&note("x".repeat(length), latitude, 0)).await;
    }
    assert_eq!(replies.recv().await.unwrap_err().code(), Code::ResourceExhausted);
}
