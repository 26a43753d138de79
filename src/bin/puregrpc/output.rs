use std::fmt;
use std::io::{self, Write};

use crate::failure::Failure;

/// Writes a line to the standard output.
///
/// Unlike `println!` it does not panic when the reader has gone.
pub(crate) fn say(line: impl fmt::Display) -> Result<(), Failure> {
    writeln!(io::stdout(), "{line}").map_err(Failure::Output)
}
