//! Single constructs, each held against what protoc makes of it.
//!
//! The files in `constructs` have cases of the form
//!
//! ```text
//! == name | proto3
//! message M { … }
//! -- other.proto
//! syntax = "proto3";
//! ```
//!
//! The first file is `t.proto`; the syntax or edition behind the bar is put before it. The file
//! `.expected` beside it has a line for each case: `refused` with the reason, `aborted` if protoc
//! crashed, or the descriptor that protoc writes
//! with source information. `compare/constructs.py` writes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use puregrpc_proto::Compiler;

#[test]
fn lexical() {
    compare("lexical");
}

#[test]
fn messages() {
    compare("messages");
}

#[test]
fn enums() {
    compare("enums");
}

#[test]
fn services() {
    compare("services");
}

#[test]
fn imports() {
    compare("imports");
}

#[test]
fn options() {
    compare("options");
}

#[test]
fn editions() {
    compare("editions");
}

#[test]
fn comments() {
    compare("comments");
}

fn compare(group: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/constructs");
    let text = fs::read_to_string(folder.join(format!("{group}.txt"))).unwrap();
    let expected = fs::read_to_string(folder.join(format!("{group}.expected"))).unwrap();
    let expected: BTreeMap<&str, &str> = expected.lines().map(|line| line.split_once(": ").unwrap()).collect();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, files) in cases(&text) {
        count += 1;
        let expected = expected.get(name.as_str()).unwrap_or_else(|| panic!("{name}: protoc was not asked"));
        // What makes protoc abort is judged by nobody; it must only not do the same here.
        match (Compiler::new(&files).source_info(true).compile(["t.proto"]), *expected) {
            (_, "aborted") => {}
            (Err(_), refused) if refused.starts_with("refused") => {}
            (Err(faults), _) => wrong.push(format!("{name}: protoc takes it\n{faults}")),
            (Ok(_), refused) if refused.starts_with("refused") => wrong.push(format!("{name}: {refused}")),
            (Ok(compiled), descriptor) => {
                let ours = base64(&compiled.descriptor_set(|file| file.is_asked_for()));
                if ours != descriptor {
                    wrong.push(format!("{name}: descriptors differ\n  ours   {ours}\n  protoc {descriptor}"));
                }
            }
        }
    }
    assert!(count > 10, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn cases(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let case = |part: &str| {
        let (head, body) = part.split_once('\n').unwrap();
        let (name, syntax) = head.rsplit_once('|').unwrap();
        let start = match syntax.trim() {
            "" => String::new(),
            version @ ("proto2" | "proto3") => format!("syntax = \"{version}\"; "),
            edition => format!("edition = \"{edition}\"; "),
        };
        let mut files = body.split("\n-- ");
        // The line break before a file belongs to the one before it.
        let whole =
            |text: &str| if text.is_empty() || text.ends_with('\n') { text.to_string() } else { format!("{text}\n") };
        let mut all = BTreeMap::from([("t.proto".to_string(), start + &whole(files.next().unwrap()))]);
        all.extend(
            files.map(|file| file.split_once('\n').unwrap()).map(|(path, text)| (path.to_string(), whole(text))),
        );
        (name.trim().to_string(), all)
    };
    format!("\n{text}").split("\n== ").skip(1).map(|part| case(&format!("{part}\n"))).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = group.iter().fold(0u32, |number, &byte| number << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let known = digit <= group.len();
            text.push(if known { DIGITS[(number >> (18 - 6 * digit) & 63) as usize] as char } else { '=' });
        }
    }
    text
}
