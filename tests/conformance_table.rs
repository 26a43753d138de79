//! Every rule of the protocol has a test that names it, and the table says so.
//!
//! A test names its rules at the beginning of its documentation: `/// S2, S4: …`.
//! `UPDATE_CONFORMANCE=1 cargo test --test conformance_table` writes the table anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[test]
fn every_rule_has_its_test_and_the_table_tells_which() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeMap::new();
    for folder in ["src", "tests", "cli/tests"] {
        collect(&root.join(folder), root, &mut tests);
    }
    let rows = fs::read_to_string(root.join("tests/conformance/rows.txt")).unwrap();
    for (letter, numbers) in FULFILLED {
        for id in numbers.map(|number| format!("{letter}{number} ")) {
            assert!(rows.lines().any(|row| row.starts_with(&id)), "the rule {id}is missing, or not fulfilled");
        }
    }
    let table = table(&rows, &tests);
    let path = root.join("docs/conformance.md");
    if env::var_os("UPDATE_CONFORMANCE").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let told = fs::read_to_string(&path).unwrap();
    assert!(told == table, "{path:?} is out of date: UPDATE_CONFORMANCE=1 cargo test --test conformance_table");
}

/// The rules that hold and must not get lost.
const FULFILLED: [(char, std::ops::RangeInclusive<u32>); 7] =
    [('S', 1..=24), ('M', 1..=17), ('R', 1..=12), ('C', 1..=21), ('K', 8..=21), ('K', 77..=80), ('I', 1..=8)];

/// The table of all rules; a rule without a test is a failure, and so is one
/// that is said to have none but has.
fn table(rows: &str, tests: &BTreeMap<String, Vec<String>>) -> String {
    let mut table = String::from(
        "# Conformance\n\nThe rules of gRPC over HTTP/2 and the tests that cover them; made from `tests/conformance/rows.txt` \
         and the tests.\n",
    );
    let mut known = Vec::new();
    for row in rows.lines().filter(|row| !row.is_empty() && !row.starts_with("# ")) {
        if let Some(title) = row.strip_prefix("## ") {
            let _ = write!(table, "\n## {title}\n\n| id | rule | tests |\n|---|---|---|\n");
            continue;
        }
        let (id, rule) = row.trim_start_matches('!').split_once(' ').expect("an id and a rule");
        assert!(!known.contains(&id), "{id} is the id of two rows");
        known.push(id);
        let found = tests.get(id);
        assert_eq!(found.is_none(), row.starts_with('!'), "{id} ({rule}): has it a test that names it?");
        let names = found.map_or("not yet".to_owned(), |names| names.join("<br>"));
        let _ = writeln!(table, "| {id} | {rule} | {names} |");
    }
    for id in tests.keys() {
        assert!(known.contains(&id.as_str()), "{id}, which {:?} names, is no row of rows.txt", tests[id]);
    }
    table
}

/// Finds the tests below a folder that name rules.
fn collect(folder: &Path, root: &Path, tests: &mut BTreeMap<String, Vec<String>>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, root, tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            read(&file, &fs::read_to_string(&path).unwrap(), tests);
        }
    }
}

/// Notes the rules that stand before the functions of one file.
fn read(file: &str, text: &str, tests: &mut BTreeMap<String, Vec<String>>) {
    let mut named = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        if let Some(comment) = line.strip_prefix("/// ") {
            let ids = comment.split_once(':').map(|(ids, _)| ids.split(", ").collect::<Vec<_>>());
            named.extend(ids.into_iter().filter(|ids| ids.iter().all(|id| is_id(id))).flatten());
        } else if line.starts_with("#[ignore") {
            panic!("{file}: a test that is ignored covers nothing");
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function(line) {
            for id in named.drain(..).filter(|_| is_test) {
                tests.entry(id.to_owned()).or_default().push(format!("`{name}` ({file})"));
            }
            is_test = false;
        } else if !line.starts_with('#') {
            named.clear();
        }
    }
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(['(', '<']).next()
}

fn is_id(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(['S', 'M', 'R', 'C', 'K', 'W', 'I'])
        && text[1..].bytes().all(|byte| byte.is_ascii_digit())
}
