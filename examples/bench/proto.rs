//! What is generated from `proto/bench.proto`.

puregrpc::include_protos!("bench");
