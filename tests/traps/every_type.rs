//! Messages with every type of field under every label, and maps of every pair of key and value.

use std::fmt::Write as _;

/// The text of a .proto file in the given syntax, whose package is named after the syntax.
pub(crate) fn file(syntax: &str) -> String {
    let (part_label, labels) =
        if syntax == "proto2" { ("optional ", ["optional", "required"]) } else { ("", ["", "optional"]) };
    let mut text = format!("syntax = \"{syntax}\";\npackage every_{syntax};\n");
    text.push_str("enum Kind { NONE = 0; SOME = 1; }\n");
    let _ = writeln!(text, "message Part {{ {part_label}int32 number = 1; }}");
    for label in labels {
        let name = if label.is_empty() { "implicit" } else { label };
        message(&mut text, &format!("one_{name}"), label, "");
    }
    message(&mut text, "many_default", "repeated", "");
    message(&mut text, "many_packed", "repeated", " [packed = true]");
    message(&mut text, "many_unpacked", "repeated", " [packed = false]");
    choice(&mut text);
    for key in KEYS {
        maps(&mut text, key);
    }
    text
}

fn message(text: &mut String, name: &str, label: &str, options: &str) {
    let _ = writeln!(text, "message {} {{", camel(name));
    for (number, kind) in (1..).zip(types()) {
        let options = if LENGTH_DELIMITED.contains(&kind) { "" } else { options };
        let _ = writeln!(text, "  {label} {kind} f{number} = {number}{options};");
    }
    text.push_str("}\n");
}

fn choice(text: &mut String) {
    text.push_str("message Choice {\n  oneof choice {\n");
    for (number, kind) in (1..).zip(types()) {
        let _ = writeln!(text, "    {kind} f{number} = {number};");
    }
    text.push_str("  }\n}\n");
}

fn maps(text: &mut String, key: &str) {
    let _ = writeln!(text, "message {}Maps {{", camel(key));
    for (number, value) in (1..).zip(types()) {
        let _ = writeln!(text, "  map<{key}, {value}> {}_map = {number};", value.to_lowercase());
    }
    text.push_str("}\n");
}

fn types() -> impl Iterator<Item = &'static str> {
    KEYS.iter().copied().chain(["double", "float", "Kind"]).chain(LENGTH_DELIMITED.into_iter().skip(1))
}

fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(capital).collect()
}

const KEYS: [&str; 12] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool",
    "string",
];

/// Types that cannot be packed.
const LENGTH_DELIMITED: [&str; 3] = ["string", "bytes", "Part"];
