use std::fmt;
use std::io::{self, Write};

use crate::escaped::escaped;
use crate::failure::Failure;

/// Writes a line to the standard output, with its control characters escaped:
/// peers have a say in most lines.
///
/// Unlike `println!` it does not panic when the reader has gone.
pub(crate) fn say(line: impl fmt::Display) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", escaped(&line.to_string())).map_err(Failure::Output)
}

/// Writes a hint to the standard error, where it is in the way of no program.
pub(crate) fn hint(line: &str) {
    // Without a standard error there is nobody to help.
    let _ = writeln!(io::stderr(), "{line}");
}
