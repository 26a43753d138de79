//! Checks of features, which editions have in place of labels and options.

use super::Checker;
use crate::schema::{FieldId, Kind, feature};
use crate::syntax::Type;

impl Checker<'_> {
    pub(super) fn editions_field(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let at = field.node.name.at;
        if field.settings.value.is_set(PACKED) {
            let told = self.fault(at, "packed is not allowed in editions");
            told.help("use the feature repeated_field_encoding");
        }
        if !field.is_repeated() && !field.has_presence() {
            if field.node.default.is_some() {
                let told = self.fault(at, "a field of implicit presence has no default value");
                told.help("remove the default or the feature field_presence");
            }
            if matches!(field.kind, Some(Kind::Enum(id)) if self.schema[id].is_closed()) {
                self.fault(at, "a closed enum cannot have implicit presence")
                    .help("make the enum open or its presence explicit");
            }
        }
        let in_map_entry = field.container.is_some_and(|container| self.schema[container].map_entry);
        if !in_map_entry {
            self.own_features(id);
        }
    }

    /// The features that are set for the field itself must have a meaning there.
    fn own_features(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let Some(own) = field.settings.value.message(FEATURES) else { return };
        let at = field.settings.written.items.iter().find(|item| item.name[0].text == "features");
        let at = at.map_or(field.node.name.at, |item| item.name[0].at);
        let is_message = matches!(field.kind, Some(Kind::Message(_) | Kind::Group(_)));
        let mut wrong = Vec::new();
        if let Some(presence) = own.enumerated(1) {
            if field.node.oneof.is_some() {
                wrong.push("a field of a oneof always has presence");
            } else if field.is_repeated() {
                wrong.push("a repeated field has no presence");
            } else if field.is_extension() && presence != feature::LEGACY_REQUIRED {
                wrong.push("an extension always has presence");
            } else if is_message && presence == feature::IMPLICIT {
                wrong.push("a message always has presence");
            }
        }
        if own.is_set(3) && !field.is_repeated() {
            wrong.push("only repeated fields have a repeated_field_encoding");
        } else if own.enumerated(3) == Some(feature::PACKED) && !field.is_packable() {
            wrong.push("only repeated numbers, bools and enums can be PACKED");
        }
        if own.is_set(4) && field.type_number() != Type::String && !self.is_string_map(id) {
            wrong.push("only strings have a utf8_validation");
        }
        if own.is_set(5) && (!is_message || self.schema.is_map(id)) {
            wrong.push("only messages have a message_encoding");
        }
        for message in wrong {
            self.fault(at, message).help("remove the feature");
        }
    }

    fn is_string_map(&self, id: FieldId) -> bool {
        let Some(entry) = self.schema.message_type(id).filter(|_| self.schema.is_map(id)) else { return false };
        self.schema[entry].fields.iter().any(|&part| self.schema[part].type_number() == Type::String)
    }
}

// Options of fields.
const PACKED: i32 = 2;
const FEATURES: i32 = 21;
