//! Definitions of every kind under the names that are hardest on a generator.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Words that mean something in Rust, in its library, or in generated code.
const WORDS: &[&str] = &[
    // Keywords of all editions, and words that are kept for later ones.
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    // Words with a meaning in some places.
    "auto",
    "default",
    "dead_code",
    "macro_rules",
    "r",
    "raw",
    "safe",
    "union",
    "_",
    "__",
    "_1",
    "a1",
    // Types and traits that are always there, and crates.
    "bool",
    "char",
    "f32",
    "f64",
    "i8",
    "i32",
    "i64",
    "isize",
    "str",
    "u8",
    "u32",
    "u64",
    "usize",
    "option",
    "some",
    "none",
    "result",
    "ok",
    "err",
    "vec",
    "string",
    "to_string",
    "drop",
    "clone",
    "copy",
    "send",
    "sync",
    "sized",
    "fmt",
    "eq",
    "ne",
    "into",
    "from",
    "iterator",
    "future",
    "debug",
    "core",
    "alloc",
    "std",
    "bytes",
    "protobuf",
    "puregrpc",
    // What generated code has names for.
    "new",
    "clear",
    "compute_size",
    "cached_size",
    "is_initialized",
    "merge_from",
    "parse_from_bytes",
    "write_to_bytes",
    "write_to_with_cached_sizes",
    "special_fields",
    "mut_special_fields",
    "unknown_fields",
    "default_instance",
    "descriptor",
    "descriptor_dyn",
    "enum_descriptor",
    "generated_message_descriptor_data",
    "generated_enum_descriptor_data",
    "generated_oneof_descriptor_data",
    "file_descriptor",
    "file_descriptor_proto",
    "file_descriptor_proto_data",
    "exts",
    "shape",
    "value",
    "values",
    "name",
    "instance",
    "from_i32",
    "from_str",
    "my_size",
    "os",
    "is",
    "tag",
    "v",
    "k",
    "key",
    "len",
    "old_limit",
    "entry_size",
    "m",
    "message",
    "service",
    "call",
    "method",
    "request",
    "replies",
    "requests",
    "driver",
    "handler",
    "inbound",
    "channel",
    "path",
    "t",
    "u",
    "fields",
    "oneofs",
    "messages",
    "enums",
    "deps",
    "__files",
    "__root",
    "has_vote",
    "vote",
    "clear_vote",
    "set_vote",
    "mut_vote",
    "take_vote",
];

/// The text of a .proto file in the given syntax, whose package is named after the syntax.
pub(crate) fn file(syntax: &str) -> String {
    let label = if syntax == "proto2" { "optional " } else { "" };
    let mut text = format!("syntax = \"{syntax}\";\npackage worst_{syntax};\n");
    let names = names();
    fields(&mut text, &names, label);
    values(&mut text, &names);
    if syntax == "proto2" {
        extensions(&mut text, &names);
    } else {
        // These are no other in proto2, and large.
        choices(&mut text, &names);
        types(&mut text, &format!("{label}.worst_{syntax}"));
        methods(&mut text);
    }
    text
}

/// The text of a file whose package is called by a word, in the package `worst_packages`.
pub(crate) fn package(word: &str) -> String {
    let mut text = format!("syntax = \"proto3\";\npackage worst_packages.{word};\n");
    let _ = writeln!(text, "message Inner {{ string {word} = 1; }}");
    let mut names = vec![word.to_owned(), capitalized(word)];
    names.dedup();
    for name in names {
        let _ = writeln!(text, "message {name}Client {{}}");
        let _ = writeln!(text, "service {name} {{ rpc {word}({name}Client) returns (stream Inner); }}");
    }
    text
}

/// The words that packages are called by.
pub(crate) fn packages() -> impl Iterator<Item = &'static str> {
    let types = WORDS.iter().copied().skip_while(|word| *word != "bool").take(13);
    let others =
        ["crate", "exts", "fn", "gen", "self", "self_", "super", "bool_", "type_", "__files", "__files_", "__root"];
    types.chain(others)
}

/// Each word as it is, and keywords also with a capital and with a `_` behind them.
fn names() -> Vec<String> {
    let capitals = WORDS.iter().take(72).map(|word| capitalized(word));
    let mut names: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).chain(capitals).collect();
    names.extend(WORDS.iter().take(55).map(|word| format!("{word}_")));
    names.sort();
    names.dedup();
    names
}

fn capitalized(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// Fields of all names, in messages that are small enough to be compared.
fn fields(text: &mut String, names: &[String], label: &str) {
    for (part, names) in names.chunks(100).enumerate() {
        let _ = writeln!(text, "message Fields{part} {{");
        text.push_str("  option deprecated_legacy_json_field_conflicts = true;\n");
        for (number, name) in (1..).zip(names) {
            let kind = ["int32", "string", "bytes", "bool"][number % 4];
            let _ = writeln!(text, "  {label}{kind} {name} = {number};");
        }
        text.push_str("}\n");
    }
}

/// Fields of all names within a oneof, and oneofs of all names.
fn choices(text: &mut String, names: &[String]) {
    for (part, names) in names.chunks(100).enumerate() {
        let _ = writeln!(text, "message Choices{part} {{");
        text.push_str("  option deprecated_legacy_json_field_conflicts = true;\n  oneof choice {\n");
        for (number, name) in (1..).zip(names) {
            let kind = ["int32", "string", "bytes", "Fields0", "AllValued.AllValues"][number % 5];
            let _ = writeln!(text, "    {kind} {name} = {number};");
        }
        text.push_str("  }\n}\n");
    }
    for (part, names) in WORDS.chunks(100).enumerate() {
        let _ = writeln!(text, "message Oneofs{part} {{");
        for (number, name) in (1..).zip(names) {
            let _ = writeln!(text, "  oneof {name} {{ int32 of_{number} = {number}; }}");
        }
        text.push_str("}\n");
    }
}

/// Values of enums, which must differ in more than case and `_`.
fn values(text: &mut String, names: &[String]) {
    text.push_str("message AllValued { enum AllValues {\n  NOTHING = 0;\n");
    let mut seen = BTreeSet::new();
    let differs = |name: &&String| seen.insert(name.replace('_', "").to_lowercase());
    // What begins with this word sets an option.
    let names = names.iter().rev().filter(|name| *name != "option").filter(differs);
    for (number, name) in (1..).zip(names) {
        let _ = writeln!(text, "  {name} = {number};");
    }
    text.push_str("} }\n");
}

/// Messages and enums of all names, each with types of its own.
fn types(text: &mut String, start: &str) {
    text.push_str("message AllTypes {\n");
    for name in WORDS {
        let _ = writeln!(text, "  message {name} {{ enum inner {{ {name}_NONE = 0; }} }}");
    }
    for (number, name) in (1..).zip(WORDS) {
        let _ = writeln!(text, "  {start}.AllTypes.{name} of_{number} = {number};");
    }
    text.push_str("}\nmessage AllEnums {\n");
    for name in WORDS {
        let _ = writeln!(text, "  enum {name} {{ NONE_{name} = 0; MORE_{name} = 1; }}");
    }
    for (number, name) in (1..).zip(WORDS) {
        let _ = writeln!(text, "  {start}.AllEnums.{name} of_{number} = {number};");
    }
    text.push_str("}\n");
}

fn methods(text: &mut String) {
    text.push_str("service Methods {\n");
    for name in WORDS {
        let _ = writeln!(text, "  rpc {name}(Fields0) returns (Fields0);");
    }
    text.push_str("}\n");
}

fn extensions(text: &mut String, names: &[String]) {
    text.push_str("message Extended { extensions 1 to max; }\nextend Extended {\n");
    for (number, name) in (1001..).zip(names) {
        let _ = writeln!(text, "  optional AllValued {name} = {number};");
    }
    text.push_str("}\n");
}
