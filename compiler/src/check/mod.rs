//! Checks: what can be read, but is not allowed.
use crate::fault::Report;
use crate::schema::{Element, FileId, Schema};
pub(crate) fn imports(_: &Schema, _: FileId, _: &mut Report) {}
pub(crate) fn names_and_numbers(_: &Schema, _: FileId, _: &mut Report) {}
pub(crate) fn meaning(_: &Schema, _: FileId, _: &[Element], _: &mut Report) {}
pub(crate) fn unused_imports(_: &Schema, _: &[FileId], _: &mut Report) {}
