//! Time and size: what is large takes time in proportion, and what is endless is refused.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use puregrpc_proto::{Compiler, Faults};

fn compile(files: &BTreeMap<String, String>, path: &str) -> Result<usize, Faults> {
    Compiler::new(files).compile([path]).map(|compiled| compiled.files().count())
}

fn one(text: String) -> BTreeMap<String, String> {
    BTreeMap::from([("t.proto".to_string(), text)])
}

/// The bound is far above what is needed, so that a busy machine does not fail the test; what is
/// quadratic takes minutes.
fn within_bound<T>(run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = run();
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    value
}

#[test]
fn twenty_thousand_messages() {
    let mut text = String::from("syntax = \"proto3\"; package a.b.c;");
    for index in 0..20_000 {
        writeln!(text, "message M{index} {{ M{} next = 1; string s = 2; }}", (index + 1) % 20_000).unwrap();
    }
    assert_eq!(within_bound(|| compile(&one(text), "t.proto")).unwrap(), 1);
}

#[test]
fn a_chain_of_1500_files() {
    for kind in ["", "public "] {
        let file = |index: usize| {
            let import = format!("import {kind}\"{}.proto\"; message M{index} {{ M{} a = 1; }}", index + 1, index + 1);
            let text = if index == 1_500 { format!("message M{index} {{}}") } else { import };
            (format!("{index}.proto"), format!("syntax = \"proto3\"; {text}"))
        };
        let files: BTreeMap<String, String> = (0..=1_500).map(file).collect();
        assert_eq!(within_bound(|| compile(&files, "0.proto")).unwrap(), 1_501);
    }
}

#[test]
fn many_of_everything() {
    let many = |head: &str, item: &dyn Fn(usize) -> String, tail: &str| {
        let items: String = (0..20_000).map(item).collect();
        one(format!("syntax = \"proto2\"; {head}{items}{tail}"))
    };
    let cases = [
        many("message M {", &|index| format!("optional int32 f{index} = {};", index + 20_000), "}"),
        many("message M { oneof o {", &|index| format!("int32 f{index} = {};", index + 20_000), "} }"),
        many("enum E {", &|index| format!("V{index} = {index};"), "}"),
        many("message M {", &|index| format!("reserved {}; extensions {};", index * 4 + 1, index * 4 + 3), "}"),
        many("message M {", &|index| format!("reserved \"n{index}\";"), "}"),
        many("message M {} service S {", &|index| format!("rpc R{index}(M) returns (M);"), "}"),
        many(
            "message M { extensions 1 to max; }",
            &|index| format!("extend M {{ optional M x{index} = {}; }}", index + 20_000),
            "",
        ),
        many(
            "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FileOptions { repeated int32 o = 50000; }",
            &|index| format!("option (o) = {index};"),
            "",
        ),
    ];
    for files in &cases {
        assert_eq!(
            within_bound(|| compile(files, "t.proto")).map_err(|faults| faults.to_string()[..200].to_string()),
            Ok(files_of(files))
        );
    }
}

fn files_of(files: &BTreeMap<String, String>) -> usize {
    if files["t.proto"].contains("import") { 2 } else { 1 }
}

#[test]
fn many_faults_are_reported_up_to_a_bound() {
    let mut text = String::from("syntax = \"proto3\"; message M {");
    for index in 0..20_000 {
        writeln!(text, "int32 f{index} = 1;").unwrap();
    }
    let faults = within_bound(|| compile(&one(text + "}"), "t.proto")).unwrap_err();
    assert_eq!(faults.iter().count(), 1_000);
}

#[test]
fn nesting_without_end_is_refused() {
    for (open, close) in [("message M {", "}"), ("optional group G = 1 {", "}"), ("option (a) = { b {", "} };")] {
        let text = format!("syntax = \"proto2\"; message M {{ {} {} }}", open.repeat(100_000), close.repeat(100_000));
        assert!(within_bound(|| compile(&one(text), "t.proto")).is_err());
    }
    let value = format!("option (v) = {{ {} {} }};", "v {".repeat(50_000), "}".repeat(50_000));
    let head = "syntax = \"proto2\"; import \"google/protobuf/descriptor.proto\"; message V { optional V v = 1; reserved \"r\"; }";
    let extend = "extend google.protobuf.FileOptions { optional V v = 50000; }";
    assert!(within_bound(|| compile(&one(format!("{head} {extend} {value}")), "t.proto")).is_err());
    for list in ["[", "[ { x: "] {
        let value = format!("option (v) = {{ r: {} }};", list.repeat(50_000));
        assert!(within_bound(|| compile(&one(format!("{head} {extend} {value}")), "t.proto")).is_err());
    }
}
