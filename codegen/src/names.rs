//! Names in Rust for what has a name in a `.proto` file: the rules for one name by itself.

use protobuf_parse::{camel_case, snake_case};

/// The words that are keywords in some edition of Rust, or are kept for later ones, and those that
/// have always been avoided here.
const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "alignof", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "offsetof", "override", "priv", "proc", "pub", "pure", "ref", "return", "self",
    "sizeof", "static", "struct", "super", "trait", "true", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Keywords that become raw identifiers in messages.
const RAW_KEYWORDS: [&str; 2] = ["gen", "try"];

/// Types that the code writes without a path: a module of this name would hide them.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32", "u64", "u8",
    "usize",
];

/// A field, a value of an enum or an extension.
pub(crate) fn message_ident(name: &str) -> String {
    if KEYWORDS.contains(&name) {
        format!("{name}_")
    } else if RAW_KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// The type of a message, an enum or a oneof, as it is wanted.
pub(crate) fn type_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The variant of a field within a oneof, as it is wanted.
pub(crate) fn variant_name(field: &str) -> String {
    let name = camel_case(field);
    // What is left of `_` or `_1` is no name.
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("_{name}") }
}

/// The module of what is nested in a message, as it is wanted.
pub(crate) fn module_name(message: &str) -> String {
    snake_case(message)
}

/// The module of a message, by the name that is wanted.
pub(crate) fn module_ident(name: &str) -> String {
    if PRIMITIVES.contains(&name) { format!("{name}_") } else { message_ident(name) }
}

/// The function of a method, as it is wanted.
pub(crate) fn method_name(method: &str) -> String {
    let letters: Vec<char> = method.chars().collect();
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

/// A function of this name, or the module of one part of a package: neither is ever raw.
pub(crate) fn plain_ident(name: &str) -> String {
    let keyword = KEYWORDS.contains(&name) || RAW_KEYWORDS.contains(&name);
    if keyword { format!("{name}_") } else { name.to_owned() }
}

/// The module of one part of a package's name.
pub(crate) fn package_ident(part: &str) -> String {
    if PRIMITIVES.contains(&part) { format!("{part}_") } else { plain_ident(part) }
}

/// A module of the whole path, so that equal names in two folders do not meet. With its `f_` it is
/// never a keyword and never begins with a digit.
pub(crate) fn file_module(file: &str) -> String {
    let stem = file.strip_suffix(".proto").unwrap_or(file).replace('/', "__");
    let letters = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    format!("f_{}", letters.collect::<String>())
}

/// The module below the runtime crate that has the code of a file of the protobuf crate.
pub(crate) fn bundled_module(file: &str) -> String {
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
        for (method, name) in cases {
            assert_eq!(method_name(method), name);
        }
    }

    #[test]
    fn methods_avoid_keywords() {
        let cases = [("Self", "self_"), ("Type", "type_"), ("Gen", "gen_"), ("Try", "try_"), ("New", "new")];
        for (method, ident) in cases {
            assert_eq!(plain_ident(&method_name(method)), ident);
        }
    }

    #[test]
    fn messages_begin_with_a_capital_and_their_modules_do_not() {
        assert_eq!(type_name("foo"), "Foo");
        assert_eq!(message_ident(&type_name("self")), "Self_");
        assert_eq!(message_ident("type"), "type_");
        assert_eq!(message_ident("gen"), "r#gen");
        assert_eq!(module_name("RouteNote"), "route_note");
        assert_eq!(module_ident(&module_name("Type")), "type_");
        assert_eq!(module_ident(&module_name("Str")), "str_");
    }

    #[test]
    fn variants_are_names_whatever_the_field_is_called() {
        let cases = [("foo_bar", "FooBar"), ("_", "_"), ("_1", "_1"), ("__a", "A")];
        for (field, variant) in cases {
            assert_eq!(variant_name(field), variant);
        }
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
