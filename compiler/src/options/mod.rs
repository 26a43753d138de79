//! Options: what their names and values mean.
//!
//! Options are messages, described by `descriptor.proto` and its extensions. The value of an
//! element's options is built here field by field, and written at the end in the order of numbers.

mod aggregate;
mod any;
mod dynamic;
mod interpret;
mod retention;
mod scalar;
mod skip;
mod wire;

pub(crate) use dynamic::{Dynamic, Slot, Value};
pub(crate) use interpret::{Pass, interpret};
pub(crate) use retention::strip;
pub(crate) use wire::write;
