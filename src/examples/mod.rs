//! The services of gRPC's tutorials, written as a user of this crate writes his own.
//!
//! | service | implementation |
//! |---|---|
//! | `hello.HelloService` | [`Hello`] |
//! | `helloworld.Greeter` | [`Greetings`] |
//! | `posXYZ.PositionService` | [`Character`] |
//! | `routeguide.RouteGuide` | [`Guide`], over [`Places`] |
//!
//! The traits, messages, servers and clients generated from their `.proto` files are in [`proto`].

mod clock;
mod geometry;
mod greeter;
mod hello;
mod notes;
mod places;
mod places_file;
mod position;
mod route_guide;
mod trip;
mod walk;

/// What is generated from the `.proto` files of the example services.
pub mod proto {
    puregrpc::include_protos!();
}

pub use clock::Clock;
pub use greeter::Greetings;
pub use hello::Hello;
pub use places::Places;
pub use places_file::PlacesError;
pub use position::Character;
pub use route_guide::Guide;
use walk::Walk;
