//! Every attack that docs/attacks.md lists has a test, and every test of an attack is listed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_attack_has_its_test_and_every_test_its_attack() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = listed(&fs::read_to_string(root.join("docs/attacks.md")).unwrap());
    let mut tests = BTreeSet::new();
    for folder in ["cli/tests/attacks", "tests/client_attacks"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            tests.extend(tests_of(&fs::read_to_string(entry.unwrap().path()).unwrap()));
        }
    }
    assert_eq!(listed.difference(&tests).collect::<Vec<_>>(), [""; 0], "are in docs/attacks.md, but are no tests");
    assert_eq!(tests.difference(&listed).collect::<Vec<_>>(), [""; 0], "are tests, but not in docs/attacks.md");
}

/// The tests in the last column of all tables.
fn listed(text: &str) -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attack |")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names: Vec<&str> = cells[cells.len() - 1].split("<br>").filter_map(in_backticks).collect();
        assert!(cells.len() == 5 && !names.is_empty(), "five cells, with a test in the last: {row}");
        listed.extend(names.into_iter().map(str::to_owned));
    }
    listed
}

fn in_backticks(text: &str) -> Option<&str> {
    text.trim().strip_prefix('`')?.strip_suffix('`')
}

/// The names of the tests in a source file.
fn tests_of(text: &str) -> Vec<String> {
    let mut is_test = false;
    let mut names = Vec::new();
    for line in text.lines() {
        if line.starts_with("#[tokio::test") || line.starts_with("#[test]") {
            is_test = true;
        } else if let Some((_, name)) = line.split_once("fn ").filter(|_| is_test) {
            names.extend(name.split('(').next().map(str::to_owned));
            is_test = false;
        }
    }
    names
}
