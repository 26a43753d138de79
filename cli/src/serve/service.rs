use std::sync::Arc;

use clap::ValueEnum;
use puregrpc::Server;
use puregrpc::codegen::Service as _;
use puregrpc::examples::proto::hello::HelloServiceServer;
use puregrpc::examples::proto::helloworld::GreeterServer;
use puregrpc::examples::proto::posXYZ::PositionServiceServer;
use puregrpc::examples::proto::routeguide::RouteGuideServer;
use puregrpc::examples::{Character, Greetings, Guide, Hello, Places};
use puregrpc::health::Health;

/// An example service, as the command line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Service {
    Hello,
    Greeter,
    Position,
    RouteGuide,
}

impl Service {
    pub(super) const ALL: [Self; 4] = [Self::Hello, Self::Greeter, Self::Position, Self::RouteGuide];

    /// The name of the client that calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Greeter => "greeter",
            Self::Position => "position",
            Self::RouteGuide => "route-guide",
        }
    }

    /// The name in its `.proto` file, with the package.
    pub(super) fn full_name(self) -> &'static str {
        match self {
            Self::Hello => HelloServiceServer::<Hello>::NAME,
            Self::Greeter => GreeterServer::<Greetings>::NAME,
            Self::Position => PositionServiceServer::<Character>::NAME,
            Self::RouteGuide => RouteGuideServer::<Guide>::NAME,
        }
    }

    pub(super) fn summary(self) -> &'static str {
        match self {
            Self::Hello => "greets in Japanese",
            Self::Greeter => "greets in English, and again",
            Self::Position => "tells and takes the position of a character that walks in a circle",
            Self::RouteGuide => "knows places and follows travellers: all four kinds of call",
        }
    }
}

/// Makes a server of these services, those named twice once, and of health.
pub(super) fn server(services: &[Service], places: Places) -> Server {
    let guide = Arc::new(Guide::new(places));
    let chosen = Service::ALL.iter().filter(|service| services.contains(service));
    let server = chosen.fold(Server::new(), |server, service| match service {
        Service::Hello => server.add(HelloServiceServer::new(Hello)),
        Service::Greeter => server.add(GreeterServer::new(Greetings)),
        Service::Position => server.add(PositionServiceServer::new(Character::new())),
        Service::RouteGuide => server.add(RouteGuideServer::from_arc(Arc::clone(&guide))),
    });
    let health = Health::of(&server);
    server.add(health.service())
}
