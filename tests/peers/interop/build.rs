//! Generates the code of both interfaces, each as a file of its own.

use puregrpc_build::Config;

fn main() {
    Config::new().input("proto/interop").out_file("interop").compile();
    Config::new()
        .input("proto/conformance")
        .input("../../../proto/google/rpc/status.proto")
        .include("../../../proto")
        .out_file("conformance")
        .compile();
}
