//! Checks of messages.

use std::collections::HashSet;

use super::Checker;
use crate::parser::LARGEST_NUMBER;
use crate::schema::MessageId;

impl Checker<'_> {
    pub(super) fn message(&mut self, id: MessageId) {
        self.oneofs(id);
        self.json_names(id);
        self.extension_ranges(id);
        let message = &self.schema[id];
        if message.fields.len() > MOST_FIELDS {
            let told = self.fault(message.name.at, format!("a message has {MOST_FIELDS} fields at most"));
            told.help("move some of them to a message of their own");
        }
        if self.edition == crate::edition::Edition::PROTO3 {
            self.proto3_message(id);
        }
    }

    fn oneofs(&mut self, id: MessageId) {
        let message = &self.schema[id];
        let used: HashSet<usize> = message.fields.iter().filter_map(|&field| self.schema[field].node.oneof).collect();
        for (index, oneof) in message.oneofs.iter().enumerate() {
            if !used.contains(&index) {
                let told = self.fault(oneof.name.at, format!("the oneof `{}` has no field", oneof.name.text));
                told.help("add a field, or remove the oneof");
            }
        }
    }

    fn extension_ranges(&mut self, id: MessageId) {
        let message = &self.schema[id];
        let most = if self.is_message_set(id) { i32::MAX - 1 } else { LARGEST_NUMBER };
        let mut names = HashSet::new();
        for range in &message.extension_ranges {
            if range.end - 1 > most {
                self.fault(range.at, format!("the number of an extension is {most} at most"));
            }
            self.declarations(range, &mut names);
        }
    }
}

/// More fields are refused.
const MOST_FIELDS: usize = 65_535;
