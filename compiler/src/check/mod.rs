//! Checks: what can be read, but is not allowed.

mod declaration;
mod editions;
mod enumeration;
mod extension;
mod field;
mod file;
mod json_names;
mod lifetime;
mod map;
mod message;
mod number;
mod proto3;
mod redaction;
mod style;
mod visibility;

pub(crate) use file::{imports, unused_imports};

use crate::edition::Edition;
use crate::fault::{Report, Told};
use crate::schema::{Element, FileId, MessageId, Schema, feature};
use crate::source::{At, Source};

/// Checks names and numbers, which need no options.
pub(crate) fn names_and_numbers(schema: &Schema, file: FileId, report: &mut Report) {
    let mut checker = Checker::new(schema, file, report);
    for &message in &schema[file].messages {
        checker.message_numbers(message);
    }
    for &extension in &schema[file].extensions {
        checker.extension_number(extension);
    }
    for &id in &schema[file].enums {
        checker.enum_numbers(id);
    }
}

/// Checks what depends on options and features. The file has no faults in its syntax.
pub(crate) fn meaning(schema: &Schema, file: FileId, elements: &[Element], report: &mut Report) {
    let mut checker = Checker::new(schema, file, report);
    let style = schema[file].edition >= Edition::E2024;
    for &element in elements {
        match element {
            Element::File(_) => checker.file(),
            Element::Message(id) => checker.message(id),
            Element::Field(id) => checker.field(id),
            Element::Enum(id) => checker.enumeration(id),
            Element::Service(id) => checker.service(id),
            Element::EnumValue(id, index) => checker.value_support(id, index),
            Element::Oneof(..) | Element::ExtensionRange(..) | Element::Method(..) => {}
        }
        checker.lifetimes(element);
        let features = &schema.settings(element).features;
        if style && features.enforce_naming_style != feature::STYLE_LEGACY {
            checker.style(element);
        }
    }
}

struct Checker<'a> {
    schema: &'a Schema,
    file: FileId,
    source: &'a Source,
    edition: Edition,
    report: &'a mut Report,
}

impl<'a> Checker<'a> {
    fn new(schema: &'a Schema, file: FileId, report: &'a mut Report) -> Self {
        Self { schema, file, source: &schema[file].source, edition: schema[file].edition, report }
    }

    fn fault(&mut self, at: At, message: impl Into<String>) -> Told<'_> {
        self.report.fault(self.source, at, message)
    }

    fn warning(&mut self, at: At, message: impl Into<String>) {
        self.report.warning(self.source, at, message);
    }

    fn is_message_set(&self, message: MessageId) -> bool {
        self.schema[message].settings.value.is_true(MESSAGE_SET_WIRE_FORMAT)
    }

    /// Whether a file is for the runtime without reflection.
    fn is_lite(&self, file: FileId) -> bool {
        self.schema[file].settings.value.enumerated(OPTIMIZE_FOR) == Some(LITE_RUNTIME)
    }
}

/// An option of messages.
const MESSAGE_SET_WIRE_FORMAT: i32 = 1;

/// An option of files, and one of its values.
const OPTIMIZE_FOR: i32 = 9;
const LITE_RUNTIME: i32 = 3;
