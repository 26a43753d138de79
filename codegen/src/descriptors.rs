//! Descriptors as constants of the output.

use protobuf::Message;
use protobuf::descriptor::FileDescriptorProto;

/// The encoded descriptor of one file.
pub(crate) fn encoded_file(file: &FileDescriptorProto) -> Vec<u8> {
    // The only thing that encoding into memory can miss is a required field; descriptors have none.
    file.write_to_bytes().unwrap_or_default()
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
