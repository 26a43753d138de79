//! Checks what the parser lets pass and what would not compile as Rust.

use crate::fault::Error;
use crate::source::Sources;

/// Checks all sources.
pub(crate) fn check(sources: &Sources, _blocking: bool) -> Result<(), Error> {
    let _ = sources;
    Ok(())
}
