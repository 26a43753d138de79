//! What is generated from `proto/bench.proto`.
#![expect(dead_code, unreachable_pub, reason = "the generator writes so")]

include!(concat!(env!("OUT_DIR"), "/bench.rs"));

pub(crate) use bench::bench::*;
