//! Writes descriptors.

mod file;
mod message;
mod source_info;

use crate::bundled;
use crate::options::{self, Dynamic};
use crate::schema::{Element, FileId, Schema};
use crate::writer::Writer;

/// The serialized `FileDescriptorProto` of a file.
pub(crate) fn file(schema: &Schema, file: FileId) -> Vec<u8> {
    let mut encoder = Encoder { schema, gone: Vec::new() };
    let mut writer = Writer::default();
    encoder.file(file, &mut writer);
    writer.into_bytes()
}

struct Encoder<'a> {
    schema: &'a Schema,
    /// The paths of options that descriptors do not keep.
    gone: Vec<Vec<i32>>,
}

impl Encoder<'_> {
    /// The options of an element, if there are any.
    fn options(&mut self, element: Element, writer: &mut Writer) {
        let settings = self.schema.settings(element);
        let number = element.options_number();
        if !settings.written.present {
            return;
        }
        let mut value: Dynamic = settings.value.clone();
        let mut path = settings.path.clone();
        path.push(number);
        options::strip(self.schema, &mut value, &mut path, &mut self.gone);
        let mut inner = Writer::default();
        options::write(self.schema, &value, &mut inner);
        // Options that are empty because of what they do not keep are left out.
        let known = self.schema.options_message(element.options_type());
        let own =
            known.is_some_and(|message| &**self.schema[self.schema[message].file].source.name() == bundled::DESCRIPTOR);
        if own && inner.is_empty() && !settings.value.fields.is_empty() {
            self.gone.push(path);
        } else {
            writer.bytes(number, &inner.into_bytes());
        }
    }
}
