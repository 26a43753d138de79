//! Compiles every folder of proto/ into an output of its own.

use std::path::Path;
use std::{env, fs};

use puregrpc_build::Config;

mod every_type;
mod worst_names;

fn main() {
    // The package for the other edition lies one folder deeper.
    let here = if Path::new("proto").is_dir() { Path::new("proto") } else { Path::new("../proto") };
    let traps = [
        "clashes",
        "docs",
        "editions",
        "encoding",
        "file_names",
        "imports",
        "keywords",
        "packages",
        "preludes",
        "proto2",
        "same_stem",
        "service_names",
        "types",
        "vendored",
        "well_known",
    ];
    for trap in traps {
        Config::new().input(here.join(trap)).out_file(trap).blocking(true).compile();
    }
    for trap in ["clashes", "keywords", "packages", "types"] {
        let config = Config::new().input(here.join(trap)).out_file(format!("{trap}_lite"));
        config.lite(true).default_methods(true).crate_path("crate::renamed").compile();
    }
    let config = Config::new().input(here.join("externs")).include(here.join("same_stem")).out_file("externs");
    config.extern_files("a/", "crate::same_stem").compile();
    every_type_of_field();
    worst_names();
}

/// Compiles what `every_type` writes, with reflection and without.
fn every_type_of_field() {
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    for syntax in ["proto2", "proto3"] {
        let folder = Path::new(&out).join("protos").join(syntax);
        fs::create_dir_all(&folder).expect("the output folder is writable");
        fs::write(folder.join("every.proto"), every_type::file(syntax)).expect("the output folder is writable");
        Config::new().input(&folder).out_file(format!("every_{syntax}")).compile();
        Config::new().input(&folder).out_file(format!("every_{syntax}_lite")).lite(true).compile();
    }
}

/// Compiles what `worst_names` writes, with reflection and without.
fn worst_names() {
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    let protos = Path::new(&out).join("protos");
    let mut folders = vec!["worst_packages"];
    let write = |folder: &str, file: &str, text: String| {
        let folder = protos.join(folder);
        fs::create_dir_all(&folder).expect("the output folder is writable");
        fs::write(folder.join(file), text).expect("the output folder is writable");
    };
    for word in worst_names::packages() {
        write("worst_packages", &format!("{word}.proto"), worst_names::package(word));
    }
    for (syntax, folder) in [("proto2", "worst_proto2"), ("proto3", "worst_proto3")] {
        write(folder, "worst.proto", worst_names::file(syntax));
        folders.push(folder);
    }
    for folder in folders {
        Config::new().input(protos.join(folder)).out_file(folder).compile();
    }
    Config::new().input(protos.join("worst_proto3")).out_file("worst_proto3_lite").lite(true).compile();
}
