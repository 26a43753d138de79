//! Writes descriptors.

mod file;
mod lower;
mod message;
mod source_info;

pub(crate) use lower::lowered;

use crate::bundled;
use crate::edition::Edition;
use crate::options::{self, Dynamic, Value};
use crate::schema::{Element, FileId, Schema};
use crate::writer::Writer;

/// In which form a descriptor is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As protoc writes it.
    Whole,
    /// Without source information.
    Bare,
    /// As if the file had been written in proto2 or proto3.
    Lowered(Edition),
}

/// The serialized `FileDescriptorProto` of a file.
pub(crate) fn file(schema: &Schema, file: FileId, form: Form) -> Vec<u8> {
    let mut encoder = Encoder { schema, form, gone: Vec::new() };
    let mut writer = Writer::default();
    encoder.file(file, &mut writer);
    writer.into_bytes()
}

struct Encoder<'a> {
    schema: &'a Schema,
    form: Form,
    /// The paths of options that descriptors do not keep.
    gone: Vec<Vec<i32>>,
}

impl Encoder<'_> {
    /// The options of an element, if there are any.
    fn options(&mut self, element: Element, writer: &mut Writer) {
        let settings = self.schema.settings(element);
        let number = element.options_number();
        let lowered = self.lowered_packing(element);
        if !settings.written.present && lowered.is_none() {
            return;
        }
        let mut value: Dynamic = settings.value.clone();
        if let Form::Lowered(_) = self.form {
            value.fields.remove(&element.features_number());
            if let Some((field, packed)) = lowered {
                value.put(PACKED, field, false, Value::Bool(packed));
            }
        }
        let mut path = settings.path.clone();
        path.push(number);
        options::strip(self.schema, &mut value, &mut path, &mut self.gone);
        let mut inner = Writer::default();
        options::write(self.schema, &value, &mut inner);
        // Options that are empty because of what they do not keep are left out.
        if inner.is_empty() && !settings.value.fields.is_empty() && self.keeps_no_empty(element) {
            self.gone.push(path);
        } else {
            writer.bytes(number, &inner.into_bytes());
        }
    }

    /// Options are described by the true `descriptor.proto`, not by a copy under another path.
    fn keeps_no_empty(&self, element: Element) -> bool {
        let known = self.schema.options_message(element.options_type());
        known.is_some_and(|message| &**self.schema[self.schema[message].file].source.name() == bundled::DESCRIPTOR)
    }
}

/// An option of fields.
const PACKED: i32 = 2;
