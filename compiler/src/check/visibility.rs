//! Checks of `export` where a file is strict about it.

use super::Checker;
use crate::parser::LARGEST_NUMBER;
use crate::schema::{MessageId, feature};
use crate::syntax::Visibility;

impl Checker<'_> {
    /// Under STRICT, what is nested cannot be exported; enums can, in a message that is there for
    /// nothing else.
    pub(super) fn strict_visibility(&mut self) {
        if self.schema[self.file].settings.features.default_symbol_visibility != feature::STRICT {
            return;
        }
        for &message in &self.schema[self.file].messages {
            self.strict_message(message);
        }
    }

    fn strict_message(&mut self, id: MessageId) {
        let message = &self.schema[id];
        for &nested in &message.messages {
            let node = &self.schema[nested];
            if node.visibility == Visibility::Export {
                self.refuse(node.name.at, &node.full_name, "move it to the top level");
            }
            self.strict_message(nested);
        }
        if self.is_namespace(id) {
            return;
        }
        for &nested in &message.enums {
            let node = &self.schema[nested];
            if node.visibility == Visibility::Export {
                self.refuse(
                    node.name.at,
                    &node.full_name,
                    "move it to the top level, or `reserved 1 to max` in a local message",
                );
            }
        }
    }

    fn refuse(&mut self, at: crate::source::At, name: &str, help: &str) {
        let told = self.fault(at, format!("`{name}` is nested, so it cannot be exported where visibility is STRICT"));
        told.help(help);
    }

    /// Whether a message only holds enums: it is local, and all its numbers are reserved.
    fn is_namespace(&self, id: MessageId) -> bool {
        let message = &self.schema[id];
        let whole =
            matches!(&message.reserved_ranges[..], [range] if range.start == 1 && range.end == LARGEST_NUMBER + 1);
        message.parent.is_none() && message.visibility != Visibility::Export && whole
    }
}
