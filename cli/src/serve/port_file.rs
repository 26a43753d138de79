use std::ffi::OsString;
use std::path::Path;
use std::{fs, io, process};

use super::address::Bound;
use crate::failure::Failure;

/// Writes the addresses to a file, one a line.
///
/// Whoever waits for the file sees it whole or not at all: it is written beside its place and
/// then renamed.
pub(super) fn write(file: &Path, bound: &[Bound]) -> Result<(), Failure> {
    let lines: String = bound.iter().map(|bound| format!("{bound}\n")).collect();
    replace(file, &lines)
        .map_err(|error| Failure::local(format_args!("cannot write the port file {}: {error}", file.display())))
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(file.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
    name.push(format!(".{}", process::id()));
    let unfinished = file.with_file_name(name);
    fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, file)).inspect_err(|_| {
        // It may never have come to be; the error that matters is the first.
        let _ = fs::remove_file(&unfinished);
    })
}
