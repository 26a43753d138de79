//! Checks of what protobuf allows and the protobuf crate does not.

use crate::fault::{Error, Fault};
use crate::source::{Source, Sources};

/// Checks all sources and tells all faults at once.
pub(crate) fn check(sources: &Sources) -> Result<(), Error> {
    let mut faults = Vec::new();
    for source in &sources.files {
        descriptors_of_editions(source, sources, &mut faults);
    }
    Error::check(faults)
}

/// The protobuf crate is older than editions, and lacks their types in `descriptor.proto`.
fn descriptors_of_editions(source: &Source, sources: &Sources, faults: &mut Vec<Fault>) {
    for definition in &source.outline.definitions {
        for name in definition.types.iter().filter(|name| sources.modern.contains(*name)) {
            let what = format!("the protobuf crate has no type `{}`", &name[1..]);
            faults.push(source.fault(definition.place, what));
        }
    }
}
