//! Texts that tests compare with.

use std::path::Path;
use std::{env, fs};

/// Compares a text with a file; `UPDATE_GOLDEN=1` writes the file instead.
#[track_caller]
pub(crate) fn assert_golden(path: &Path, text: &str) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, text).unwrap();
        return;
    }
    let golden = fs::read_to_string(path).unwrap_or_default();
    let first = golden.lines().zip(text.lines()).position(|(golden, text)| golden != text);
    let line = first.unwrap_or_else(|| golden.lines().count().min(text.lines().count()));
    assert!(
        golden == text,
        "{} differs from line {}\n  has  {:?}\n  gets {:?}\n(UPDATE_GOLDEN=1 rewrites it)",
        path.display(),
        line + 1,
        golden.lines().nth(line),
        text.lines().nth(line),
    );
}
