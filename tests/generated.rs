//! The code under `src/generated` is what the generator makes of `proto/grpc`.
//!
//! `UPDATE_GENERATED=1 cargo test --test generated` writes it anew.

use std::path::Path;
use std::{env, fs};

use puregrpc_build::Config;

#[test]
fn checked_in_code_is_what_the_generator_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let proto = root.join("proto");
    let config = Config::new().input(proto.join("grpc/health/v1/health.proto")).include(&proto);
    let made = config.generate().unwrap_or_else(|fault| panic!("{fault}"));
    let path = root.join("src/generated/health.rs");
    if env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap();
    assert!(checked_in == made, "{path:?} is out of date: UPDATE_GENERATED=1 cargo test --test generated");
}
