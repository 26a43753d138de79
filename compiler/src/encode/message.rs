//! Descriptors of messages and fields.

use super::Encoder;
use super::file::{reference, reserved};
use crate::json_name;
use crate::schema::{Element, FieldId, Kind, MessageId};
use crate::syntax::Type;
use crate::writer::Writer;

impl Encoder<'_> {
    pub(super) fn message(&mut self, id: MessageId, writer: &mut Writer) {
        let message = &self.schema[id];
        writer.text(1, &message.name.text);
        let optional = self.lowered_oneofs(id);
        for &field in &message.fields {
            let oneof = optional.iter().position(|(optional, _)| *optional == field);
            let oneof = oneof.map(|index| message.oneofs.len() + index);
            writer.message(2, |writer| self.field(field, oneof, writer));
        }
        for &nested in &message.messages {
            writer.message(3, |writer| self.message(nested, writer));
        }
        for &nested in &message.enums {
            writer.message(4, |writer| self.enumeration(nested, writer));
        }
        for (index, range) in message.extension_ranges.iter().enumerate() {
            writer.message(5, |writer| {
                writer.int(1, range.start.into());
                writer.int(2, range.end.into());
                self.options(Element::ExtensionRange(id, index as u32), writer);
            });
        }
        for &extension in &message.extensions {
            writer.message(6, |writer| self.field(extension, None, writer));
        }
        if message.map_entry {
            writer.message(7, |writer| writer.bool(MAP_ENTRY, true));
        } else {
            self.options(Element::Message(id), writer);
        }
        for (index, oneof) in message.oneofs.iter().enumerate() {
            writer.message(8, |writer| {
                writer.text(1, &oneof.name.text);
                self.options(Element::Oneof(id, index as u32), writer);
            });
        }
        for (_, name) in &optional {
            writer.message(8, |writer| writer.text(1, name));
        }
        reserved(9, &message.reserved_ranges, 10, &message.reserved_names, writer);
        self.visibility(11, message.visibility, writer);
    }

    /// A field. `optional` is the index of the oneof that it gets where it becomes one of proto3
    /// with a presence.
    pub(super) fn field(&mut self, id: FieldId, optional: Option<usize>, writer: &mut Writer) {
        let field = &self.schema[id];
        writer.text(1, field.name());
        if field.is_extension() {
            writer.text(2, &reference(self.schema, field.container));
        }
        writer.int(3, field.node.number.into());
        writer.int(4, self.label(id) as i64);
        // Editions have no groups: what is delimited is a message with a feature.
        let scalar = match field.type_number() {
            Type::Group if !self.schema[field.file].edition.is_legacy() => Type::Message,
            other => other,
        };
        writer.int(5, scalar as i64);
        match field.kind {
            Some(Kind::Message(message) | Kind::Group(message)) => {
                writer.text(6, &reference(self.schema, Some(message)))
            }
            Some(Kind::Enum(id)) => writer.text(6, &format!(".{}", self.schema[id].full_name)),
            Some(Kind::Scalar(_)) | None => {}
        }
        if let Some(default) = &field.node.default {
            writer.bytes(7, &default.text);
        }
        self.options(Element::Field(id), writer);
        if let Some(oneof) = field.node.oneof.or(optional) {
            writer.int(9, oneof as i64);
        }
        match &field.node.json_name {
            Some(name) => writer.bytes(10, &name.text),
            None => writer.text(10, &json_name::of(field.name())),
        }
        if field.node.proto3_optional || optional.is_some() {
            writer.bool(17, true);
        }
    }
}

/// An option of messages.
const MAP_ENTRY: i32 = 7;
