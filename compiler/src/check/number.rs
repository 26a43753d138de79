//! Checks of numbers: of fields, of extensions, and of ranges.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::Checker;
use crate::parser::LARGEST_NUMBER;
use crate::schema::{FieldId, MessageId, Schema};
use crate::source::At;
use crate::syntax::Name;

/// A range of numbers; both ends are within it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) at: At,
    pub(super) what: &'static str,
}

impl Span {
    fn shown(&self) -> String {
        if self.start == self.end { self.start.to_string() } else { format!("{} to {}", self.start, self.end) }
    }
}

/// Ranges that do not overlap, by their starts.
#[derive(Debug, Default)]
pub(super) struct Spans(BTreeMap<i64, Span>);

impl Spans {
    /// The range that a number is in.
    pub(super) fn find(&self, number: i64) -> Option<&Span> {
        self.overlapping(number, number)
    }

    /// A range that has a number from `start` to `end`.
    fn overlapping(&self, start: i64, end: i64) -> Option<&Span> {
        self.0.range(..=end).next_back().map(|(_, span)| span).filter(|span| span.end >= start)
    }
}

impl Checker<'_> {
    pub(super) fn message_numbers(&mut self, id: MessageId) {
        let message = &self.schema[id];
        for &nested in &message.messages {
            self.message_numbers(nested);
        }
        for &nested in &message.enums {
            self.enum_numbers(nested);
        }
        for &extension in &message.extensions {
            self.extension_number(extension);
        }
        let spans = self.message_spans(id);
        let reserved = self.reserved_names(&message.reserved_names);
        let mut used: HashMap<i32, FieldId> = HashMap::with_capacity(message.fields.len());
        let free = OnceCell::new();
        let next = || format!("the next free number is {}", free.get_or_init(|| self.schema.free_number(id, &spans)));
        let mut faults = Vec::new();
        let asked_for = self.schema[self.file].asked_for;
        for &field in &message.fields {
            let node = &self.schema[field];
            let (at, number, name) = (node.node.number_at, node.node.number, node.name());
            if number <= 0 || number > LARGEST_NUMBER {
                faults.push((at, format!("the number of a field is from 1 to {LARGEST_NUMBER}"), next()));
                continue;
            }
            if asked_for && is_reserved(number) {
                faults.push((at, RESERVED.to_string(), next()));
            }
            if let Some(span) = spans.find(number.into()) {
                let message = format!("the number {number} is in the {} {}", span.what, span.shown());
                faults.push((at, message, next()));
            }
            if reserved.contains(name) {
                let help = "give the field another name".to_string();
                faults.push((node.node.name.at, format!("the name `{name}` is reserved"), help));
            }
            if let Some(first) = used.insert(number, field) {
                let other = self.schema[first].name();
                faults.push((at, format!("the number {number} is used by the field `{other}` as well"), next()));
            }
        }
        for (at, message, help) in faults {
            self.fault(at, message).help(help);
        }
    }

    fn message_spans(&mut self, id: MessageId) -> Spans {
        let message = &self.schema[id];
        let reserved = message.reserved_ranges.iter().map(|range| Span {
            start: range.start.into(),
            end: i64::from(range.end) - 1,
            at: range.at,
            what: "reserved range",
        });
        let extensions = message.extension_ranges.iter().map(|range| Span {
            start: range.start.into(),
            end: i64::from(range.end) - 1,
            at: range.at,
            what: "range of extensions",
        });
        self.spans(reserved.chain(extensions).collect(), 1)
    }

    /// Reports ranges that are empty, begin below `least` or overlap.
    pub(super) fn spans(&mut self, list: Vec<Span>, least: i64) -> Spans {
        let mut spans = Spans::default();
        for span in list {
            if span.start < least {
                self.fault(span.at, format!("a {} begins with {least} at the lowest", span.what));
            } else if span.start > span.end {
                self.fault(span.at, "the end of a range is not below its start").help("exchange the two numbers");
            } else if let Some(other) = spans.overlapping(span.start, span.end).copied() {
                let message =
                    format!("the {} {} overlaps the {} {}", span.what, span.shown(), other.what, other.shown());
                self.fault(span.at, message).help("each number can be in one range only");
            } else {
                spans.0.insert(span.start, span);
            }
        }
        spans
    }

    /// Reports names that are reserved twice.
    pub(super) fn reserved_names<'n>(&mut self, names: &'n [Name]) -> HashSet<&'n str> {
        let mut seen = HashSet::with_capacity(names.len());
        for name in names {
            if !seen.insert(&name.text[..]) {
                self.fault(name.at, format!("the name `{}` is reserved twice", name.text)).help("remove one of them");
            }
        }
        seen
    }

    /// The number of an extension is in one of the ranges of the message that it extends.
    pub(super) fn extension_number(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let (number, at) = (field.node.number, field.node.number_at);
        if number <= 0 {
            self.fault(at, "the number of an extension is 1 or more");
            return;
        }
        if self.schema[self.file].asked_for && is_reserved(number) {
            self.fault(at, RESERVED).help("give the extension another number");
        }
        let Some(container) = field.container else { return };
        let message = &self.schema[container];
        if !message.extension_ranges.iter().any(|range| (range.start..range.end).contains(&number)) {
            let ranges: Vec<String> =
                message.extension_ranges.iter().map(|range| format!("{} to {}", range.start, range.end - 1)).collect();
            let told = self.fault(at, format!("`{}` has no extension with the number {number}", message.full_name));
            told.help(match &ranges[..] {
                [] => "it has no `extensions` at all".to_string(),
                ranges => format!("its extensions are {}", ranges.join(", ")),
            });
        }
    }
}

impl Schema {
    /// The lowest number of a field that is not used.
    fn free_number(&self, id: MessageId, spans: &Spans) -> i64 {
        let used: HashSet<i64> = self[id].fields.iter().map(|&field| self[field].node.number.into()).collect();
        let mut number = 1;
        loop {
            match spans.find(number) {
                Some(span) => number = span.end + 1,
                None if used.contains(&number) || (19_000..20_000).contains(&number) => number += 1,
                None => return number,
            }
        }
    }
}

fn is_reserved(number: i32) -> bool {
    (19_000..20_000).contains(&number)
}

const RESERVED: &str = "the numbers 19000 to 19999 belong to the implementations of Protocol Buffers";
