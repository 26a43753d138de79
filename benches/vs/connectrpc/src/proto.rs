//! What is generated from `proto/bench.proto`.
#![expect(unreachable_pub, reason = "the generator writes so")]

connectrpc::include_generated!("bench_all.rs");
