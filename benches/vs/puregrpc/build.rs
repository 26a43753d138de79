//! Generates the code of `bench.Bench`, and the names of many methods.

use std::env;
use std::fs;
use std::path::Path;

fn main() {
    puregrpc_build::Config::new().input("../../../proto/bench.proto").out_file("bench").compile();
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    let names: Vec<_> = (0..MOST_METHODS).map(|method| format!("Method{method}")).collect();
    fs::write(Path::new(&folder).join("methods.rs"), format!("{names:?}")).expect("a folder of ours");
}

/// How many methods the largest server has.
const MOST_METHODS: usize = 10_000;
