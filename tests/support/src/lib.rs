//! What the wire-level tests share: a raw HTTP/2 peer that builds and reads frames by hand, and a service whose
//! handlers each test writes itself.
//!
//! Every wait of the peer is bounded, and every frame it reads is checked against what an HTTP/2 peer must never
//! send (see [`RawPeer`]), so each test also proves those rules.

mod attack;
mod block;
mod books;
mod certificates;
mod client;
mod frame;
mod fuzz;
mod log;
mod message;
mod peer;
mod pipe;
mod raw_server;
mod running;
mod said;
mod script;
mod seen;
mod server;
mod stream;
mod wire_client;

pub use attack::{End, QUIET, attack_client, attack_server};
pub use block::{Block, encode};
pub use certificates::{Ca, Issued};
pub use client::{PREFACE, request};
pub use frame::{Frame, error, flag, kind, setting};
pub use fuzz::{fuzz_client, fuzz_server, sample_answer, sample_request};
pub use log::Log;
pub use message::{flagged, message, messages, note, note_value, prefixed};
pub use peer::{END, GoAway, MORE, PATIENCE, RawPeer};
pub use raw_server::RawServer;
pub use running::Running;
pub use said::Said;
pub use script::{BIDI, CLIENT_STREAM, Handling, SERVER_STREAM, Script, UNARY, noted};
pub use seen::Seen;
pub use stream::Stream;
pub use wire_client::WireClient;

pub use rcgen;
pub use tracing::Level;
