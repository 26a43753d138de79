//! Each folder of tests/faults holds inputs that are wrong and, in error.txt, what is said of them.

mod support;

use std::{env, fs, process};

use puregrpc_build::Config;

#[test]
fn faults_are_told_with_their_places() {
    let mut folders: Vec<_> = fs::read_dir("tests/faults").unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 14);
    for folder in folders {
        let error = Config::new().input(&folder).blocking(true).generate().unwrap_err();
        support::assert_golden(&folder.join("error.txt"), &format!("{error}\n"));
    }
}

#[test]
fn debug_of_an_error_reads_like_its_display() {
    let error = Config::new().input("tests/faults/syntax").generate().unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
}

/// What a build script prints: this test calls itself as one.
#[test]
fn faults_reach_cargo_and_nothing_else_does() {
    const SCRIPT: &str = "PUREGRPC_BUILD_TEST_SCRIPT";
    if env::var_os(SCRIPT).is_some() {
        return puregrpc_build::compile("tests/faults/syntax");
    }
    let mut script = process::Command::new(env::current_exe().unwrap());
    script.args(["--exact", "faults_reach_cargo_and_nothing_else_does", "--nocapture"]);
    let output = script.env(SCRIPT, "").env("OUT_DIR", env::temp_dir()).output().unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<_> = printed.lines().filter(|line| line.starts_with("cargo::")).collect();
    let fault = fs::read_to_string("tests/faults/syntax/error.txt").unwrap();
    let mut expected = vec!["cargo::rerun-if-changed=tests/faults/syntax".to_owned()];
    expected.extend(fault.lines().map(|line| format!("cargo::error={line}")));
    assert_eq!(printed, expected);
}

#[test]
fn relative_crate_path_is_a_fault() {
    let error = Config::new().input("tests/golden").crate_path("puregrpc").generate().unwrap_err();
    assert_eq!(error.to_string(), "`puregrpc` must begin with `::` or `crate`");
}

#[test]
fn nothing_to_compile_is_a_fault() {
    let error = Config::new().generate().unwrap_err();
    assert!(error.to_string().starts_with("no .proto files to compile"));
}

#[test]
fn missing_input_tells_where_it_was_looked_for() {
    let here = env::current_dir().unwrap();
    let error = Config::new().input("no/such.proto").generate().unwrap_err();
    let what = format!("no/such.proto: no such file or folder (seen from {})", here.display());
    assert_eq!(error.to_string(), what);
    let error = Config::new().input("tests/faults/syntax").include("no").generate().unwrap_err();
    assert_eq!(error.to_string(), format!("no: no such folder (seen from {})", here.display()));
}

#[test]
fn folder_without_inputs_is_a_fault() {
    let error = Config::new().input("src").generate().unwrap_err();
    assert_eq!(error.to_string(), "src: no .proto file in this folder");
}

#[test]
fn two_files_of_one_name_are_a_fault() {
    let error = Config::new().input("tests/faults/syntax").input("tests/faults/enum_values/a.proto");
    let error = error.input("tests/faults/group/a.proto").generate().unwrap_err();
    let what = "tests/faults/group/a.proto: tests/faults/enum_values/a.proto is imported as `a.proto` too; \
                name a folder above both with Config::include";
    assert_eq!(error.to_string(), what);
}
