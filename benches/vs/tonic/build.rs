//! Generates the code of `bench.Bench`, with `bytes` fields that need no copy.

fn main() -> std::io::Result<()> {
    tonic_prost_build::configure().bytes(".").compile_protos(&["../../../proto/bench.proto"], &["../../../proto"])
}
