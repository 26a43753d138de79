//! Generates the code of `bench.Bench`.

fn main() {
    connectrpc_build::Config::new()
        .files(&["../../../proto/bench.proto"])
        .includes(&["../../../proto"])
        .generate_json(false)
        .include_file("bench_all.rs")
        .compile()
        .expect("proto/bench.proto compiles");
}
