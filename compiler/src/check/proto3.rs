//! Checks of what proto3 does without.

use super::Checker;
use crate::schema::{FieldId, Kind, MessageId};
use crate::syntax::Label;

impl Checker<'_> {
    pub(super) fn proto3_message(&mut self, id: MessageId) {
        if let Some(range) = self.schema[id].extension_ranges.first() {
            let told = self.fault(range.at, "messages of proto3 have no extensions, except for options");
            told.help("use proto2 or an edition, or a field of type google.protobuf.Any");
        }
        if self.is_message_set(id) {
            self.fault(self.schema[id].name.at, "proto3 has no message sets");
        }
    }

    pub(super) fn proto3_field(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let at = field.node.name.at;
        if let Some(extendee) = &field.node.extendee {
            let extended = field.container.map_or("", |container| &self.schema[container].full_name[..]);
            let option = extended.strip_prefix("google.protobuf.").or(extended.strip_prefix("proto2."));
            if !option.is_some_and(|name| OPTIONS.contains(&name)) {
                let told = self.fault(extendee.at, "in proto3, extensions are for options only");
                told.help("use proto2 or an edition");
            }
        }
        if field.node.label == Label::Required {
            self.fault(at, "proto3 has no required fields").help("remove `required`");
        }
        if let Some(default) = &field.node.default {
            self.fault(default.at, "proto3 has no default values")
                .help("remove the default, or use proto2 or an edition");
        }
        match field.kind {
            Some(Kind::Enum(id)) if self.schema[id].is_closed() => {
                let name = &self.schema[id].full_name;
                let told = self.fault(at, format!("`{name}` is a closed enum, and proto3 only has open ones"));
                told.help("define the enum in proto3, or as an open one in an edition");
            }
            Some(Kind::Group(_)) => {
                self.fault(at, "proto3 has no groups").help("define a message, and a field of its type");
            }
            _ => {}
        }
    }
}

/// The messages that proto3 can extend.
const OPTIONS: [&str; 9] = [
    "FileOptions",
    "MessageOptions",
    "FieldOptions",
    "EnumOptions",
    "EnumValueOptions",
    "ServiceOptions",
    "MethodOptions",
    "OneofOptions",
    "ExtensionRangeOptions",
];
