//! Names in Rust for what has a name in a `.proto` file.
//!
//! Messages, fields and enums are named by protobuf-codegen; what is said of them here repeats its
//! rules, which is why its version is pinned. Packages, services and methods are named here alone.

use std::collections::{BTreeMap, BTreeSet};

use protobuf::descriptor::{DescriptorProto, FileDescriptorProto};
use protobuf_parse::snake_case;

use crate::source::is_bundled;

/// The words to which protobuf-codegen adds a `_`.
const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "alignof", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "offsetof", "override", "priv", "proc", "pub", "pure", "ref", "return", "self",
    "sizeof", "static", "struct", "super", "trait", "true", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Keywords that protobuf-codegen does not know of: its output is given raw identifiers for them.
pub(crate) const RAW_KEYWORDS: [&str; 2] = ["gen", "try"];

/// An identifier as protobuf-codegen writes it.
pub(crate) fn message_ident(name: &str) -> String {
    if KEYWORDS.contains(&name) {
        format!("{name}_")
    } else if RAW_KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// The type of a message, an enum or a oneof, without the modules around it.
pub(crate) fn type_ident(name: &str) -> String {
    message_ident(&capitalized(name))
}

/// The module of what is nested in a message.
pub(crate) fn nested_module(message: &str) -> String {
    message_ident(&snake_case(message))
}

/// The trait of a service, and what the names of its server and clients begin with.
pub(crate) fn service_name(service: &str) -> String {
    let name = capitalized(service);
    // No raw identifier may have this name.
    if name == "Self" { format!("{name}_") } else { name }
}

/// The function of a method. Names that a client or `Clone` has already get a `_`, as keywords do.
pub(crate) fn method_ident(method: &str) -> String {
    let name = snake(method);
    let taken = ["new", "clone"].contains(&name.as_str());
    if taken { format!("{name}_") } else { package_ident(&name) }
}

/// The module of one part of a package's name.
pub(crate) fn package_ident(part: &str) -> String {
    let keyword = KEYWORDS.contains(&part) || RAW_KEYWORDS.contains(&part);
    if keyword { format!("{part}_") } else { part.to_owned() }
}

/// `GetURLForID` -> `get_url_for_id`.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let starts_word = before.is_some_and(|before| {
            let next_is_lower = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
            before != '_' && (!before.is_ascii_uppercase() || next_is_lower)
        });
        if letter.is_ascii_uppercase() && starts_word {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Where the code of every file and message is.
#[derive(Debug, Default)]
pub(crate) struct Names {
    modules: BTreeMap<String, String>,
    messages: BTreeMap<String, Message>,
}

/// Where the type of a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) home: Home,
    /// The path of the type from there.
    pub(crate) path: String,
}

/// The module that the code of a file is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// A module below the runtime crate, as in `protobuf::well_known_types::empty`.
    Runtime(String),
    /// A module of the output.
    File(String),
}

impl Names {
    pub(crate) fn of(files: &[FileDescriptorProto]) -> Self {
        let mut names = Self::default();
        let mut used = BTreeSet::new();
        for file in files {
            let home = if is_bundled(file.name()) {
                Home::Runtime(bundled_module(file.name()))
            } else {
                let mut module = file_module(file.name());
                // Only names that differ in a character no module can have meet here.
                while !used.insert(module.clone()) {
                    module.push('_');
                }
                names.modules.insert(file.name().to_owned(), module.clone());
                Home::File(module)
            };
            for message in &file.message_type {
                names.add(&home, "", &format!(".{}", file.package()), message);
            }
        }
        names
    }

    fn add(&mut self, home: &Home, modules: &str, scope: &str, message: &DescriptorProto) {
        let full = format!("{}.{}", scope.trim_end_matches('.'), message.name());
        let path = format!("{modules}{}", type_ident(message.name()));
        let inner = format!("{modules}{}::", nested_module(message.name()));
        for nested in &message.nested_type {
            self.add(home, &inner, &full, nested);
        }
        self.messages.insert(full, Message { home: home.clone(), path });
    }

    /// The module of a file of the output.
    pub(crate) fn module(&self, file: &str) -> Option<&str> {
        self.modules.get(file).map(String::as_str)
    }

    /// The type of a message, by its full name with a dot before it.
    pub(crate) fn message(&self, name: &str) -> Option<&Message> {
        self.messages.get(name)
    }
}

/// A module of the whole path, so that equal names in two folders do not meet. With its `f_` it is
/// never a keyword and never begins with a digit.
fn file_module(file: &str) -> String {
    let stem = file.strip_suffix(".proto").unwrap_or(file).replace('/', "__");
    let letters = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    format!("f_{}", letters.collect::<String>())
}

fn bundled_module(file: &str) -> String {
    let stem = file.trim_start_matches("google/protobuf/").trim_end_matches(".proto");
    match stem {
        "descriptor" | "rustproto" => format!("protobuf::{stem}"),
        _ => format!("protobuf::well_known_types::{}", message_ident(stem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_become_snake_case() {
        let cases = [
            ("SayHello", "say_hello"),
            ("GetURLForID", "get_url_for_id"),
            ("GetUrl", "get_url"),
            ("get_feature", "get_feature"),
            ("Get_Feature", "get_feature"),
            ("V2Get", "v2_get"),
            ("A", "a"),
        ];
        for (method, ident) in cases {
            assert_eq!(method_ident(method), ident);
        }
    }

    #[test]
    fn methods_avoid_keywords_and_names_in_use() {
        let cases = [
            ("New", "new_"),
            ("Clone", "clone_"),
            ("Self", "self_"),
            ("Type", "type_"),
            ("Gen", "gen_"),
            ("Try", "try_"),
        ];
        for (method, ident) in cases {
            assert_eq!(method_ident(method), ident);
        }
    }

    #[test]
    fn messages_are_named_as_protobuf_codegen_names_them() {
        assert_eq!(type_ident("foo"), "Foo");
        assert_eq!(type_ident("self"), "Self_");
        assert_eq!(message_ident("type"), "type_");
        assert_eq!(message_ident("gen"), "r#gen");
        assert_eq!(nested_module("RouteNote"), "route_note");
        assert_eq!(nested_module("Type"), "type_");
    }

    #[test]
    fn modules_of_files_hold_the_whole_path() {
        assert_eq!(file_module("a/common.proto"), "f_a__common");
        assert_eq!(file_module("type.proto"), "f_type");
        assert_eq!(file_module("2-b.proto"), "f_2_b");
    }

    #[test]
    fn well_known_types_are_in_the_runtime() {
        assert_eq!(bundled_module("google/protobuf/empty.proto"), "protobuf::well_known_types::empty");
        assert_eq!(bundled_module("google/protobuf/struct.proto"), "protobuf::well_known_types::struct_");
        assert_eq!(bundled_module("google/protobuf/descriptor.proto"), "protobuf::descriptor");
    }
}
