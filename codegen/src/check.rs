//! Checks of what the parser lets pass although protobuf or Rust does not.

use std::collections::BTreeMap;

use crate::clashes;
use crate::fault::{Error, Fault};
use crate::outline::{Definition, Kind};
use crate::source::{Source, Sources};

/// Checks all sources and tells all faults at once.
pub(crate) fn check(sources: &Sources, blocking: bool) -> Result<(), Error> {
    let mut faults = clashes::find(sources, blocking);
    for source in &sources.files {
        groups(source, &mut faults);
        field_numbers(source, &mut faults);
        enum_values(source, &mut faults);
        names_of_rust(source, &mut faults);
    }
    Error::check(faults)
}

/// Groups are refused, for protobuf-codegen would leave them out of the message without a word.
fn groups(source: &Source, faults: &mut Vec<Fault>) {
    for group in of_kind(source, &[Kind::Group]) {
        let what = format!("group `{}` is not supported; use a field with a message", group.name);
        faults.push(source.fault(group.place, what));
    }
}

fn field_numbers(source: &Source, faults: &mut Vec<Fault>) {
    const LAST: i64 = 536_870_911;
    let mut taken: BTreeMap<(&str, i64), &str> = BTreeMap::new();
    for field in of_kind(source, &[Kind::Field, Kind::Extension]) {
        let Some((number, place)) = number(field) else { continue };
        let name = &field.name;
        let what = match number {
            ..=0 => format!("field `{name}` has the number {number}; numbers begin at 1"),
            19_000..=19_999 => {
                format!("field `{name}` has the number {number}; 19000 to 19999 belong to protobuf itself")
            }
            _ if number > LAST => format!("field `{name}` has the number {number}; numbers end at {LAST}"),
            _ if field.kind == Kind::Extension => continue,
            _ => match taken.insert((&field.scope, number), name) {
                Some(other) => format!("fields `{other}` and `{name}` have the same number"),
                None => continue,
            },
        };
        faults.push(source.fault(place, what));
    }
}

fn enum_values(source: &Source, faults: &mut Vec<Fault>) {
    for definition in of_kind(source, &[Kind::Enum]) {
        let path = definition.path();
        let mut taken: BTreeMap<i64, &str> = BTreeMap::new();
        let values = of_kind(source, &[Kind::Value]).filter(|value| value.scope == path);
        for (index, value) in values.enumerate() {
            let Some((number, place)) = number(value) else { continue };
            if index == 0 && source.outline.proto3 && number != 0 {
                let what = format!("the first value of an enum must be 0 in proto3; `{}` is {number}", value.name);
                faults.push(source.fault(place, what));
            }
            if let Some(other) = taken.insert(number, &value.name)
                && !definition.aliases
                && other != value.name
            {
                let what = format!(
                    "values `{other}` and `{}` have the same number; `option allow_alias = true;` permits it",
                    value.name
                );
                faults.push(source.fault(place, what));
            }
        }
        if taken.is_empty() {
            let what = format!("enum `{}` has no values", definition.name);
            faults.push(source.fault(definition.place, what));
        }
    }
}

/// Names that no type in Rust can have and that are not changed on the way there.
fn names_of_rust(source: &Source, faults: &mut Vec<Fault>) {
    for definition in of_kind(source, &[Kind::Enum, Kind::Service]) {
        let name = definition.name.as_str();
        if name == "_" || (name == "Self" && definition.kind == Kind::Enum) {
            let what = format!("`{name}` cannot be the name of a type in Rust; choose another name");
            faults.push(source.fault(definition.place, what));
        }
    }
}

fn of_kind<'a>(source: &'a Source, kinds: &'a [Kind]) -> impl Iterator<Item = &'a Definition> {
    source.outline.definitions.iter().filter(|definition| kinds.contains(&definition.kind))
}

/// The number of a definition; none where it is not written as one, which the parser tells.
fn number(definition: &Definition) -> Option<(i64, crate::scan::Place)> {
    let (text, place) = definition.number.as_ref()?;
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
    let number = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    Some((sign * number.ok()?, *place))
}
