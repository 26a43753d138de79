//! Generates the code of `bench.Bench`.

fn main() {
    puregrpc_build::Config::new().input("../../../proto/bench.proto").out_file("bench").compile();
}
