//! Descriptors of files, enums and services.

use super::{Encoder, Form};
use crate::edition::Edition;
use crate::schema::{Element, EnumId, FileId, MessageId, Schema, ServiceId};
use crate::syntax::{ImportKind, Name, ReservedRange, Visibility};
use crate::writer::Writer;

impl Encoder<'_> {
    pub(super) fn file(&mut self, id: FileId, writer: &mut Writer) {
        let file = &self.schema[id];
        writer.text(1, file.source.name());
        if !file.package.is_empty() {
            writer.text(2, &file.package);
        }
        let ordinary = || file.imports.iter().filter(|import| import.node.kind != ImportKind::Option);
        for import in ordinary() {
            writer.text(3, &import.node.path);
        }
        for &message in &file.messages {
            writer.message(4, |writer| self.message(message, writer));
        }
        for &id in &file.enums {
            writer.message(5, |writer| self.enumeration(id, writer));
        }
        for &service in &file.services {
            writer.message(6, |writer| self.service(service, writer));
        }
        for &extension in &file.extensions {
            writer.message(7, |writer| self.field(extension, None, writer));
        }
        self.options(Element::File(id), writer);
        if self.form == Form::Whole {
            self.source_info(id, writer);
        }
        for (number, kind) in [(10, ImportKind::Public), (11, ImportKind::Weak)] {
            for (index, _) in ordinary().enumerate().filter(|(_, import)| import.node.kind == kind) {
                writer.int(number, index as i64);
            }
        }
        let lowered = match self.form {
            Form::Lowered(target) => Some(target),
            Form::Whole | Form::Bare => None,
        };
        let edition = lowered.unwrap_or(file.edition);
        if edition == Edition::PROTO3 {
            writer.text(12, "proto3");
        } else if !edition.is_legacy() {
            writer.text(12, "editions");
            writer.int(14, edition.0.into());
        }
        if lowered.is_some() {
            return;
        }
        for import in file.imports.iter().filter(|import| import.node.kind == ImportKind::Option) {
            writer.text(15, &import.node.path);
        }
    }

    pub(super) fn enumeration(&mut self, id: EnumId, writer: &mut Writer) {
        let node = &self.schema[id];
        writer.text(1, &node.name.text);
        for (index, value) in node.values.iter().enumerate() {
            writer.message(2, |writer| {
                writer.text(1, &value.name.text);
                writer.int(2, value.number.into());
                self.options(Element::EnumValue(id, index as u32), writer);
            });
        }
        self.options(Element::Enum(id), writer);
        reserved(4, &node.reserved_ranges, 5, &node.reserved_names, writer);
        self.visibility(6, node.visibility, writer);
    }

    pub(super) fn visibility(&self, number: i32, visibility: Visibility, writer: &mut Writer) {
        if visibility != Visibility::Unset && !matches!(self.form, Form::Lowered(_)) {
            writer.int(number, visibility as i64);
        }
    }

    fn service(&mut self, id: ServiceId, writer: &mut Writer) {
        let node = &self.schema[id];
        writer.text(1, &node.name.text);
        for (index, method) in node.methods.iter().enumerate() {
            writer.message(2, |writer| {
                writer.text(1, &method.node.name.text);
                writer.text(2, &reference(self.schema, method.input));
                writer.text(3, &reference(self.schema, method.output));
                self.options(Element::Method(id, index as u32), writer);
                for (number, streaming) in [(5, method.node.client_streaming), (6, method.node.server_streaming)] {
                    if streaming {
                        writer.bool(number, true);
                    }
                }
            });
        }
        self.options(Element::Service(id), writer);
    }
}

/// The full name of a message, with the point that begins it.
pub(super) fn reference(schema: &Schema, message: Option<MessageId>) -> String {
    message.map_or_else(String::new, |message| format!(".{}", schema[message].full_name))
}

pub(super) fn reserved(
    ranges: i32,
    reserved: &[ReservedRange],
    names: i32,
    reserved_names: &[Name],
    writer: &mut Writer,
) {
    for range in reserved {
        writer.message(ranges, |writer| {
            writer.int(1, range.start.into());
            writer.int(2, range.end.into());
        });
    }
    for name in reserved_names {
        writer.text(names, &name.text);
    }
}
