//! Descriptors as constants of the output.

use std::collections::BTreeSet;

use protobuf::Message;
use protobuf::descriptor::{DescriptorProto, FileDescriptorProto};

/// The descriptor of one file, encoded for the protobuf crate.
pub(crate) fn embedded(file: &FileDescriptorProto) -> Vec<u8> {
    let mut file = file.clone();
    file.message_type.iter_mut().for_each(tell_apart);
    // The only thing that encoding into memory can miss is a required field; descriptors have none.
    file.write_to_bytes().unwrap_or_default()
}

/// Gives up names in JSON that are also the name, or the name in JSON, of another field: the protobuf
/// crate looks both up in one table, and panics over a file of which it cannot make that table.
fn tell_apart(message: &mut DescriptorProto) {
    let mut names: BTreeSet<_> = message.field.iter().map(|field| field.name().to_owned()).collect();
    for field in &mut message.field {
        if field.json_name() != field.name() && !names.insert(field.json_name().to_owned()) {
            field.json_name = field.name.clone();
        }
    }
    message.nested_type.iter_mut().for_each(tell_apart);
}

/// A byte string in Rust, broken into lines that are indented by `indent`.
pub(crate) fn literal(bytes: &[u8], indent: &str) -> String {
    const WIDTH: usize = 90;
    let mut literal = String::from("b\"");
    let mut width = WIDTH;
    for &byte in bytes {
        // A space could begin a line, where it would be taken for its indentation.
        let text = if byte == b' ' { "\\x20".to_owned() } else { byte.escape_ascii().to_string() };
        if width + text.len() > WIDTH {
            literal.push_str("\\\n");
            literal.push_str(indent);
            width = 0;
        }
        width += text.len();
        literal.push_str(&text);
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_escaped_where_it_must_be() {
        assert_eq!(literal(b"a \"\\\n\x00\xff", ""), "b\"\\\na\\x20\\\"\\\\\\n\\x00\\xff\"");
    }

    #[test]
    fn lines_break_between_bytes() {
        let text = literal(&[b' '; 100], "    ");
        assert!(text.lines().all(|line| line.len() <= 4 + 90 + 2));
        assert_eq!(text.matches("\\x20").count(), 100);
    }

    #[test]
    fn nothing_is_an_empty_literal() {
        assert_eq!(literal(b"", ""), "b\"\"");
    }
}
