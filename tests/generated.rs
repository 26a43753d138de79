//! The code under `src/generated` is what the generator makes of `proto/grpc`.
//!
//! `UPDATE_GENERATED=1 cargo test --test generated` writes it anew.

use std::path::Path;
use std::{env, fs};

use puregrpc_build::Config;

#[test]
fn the_code_of_health_is_what_the_generator_makes() {
    let proto = root().join("proto");
    let config = Config::new().input(proto.join("grpc/health/v1/health.proto")).include(&proto).lite(true);
    compare("health.rs", &config.generate().unwrap_or_else(|fault| panic!("{fault}")));
}

#[test]
fn the_shapes_of_well_known_types_are_what_the_generator_makes() {
    let folder = env::temp_dir().join(format!("puregrpc-shapes-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let stems =
        ["any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp"];
    let imports =
        stems.iter().chain(&["type", "wrappers"]).map(|stem| format!("import \"google/protobuf/{stem}.proto\";\n"));
    let file = folder.join("all.proto");
    fs::write(&file, format!("syntax = \"proto3\";\n{}", imports.collect::<String>())).unwrap();
    let made = Config::new().input(&file).well_known_shapes();
    fs::remove_dir_all(&folder).unwrap();
    compare("shapes.rs", &made.unwrap_or_else(|fault| panic!("{fault}")));
}

fn compare(name: &str, made: &str) {
    let path = root().join("src/generated").join(name);
    if env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, made).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap();
    assert!(checked_in == made, "{path:?} is out of date: UPDATE_GENERATED=1 cargo test --test generated");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
