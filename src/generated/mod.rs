//! Code that `puregrpc-build` has made of the files under `proto/grpc`, kept
//! here so that building the library needs no generator.

#[rustfmt::skip]
pub(crate) mod health;

/// The shapes of the well-known types.
#[rustfmt::skip]
mod shapes;
