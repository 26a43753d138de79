//! Resolves features: what elements set themselves, and what they inherit.

use crate::edition::Edition;
use crate::fault::Report;
use crate::schema::{Element, FeatureSet, FieldId, FileId, Kind, Schema, Symbol, feature};
use crate::syntax::{Label, Type, Visibility};

/// Gives all elements of a file their features, and fields the type that comes of them.
pub(crate) fn resolve(schema: &mut Schema, file: FileId, elements: &[Element], report: &mut Report) {
    let edition = schema[file].edition;
    for &element in elements {
        let base = match schema.parent(element) {
            Some(parent) => schema.settings(parent).features,
            None => FeatureSet::of(edition),
        };
        let features = own(schema, file, element, base, edition, report);
        schema.settings_mut(element).features = features;
        if let Element::Field(field) = element {
            delimit(schema, field);
        }
    }
}

fn own(
    schema: &Schema,
    file: FileId,
    element: Element,
    base: FeatureSet,
    edition: Edition,
    report: &mut Report,
) -> FeatureSet {
    let mut features = base;
    if let Some(set) = schema.options(element).message(element.features_number()) {
        let at = schema.settings(element).written.items.iter().find(|item| item.name[0].text == "features");
        let at = at.map_or(schema.place(element), |item| item.name[0].at);
        if edition.is_legacy() {
            let told = report.fault(&schema[file].source, at, "features can only be set in editions");
            told.help("write `edition = \"2023\";` in place of the syntax");
            return features;
        }
        let unknown;
        (features, unknown) = base.with(set);
        for name in unknown {
            report.fault(&schema[file].source, at, format!("the feature `{name}` cannot be set to \"unknown\""));
        }
    }
    if let (Element::Field(field), true) = (element, edition.is_legacy()) {
        infer(schema, field, edition, &mut features);
    }
    features
}

/// What proto2 and proto3 say by other means.
fn infer(schema: &Schema, id: FieldId, edition: Edition, features: &mut FeatureSet) {
    let field = &schema[id];
    if field.node.label == Label::Required {
        features.field_presence = feature::LEGACY_REQUIRED;
    }
    if field.node.scalar == Some(Type::Group) {
        features.message_encoding = feature::DELIMITED;
    }
    match field.settings.value.get(PACKED) {
        Some(crate::options::Value::Bool(true)) => features.repeated_field_encoding = feature::PACKED,
        Some(_) if edition == Edition::PROTO3 => features.repeated_field_encoding = feature::EXPANDED,
        _ => {}
    }
}

/// Messages that are delimited are written as groups are, except for maps.
fn delimit(schema: &mut Schema, id: FieldId) {
    let field = &schema[id];
    let Some(Kind::Message(message)) = field.kind else { return };
    let in_map = field.container.is_some_and(|container| schema[container].map_entry) || schema[message].map_entry;
    if field.settings.features.message_encoding == feature::DELIMITED && !in_map {
        schema[id].kind = Some(Kind::Group(message));
    }
}

impl Schema {
    /// Whether other files can use a message or an enum.
    pub(crate) fn is_exported(&self, symbol: Symbol) -> bool {
        let (written, nested, features) = match symbol {
            Symbol::Message(id) => (self[id].visibility, self[id].parent.is_some(), &self[id].settings.features),
            Symbol::Enum(id) => (self[id].visibility, self[id].parent.is_some(), &self[id].settings.features),
            _ => return true,
        };
        match (written, features.default_symbol_visibility) {
            (Visibility::Export, _) => true,
            (Visibility::Local, _) | (_, feature::LOCAL_ALL | feature::STRICT) => false,
            (_, feature::EXPORT_TOP_LEVEL) => !nested,
            _ => true,
        }
    }
}

/// An option of fields.
const PACKED: i32 = 2;
