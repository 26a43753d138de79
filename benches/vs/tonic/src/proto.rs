//! What is generated from `proto/bench.proto`.
#![expect(unreachable_pub, unused_qualifications, reason = "the generator writes so")]

tonic::include_proto!("bench");
