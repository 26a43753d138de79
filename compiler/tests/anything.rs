//! Whatever the bytes of a file are, compiling it ends, and without a panic.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use puregrpc_proto::Compiler;

/// Numbers by chance that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// How often each text is changed; `PUREGRPC_PROTO_MUTATIONS` says it for longer runs.
fn rounds() -> usize {
    std::env::var("PUREGRPC_PROTO_MUTATIONS").ok().and_then(|number| number.parse().ok()).unwrap_or(1)
}

fn compile(text: Vec<u8>) {
    let files = BTreeMap::from([("t.proto".to_string(), text)]);
    match Compiler::new(&files).source_info(true).compile(["t.proto"]) {
        Ok(compiled) => {
            for file in compiled.files() {
                // A string that is no UTF-8 is an error there.
                let _ = file.to_proto();
                let _ = file.lowered();
            }
        }
        Err(faults) => assert!(!faults.to_string().is_empty()),
    }
}

fn texts(folder: &Path, ending: &str, into: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            texts(&path, ending, into);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            into.push(fs::read(path).unwrap());
        }
    }
}

fn constructs() -> Vec<Vec<u8>> {
    let mut texts_of_cases = Vec::new();
    let mut groups = Vec::new();
    texts(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/constructs"), "txt", &mut groups);
    for group in groups {
        for case in String::from_utf8(group).unwrap().split("\n== ") {
            let (head, body) = case.split_once('\n').unwrap_or(("|", ""));
            let syntax = head.rsplit('|').next().unwrap_or("").trim();
            let start = if syntax.starts_with("proto") {
                format!("syntax = \"{syntax}\";")
            } else {
                format!("edition = \"{syntax}\";")
            };
            texts_of_cases.push(format!("{start} {body}").into_bytes());
        }
    }
    texts_of_cases
}

#[test]
fn changed_files_do_no_harm() {
    let mut all = constructs();
    texts(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../proto"), "proto", &mut all);
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let words: [&[u8]; 24] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"(",
        b")",
        b"<",
        b">",
        b";",
        b"=",
        b",",
        b".",
        b"\"",
        b"'",
        b"/*",
        b"//",
        b"-",
        b"message M {",
        b"map<",
        b"option (",
        b"max",
        b"4294967296",
        b"\\u",
        b"\xFF",
    ];
    for text in &all {
        for _ in 0..rounds() {
            let mut text = text.clone();
            for _ in 0..=chance.below(3) {
                let at = chance.below(text.len() + 1);
                match chance.below(5) {
                    0 => text.truncate(at),
                    1 => drop(text.drain(at..(at + chance.below(20)).min(text.len()))),
                    2 if at < text.len() => text[at] = chance.below(256) as u8,
                    3 => drop(text.splice(at..at, text[at..(at + chance.below(40)).min(text.len())].to_vec())),
                    _ => drop(text.splice(at..at, words[chance.below(words.len())].iter().copied())),
                }
            }
            compile(text);
        }
    }
}

#[test]
fn any_bytes_do_no_harm() {
    let mut chance = Chance(42);
    for _ in 0..500 * rounds() {
        let length = chance.below(200);
        compile((0..length).map(|_| chance.below(256) as u8).collect());
    }
}

#[test]
fn a_file_can_be_cut_off_anywhere() {
    let texts = constructs();
    let alone = texts.iter().filter(|text| !text.windows(6).any(|word| word == b"import"));
    let longest = alone.max_by_key(|text| text.len()).unwrap();
    for end in 0..longest.len() {
        compile(longest[..end].to_vec());
    }
}
