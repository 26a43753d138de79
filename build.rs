//! Generates the code of the example services, where they are asked for.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "example-services")]
    compile_examples();
}

#[cfg(feature = "example-services")]
fn compile_examples() {
    puregrpc_build::Config::new()
        .input("proto/hello.proto")
        .input("proto/helloworld.proto")
        .input("proto/position.proto")
        .input("proto/route_guide.proto")
        .compile();
    // For the benches and the examples, which include them by these names.
    for name in ["bench", "peer"] {
        puregrpc_build::Config::new().input(format!("proto/{name}.proto")).blocking(true).out_file(name).compile();
    }
    // For the documentation of `Status::with_details`.
    puregrpc_build::Config::new()
        .input("proto/google/rpc/error_details.proto")
        .input("proto/google/rpc/status.proto")
        .include("proto")
        .out_file("rpc")
        .compile();
}
