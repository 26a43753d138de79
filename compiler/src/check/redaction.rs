//! Checks of options that decide what is redacted in texts.

use std::collections::HashSet;

use super::Checker;
use crate::schema::{EnumId, FieldId, FileId, Kind, MessageId};
use crate::syntax::ImportKind;

impl Checker<'_> {
    /// A file that is imported for options only is not there when the program runs, so it cannot
    /// define what marks other fields as redacted: values of enums that are marked themselves.
    pub(super) fn redaction(&mut self) {
        for import in &self.schema[self.file].imports {
            let (ImportKind::Option, Some(imported)) = (import.node.kind, import.file) else { continue };
            if let Some(field) = self.redacting(imported) {
                let name = &self.schema[field].full_name;
                let told =
                    self.fault(import.node.at, format!("the option `{name}` there has values marked debug_redact"));
                told.help("write `import` in place of `import option`");
            }
        }
    }

    fn redacting(&self, file: FileId) -> Option<FieldId> {
        let mut seen = HashSet::new();
        let mut scopes = self.schema[file].messages.clone();
        let mut extensions = self.schema[file].extensions.clone();
        while let Some(message) = scopes.pop() {
            extensions.extend(&self.schema[message].extensions);
            scopes.extend(&self.schema[message].messages);
        }
        extensions.into_iter().find(|&extension| self.reaches_redacting(extension, &mut seen))
    }

    /// Whether such an enum is the type of the field, or of one within its type.
    fn reaches_redacting(&self, field: FieldId, seen: &mut HashSet<MessageId>) -> bool {
        let mut open = vec![field];
        while let Some(field) = open.pop() {
            match self.schema[field].kind {
                Some(Kind::Enum(id)) if self.is_redacting(id) => return true,
                Some(Kind::Message(message) | Kind::Group(message)) if seen.insert(message) => {
                    open.extend(&self.schema[message].fields);
                }
                _ => {}
            }
        }
        false
    }

    fn is_redacting(&self, id: EnumId) -> bool {
        self.schema[id].values.iter().any(|value| value.settings.value.is_true(DEBUG_REDACT))
    }
}

/// An option of the values of enums.
const DEBUG_REDACT: i32 = 3;
