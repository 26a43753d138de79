//! Checks of names in JSON: no two fields of a message have the same.

use std::collections::HashMap;

use super::Checker;
use crate::json_name;
use crate::schema::{FieldId, MessageId, feature};

impl Checker<'_> {
    pub(super) fn json_names(&mut self, id: MessageId) {
        if self.schema[id].settings.value.is_true(LEGACY_CONFLICTS) {
            return;
        }
        // Field masks use the names without json_name, so these must differ as well.
        self.unique(id, false);
        self.unique(id, true);
    }

    fn unique(&mut self, id: MessageId, custom: bool) {
        let message = &self.schema[id];
        let lenient = message.settings.features.json_format == feature::LEGACY_BEST_EFFORT;
        let mut first: HashMap<Vec<u8>, (FieldId, bool)> = HashMap::with_capacity(message.fields.len());
        for &field in &message.fields {
            let (name, is_custom) = self.name(field, custom);
            let at = self.schema[field].node.name.at;
            if is_custom && name.starts_with(b"[") && name.ends_with(b"]") {
                let told = self.fault(at, "a json_name does not begin with `[` and end with `]`");
                told.help("that is how extensions are written in JSON");
                continue;
            }
            let Some(&(other, other_custom)) = first.get(&name) else {
                first.insert(name, (field, is_custom));
                continue;
            };
            let same = self.schema[field].name() == self.schema[other].name();
            if same || (custom && !is_custom && !other_custom) {
                continue;
            }
            let message = format!(
                "`{}` and `{}` are both \"{}\" in JSON",
                self.schema[field].name(),
                self.schema[other].name(),
                String::from_utf8_lossy(&name)
            );
            if lenient && !(is_custom && other_custom) {
                self.warning(at, message);
            } else {
                self.fault(at, message).help("rename one of them, or give it another json_name");
            }
        }
    }

    /// The name of a field in JSON, and whether it is one that the field sets.
    fn name(&self, field: FieldId, custom: bool) -> (Vec<u8>, bool) {
        let field = &self.schema[field];
        let usual = json_name::of(field.name()).into_bytes();
        match field.node.json_name.as_ref().filter(|name| custom && name.text != usual) {
            Some(name) => (name.text.clone(), true),
            None => (usual, false),
        }
    }
}

/// An option of messages.
const LEGACY_CONFLICTS: i32 = 11;
