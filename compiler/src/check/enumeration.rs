//! Checks of enums.

use std::collections::{HashMap, HashSet};

use super::Checker;
use super::number::Span;
use crate::edition::Edition;
use crate::schema::EnumId;
use crate::syntax::{Damage, Value};

impl Checker<'_> {
    pub(super) fn enum_numbers(&mut self, id: EnumId) {
        let node = &self.schema[id];
        let name = &node.name;
        if node.values.is_empty() && self.schema[self.file].damage == Damage::None {
            let told = self.fault(name.at, format!("the enum `{}` has no value", name.text));
            told.help(format!("add `{}_UNSPECIFIED = 0;`", name.text.to_ascii_uppercase()));
        }
        let ranges = node.reserved_ranges.iter().map(|range| Span {
            start: range.start.into(),
            end: range.end.into(),
            at: range.at,
            what: "reserved range",
        });
        let spans = self.spans(ranges.collect(), i32::MIN.into());
        let reserved = self.reserved_names(&node.reserved_names);
        for value in &node.values {
            if spans.find(value.number.into()).is_some() {
                let told = self.fault(value.number_at, format!("the number {} is reserved", value.number));
                told.help("give the value another number");
            }
            if reserved.contains(&value.name.text[..]) {
                let told = self.fault(value.name.at, format!("the name `{}` is reserved", value.name.text));
                told.help("give the value another name");
            }
        }
        self.alias_option(id);
    }

    /// `allow_alias` is set to true, and only where there are aliases.
    fn alias_option(&mut self, id: EnumId) {
        let node = &self.schema[id];
        let Some(option) = node.settings.written.simple("allow_alias") else { return };
        let at = option.name[0].at;
        match &option.value {
            Value::Identifier(word) if word == "true" => {
                let numbers: HashSet<i32> = node.values.iter().map(|value| value.number).collect();
                if numbers.len() == node.values.len() {
                    self.fault(at, "no two values have the same number, so there is no alias")
                        .help("remove the option");
                }
            }
            _ => {
                self.fault(at, "allow_alias has no use but to be true").help("remove the option");
            }
        }
    }

    pub(super) fn enumeration(&mut self, id: EnumId) {
        let node = &self.schema[id];
        if let Some(first) = node.values.first().filter(|first| !node.is_closed() && first.number != 0) {
            let told = self.fault(first.number_at, "the first value of an open enum is 0");
            told.help("add a value 0 before it, such as one ending in `_UNSPECIFIED`");
        }
        if !node.settings.value.is_true(ALLOW_ALIAS) {
            self.unique_numbers(id);
        }
        self.unique_short_names(id);
    }

    fn unique_numbers(&mut self, id: EnumId) {
        let node = &self.schema[id];
        let mut first: HashMap<i32, &str> = HashMap::with_capacity(node.values.len());
        for value in &node.values {
            let &mut name = first.entry(value.number).or_insert(&value.name.text);
            if !std::ptr::eq(name, &*value.name.text) {
                let message = format!("the number {} is the number of `{name}` as well", value.number);
                self.fault(value.number_at, message).help("write `option allow_alias = true;` if that is meant");
            }
        }
    }

    /// Names must still differ when languages cut off the name of the enum and change the case.
    fn unique_short_names(&mut self, id: EnumId) {
        let node = &self.schema[id];
        let legacy = node.settings.value.is_true(LEGACY_JSON_CONFLICTS) && self.edition == Edition::PROTO2;
        let mut first: HashMap<String, usize> = HashMap::with_capacity(node.values.len());
        for (index, value) in node.values.iter().enumerate() {
            let other = *first.entry(pascal_case(without_prefix(&value.name.text, &node.name.text))).or_insert(index);
            let other = &node.values[other];
            if other.name.text == value.name.text || other.number == value.number {
                continue;
            }
            let message = format!(
                "`{}` and `{}` are the same name without the name of the enum and in another case",
                value.name.text, other.name.text
            );
            if legacy {
                self.warning(value.name.at, message);
            } else {
                self.fault(value.name.at, message).help("rename one of them");
            }
        }
    }
}

/// The name of a value without that of its enum, which may be written in another case and with
/// other underscores.
fn without_prefix<'v>(value: &'v str, name: &str) -> &'v str {
    let mut prefix = name.bytes().filter(|&letter| letter != b'_').peekable();
    let mut end = 0;
    for letter in value.bytes() {
        if prefix.peek().is_none() {
            break;
        }
        end += 1;
        if letter != b'_' && prefix.next().is_none_or(|wanted| !wanted.eq_ignore_ascii_case(&letter)) {
            return value;
        }
    }
    let rest = value[end..].trim_start_matches('_');
    if prefix.peek().is_some() || rest.is_empty() { value } else { rest }
}

fn pascal_case(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
    };
    name.split('_').map(word).collect()
}

// Options of enums.
const ALLOW_ALIAS: i32 = 2;
const LEGACY_JSON_CONFLICTS: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_enum_is_cut_off() {
        for (value, name, short) in [
            ("MY_ENUM_FOO", "MyEnum", "FOO"),
            ("FOO", "MyEnum", "FOO"),
            ("MYENUM_FOO", "MyEnum", "FOO"),
            ("MY_ENUM", "MyEnum", "MY_ENUM"),
            ("MY_ENUM_", "MyEnum", "MY_ENUM_"),
            ("MY", "MyEnum", "MY"),
        ] {
            assert_eq!(without_prefix(value, name), short);
        }
        assert_eq!(pascal_case("BAR_BAZ"), "BarBaz");
        assert_eq!(pascal_case("__bar"), "Bar");
    }
}
