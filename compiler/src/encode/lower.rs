//! Says in the words of proto2 or proto3 what a file says in those of an edition.

use std::collections::HashSet;

use super::{Encoder, Form, file};
use crate::edition::Edition;
use crate::fault::{Faults, Report};
use crate::parser::synthetic_oneof_name;
use crate::schema::{Element, FieldId, FileId, Kind, MessageId, Schema};
use crate::syntax::Label;

/// The serialized descriptor of a file in proto2 or proto3.
pub(crate) fn lowered(schema: &Schema, id: FileId) -> Result<Vec<u8>, Faults> {
    let fields: Vec<FieldId> = schema.elements(id).into_iter().filter_map(field).collect();
    let mut report = Report::default();
    let source = &schema[id].source;
    for &field in &fields {
        let node = &schema[field];
        if matches!(node.kind, Some(Kind::Group(_))) {
            let name = node.name();
            let what = format!("`{name}` is a group, or delimited as one, for which the protobuf crate has no code");
            report.fault(source, node.node.name.at, what).help("use a message that is not delimited");
        }
    }
    let edition = schema[id].edition;
    let implicit = fields.iter().any(|&field| is_implicit(schema, field));
    let target = match edition {
        legacy if legacy.is_legacy() => legacy,
        _ if implicit => Edition::PROTO3,
        _ => Edition::PROTO2,
    };
    if target == Edition::PROTO3 && !edition.is_legacy() {
        for &field in &fields {
            let node = &schema[field];
            let wrong = match &node.node.default {
                _ if node.is_required() => "is required",
                Some(_) => "has a default value",
                None => continue,
            };
            let message = format!("`{}` {wrong}, and other fields of the file have implicit presence", node.name());
            report.fault(source, node.node.name.at, message).help("define them in files of their own");
        }
    }
    report.finish()?;
    let form = if edition.is_legacy() { Form::Bare } else { Form::Lowered(target) };
    Ok(file(schema, id, form))
}

fn field(element: Element) -> Option<FieldId> {
    match element {
        Element::Field(field) => Some(field),
        _ => None,
    }
}

/// Whether "unset" is the same as the default value.
fn is_implicit(schema: &Schema, id: FieldId) -> bool {
    let field = &schema[id];
    let in_map = field.container.is_some_and(|container| schema[container].map_entry);
    !in_map && !field.is_repeated() && !field.has_presence()
}

impl Encoder<'_> {
    /// The label of a field: in editions, required fields have none of their own.
    pub(super) fn label(&self, id: FieldId) -> Label {
        let field = &self.schema[id];
        let required = matches!(self.form, Form::Lowered(_)) && field.is_required();
        if required { Label::Required } else { field.node.label }
    }

    /// The option `packed` of a field, where proto2 or proto3 need it.
    pub(super) fn lowered_packing(&self, element: Element) -> Option<(FieldId, bool)> {
        let (Form::Lowered(target), Element::Field(id)) = (self.form, element) else { return None };
        let field = &self.schema[id];
        let packed = field.is_packed();
        if !field.is_packable() || packed == (target == Edition::PROTO3) {
            return None;
        }
        let options = self.schema.options_message(element.options_type())?;
        Some((*self.schema[options].by_name.get("packed")?, packed))
    }

    /// The fields of a message that are `optional` in proto3, with the names of their oneofs.
    pub(super) fn lowered_oneofs(&self, id: MessageId) -> Vec<(FieldId, String)> {
        let message = &self.schema[id];
        if self.form != Form::Lowered(Edition::PROTO3) || message.map_entry {
            return Vec::new();
        }
        let fields = message.fields.iter().map(|&field| self.schema[field].name());
        let mut taken: HashSet<String> =
            fields.chain(message.oneofs.iter().map(|oneof| &oneof.name.text[..])).map(str::to_string).collect();
        let optional = |&field: &FieldId| {
            let node = &self.schema[field];
            let message = matches!(node.kind, Some(Kind::Message(_) | Kind::Group(_)));
            !node.is_repeated() && !message && node.node.oneof.is_none() && node.has_presence()
        };
        let optional: Vec<FieldId> = message.fields.iter().copied().filter(optional).collect();
        optional.into_iter().map(|field| (field, synthetic_oneof_name(self.schema[field].name(), &mut taken))).collect()
    }
}
