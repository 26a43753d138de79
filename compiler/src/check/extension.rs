//! Checks of extensions.

use super::Checker;
use super::declaration::{Declaration, VERIFICATION};
use crate::bundled;
use crate::json_name;
use crate::schema::{FieldId, Kind, MessageId};
use crate::syntax::Label;

impl Checker<'_> {
    pub(super) fn extension(&mut self, id: FieldId, container: MessageId) {
        let field = &self.schema[id];
        let at = field.node.name.at;
        if field.is_required() || field.node.label == Label::Required {
            self.fault(at, "an extension cannot be required").help("make it optional");
        }
        let custom = field.node.json_name.as_ref().filter(|name| name.text != json_name::of(field.name()).as_bytes());
        if let Some(name) = custom {
            self.fault(name.at, "an extension cannot have a json_name").help("remove it");
        }
        if self.is_lite(self.file) && !self.is_lite(self.schema[container].file) {
            let extended = &self.schema[container].full_name;
            self.fault(at, format!("this file is for the lite runtime, and `{extended}` is not"))
                .help("define the extension in a file that is not for the lite runtime");
        }
        let descriptor = &**self.schema[self.schema[container].file].source.name() == bundled::DESCRIPTOR;
        if !descriptor {
            self.declared(id, container);
        }
    }

    /// An extension must be as its message declares it, if it declares any.
    fn declared(&mut self, id: FieldId, container: MessageId) {
        let field = &self.schema[id];
        let (number, at) = (field.node.number, field.node.name.at);
        let ranges = &self.schema[container].extension_ranges;
        let Some(range) = ranges.iter().find(|range| (range.start..range.end).contains(&number)) else { return };
        let declarations = Declaration::all(&range.settings.value);
        let message = &self.schema[container].full_name;
        let Some(declaration) = declarations.iter().find(|declaration| declaration.number == i64::from(number)) else {
            if !declarations.is_empty() || range.settings.value.enumerated(VERIFICATION) == Some(DECLARED) {
                let told = self.fault(at, format!("`{message}` does not declare the extension {number}"));
                told.help("extensions in this range need a declaration in the message");
            }
            return;
        };
        if declaration.reserved {
            self.fault(at, format!("`{message}` reserves the number {number}")).help("use another number");
            return;
        }
        let name = format!(".{}", field.full_name);
        if let Some(wanted) = declaration.full_name.as_ref().filter(|wanted| **wanted != name) {
            self.fault(at, format!("`{message}` declares {number} as `{wanted}`, and this is `{name}`"));
        }
        let actual = self.type_text(id);
        if let Some(wanted) = declaration.type_name.as_ref().filter(|wanted| **wanted != actual && !wanted.is_empty()) {
            self.fault(at, format!("`{message}` declares {number} with the type `{wanted}`, and this is `{actual}`"));
        }
        if declaration.repeated != field.is_repeated() {
            let wanted = if declaration.repeated { "repeated" } else { "optional" };
            self.fault(at, format!("`{message}` declares {number} as {wanted}"));
        }
    }

    fn type_text(&self, id: FieldId) -> String {
        match self.schema[id].kind {
            Some(Kind::Message(message) | Kind::Group(message)) => format!(".{}", self.schema[message].full_name),
            Some(Kind::Enum(id)) => format!(".{}", self.schema[id].full_name),
            Some(Kind::Scalar(scalar)) => scalar.keyword().to_string(),
            None => String::new(),
        }
    }
}

/// A value of `verification`: extensions must be declared.
const DECLARED: i32 = 0;
