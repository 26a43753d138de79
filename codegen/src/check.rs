//! Checks of what protobuf allows and Rust, or the protobuf crate, does not.

use crate::clashes;
use crate::fault::{Error, Fault};
use crate::outline::Kind;
use crate::source::{Source, Sources};

/// Checks all sources and tells all faults at once.
pub(crate) fn check(sources: &Sources, blocking: bool) -> Result<(), Error> {
    let mut faults = clashes::find(sources, blocking);
    for source in &sources.files {
        names_of_rust(source, &mut faults);
        descriptors_of_editions(source, sources, &mut faults);
    }
    Error::check(faults)
}

/// Names that no type in Rust can have and that are not changed on the way there.
fn names_of_rust(source: &Source, faults: &mut Vec<Fault>) {
    let definitions = source.outline.definitions.iter();
    for definition in definitions.filter(|definition| matches!(definition.kind, Kind::Enum | Kind::Service)) {
        let name = definition.name.as_str();
        if name == "_" || (name == "Self" && definition.kind == Kind::Enum) {
            let what = format!("`{name}` cannot be the name of a type in Rust; choose another name");
            faults.push(source.fault(definition.place, what));
        }
    }
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
