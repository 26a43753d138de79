//! Generates the code of `bench.Bench`.

fn main() {
    println!("cargo::rerun-if-changed=../../../proto/bench.proto");
    volo_build::Builder::protobuf()
        .add_service("../../../proto/bench.proto")
        .include_dirs(vec!["../../../proto".into()])
        .filename("bench.rs".into())
        .write()
        .expect("proto/bench.proto compiles");
}
