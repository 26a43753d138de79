//! What is generated, as text: UPDATE_GOLDEN=1 rewrites the files that this compares with.

mod support;

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use puregrpc_build::Config;

#[test]
fn all_kinds_of_calls() {
    assert_services("all_kinds.rs", &config("all_kinds.proto"));
}

#[test]
fn all_kinds_of_calls_with_every_option() {
    let config = config("all_kinds.proto").blocking(true).default_methods(true).crate_path("crate");
    assert_services("all_kinds_options.rs", &config);
}

#[test]
fn types_of_all_origins() {
    assert_services("types.rs", &config("types.proto"));
}

#[test]
fn messages_with_their_comments() {
    let code = config("messages.proto").lite(true).generate().unwrap();
    support::assert_golden(Path::new("tests/golden/messages.rs"), &code);
    assert_formatted(&code);
}

#[test]
fn output_is_the_same_each_time() {
    let config = config("types.proto");
    assert_eq!(config.generate().unwrap(), config.generate().unwrap());
}

#[test]
fn ways_to_write_a_path_change_nothing() {
    let here = env::current_dir().unwrap();
    let plain = config("types.proto").generate().unwrap();
    let dotted = Config::new().input("./tests/../tests/golden/types.proto").include("tests/./golden");
    assert_eq!(dotted.generate().unwrap(), plain);
    let whole = Config::new().input(here.join("tests/golden/types.proto")).include("tests/golden");
    assert_eq!(whole.generate().unwrap(), plain);
}

fn config(file: &str) -> Config {
    Config::new().input(Path::new("tests/golden").join(file)).include("tests/golden")
}

/// Compares the code of the services, and has rustfmt look at all of it.
#[track_caller]
fn assert_services(golden: &str, config: &Config) {
    let code = config.generate().unwrap();
    let (_, files) = code.split_once("pub mod __files {").unwrap();
    let (_, services) = files.split_once("\n}\n").unwrap();
    support::assert_golden(&Path::new("tests/golden").join(golden), services.trim_start());
    assert_formatted(&code);
}

/// Fails where rustfmt, with its defaults, would change a text. Without rustfmt there is nothing to fear.
#[track_caller]
fn assert_formatted(code: &str) {
    let mut rustfmt = Command::new("rustfmt");
    // In another folder, for the settings of this workspace are not those of its users.
    rustfmt.args(["--edition", "2024", "--emit", "stdout"]).current_dir(env::temp_dir());
    let Ok(mut rustfmt) = rustfmt.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else { return };
    rustfmt.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    let output = rustfmt.wait_with_output().unwrap();
    let formatted = String::from_utf8(output.stdout).unwrap();
    for (ours, theirs) in code.lines().zip(formatted.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(code, formatted);
}
