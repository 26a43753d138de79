//! Elements: everything that can have options.

use super::{EnumId, FeatureSet, FieldId, FileId, MessageId, Schema, ServiceId};
use crate::options::Dynamic;
use crate::syntax::OptionList;

/// Something that can have options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    File(FileId),
    Message(MessageId),
    Field(FieldId),
    Oneof(MessageId, u32),
    ExtensionRange(MessageId, u32),
    Enum(EnumId),
    EnumValue(EnumId, u32),
    Service(ServiceId),
    Method(ServiceId, u32),
}

/// The options of an element: as written, interpreted, and the features that come of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) written: OptionList,
    pub(crate) value: Dynamic,
    pub(crate) features: FeatureSet,
    /// The path of the element in descriptors, for source information.
    pub(crate) path: Vec<i32>,
}

impl Settings {
    pub(crate) fn new(written: OptionList, path: Vec<i32>) -> Self {
        Self { written, path, ..Self::default() }
    }
}

impl Element {
    /// The message in `descriptor.proto` that describes the options.
    pub(crate) fn options_type(self) -> &'static str {
        match self {
            Self::File(_) => "google.protobuf.FileOptions",
            Self::Message(_) => "google.protobuf.MessageOptions",
            Self::Field(_) => "google.protobuf.FieldOptions",
            Self::Oneof(..) => "google.protobuf.OneofOptions",
            Self::ExtensionRange(..) => "google.protobuf.ExtensionRangeOptions",
            Self::Enum(_) => "google.protobuf.EnumOptions",
            Self::EnumValue(..) => "google.protobuf.EnumValueOptions",
            Self::Service(_) => "google.protobuf.ServiceOptions",
            Self::Method(..) => "google.protobuf.MethodOptions",
        }
    }

    /// The number of the field `features` in the options.
    pub(crate) fn features_number(self) -> i32 {
        match self {
            Self::File(_) | Self::ExtensionRange(..) => 50,
            Self::Message(_) => 12,
            Self::Field(_) => 21,
            Self::Oneof(..) => 1,
            Self::Enum(_) => 7,
            Self::EnumValue(..) => 2,
            Self::Service(_) => 34,
            Self::Method(..) => 35,
        }
    }

    /// The number of the field `options` in the descriptor.
    pub(crate) fn options_number(self) -> i32 {
        match self {
            Self::File(_) | Self::Field(_) => 8,
            Self::Message(_) => 7,
            Self::Oneof(..) => 2,
            Self::ExtensionRange(..) | Self::Enum(_) | Self::EnumValue(..) | Self::Service(_) => 3,
            Self::Method(..) => 4,
        }
    }

    /// What it is called, and its number in `FieldOptions.OptionTargetType`.
    pub(crate) fn target(self) -> (&'static str, i32) {
        match self {
            Self::File(_) => ("file", 1),
            Self::ExtensionRange(..) => ("range of extensions", 2),
            Self::Message(_) => ("message", 3),
            Self::Field(_) => ("field", 4),
            Self::Oneof(..) => ("oneof", 5),
            Self::Enum(_) => ("enum", 6),
            Self::EnumValue(..) => ("value of an enum", 7),
            Self::Service(_) => ("service", 8),
            Self::Method(..) => ("method", 9),
        }
    }
}

impl Schema {
    /// All elements of a file, each behind the one that it stands in.
    pub(crate) fn elements(&self, file: FileId) -> Vec<Element> {
        let mut elements = vec![Element::File(file)];
        let node = &self[file];
        for &message in &node.messages {
            self.message_elements(message, &mut elements);
        }
        for &id in &node.enums {
            self.enum_elements(id, &mut elements);
        }
        for &service in &node.services {
            elements.push(Element::Service(service));
            elements.extend((0..self[service].methods.len() as u32).map(|index| Element::Method(service, index)));
        }
        elements.extend(node.extensions.iter().copied().map(Element::Field));
        elements
    }

    fn message_elements(&self, id: MessageId, elements: &mut Vec<Element>) {
        let message = &self[id];
        elements.push(Element::Message(id));
        elements.extend((0..message.oneofs.len() as u32).map(|index| Element::Oneof(id, index)));
        elements.extend(message.fields.iter().copied().map(Element::Field));
        for &nested in &message.messages {
            self.message_elements(nested, elements);
        }
        for &id in &message.enums {
            self.enum_elements(id, elements);
        }
        elements.extend((0..message.extension_ranges.len() as u32).map(|index| Element::ExtensionRange(id, index)));
        elements.extend(message.extensions.iter().copied().map(Element::Field));
    }

    fn enum_elements(&self, id: EnumId, elements: &mut Vec<Element>) {
        elements.push(Element::Enum(id));
        elements.extend((0..self[id].values.len() as u32).map(|index| Element::EnumValue(id, index)));
    }

    pub(crate) fn settings(&self, element: Element) -> &Settings {
        match element {
            Element::File(id) => &self[id].settings,
            Element::Message(id) => &self[id].settings,
            Element::Field(id) => &self[id].settings,
            Element::Oneof(id, index) => &self[id].oneofs[index as usize].settings,
            Element::ExtensionRange(id, index) => &self[id].extension_ranges[index as usize].settings,
            Element::Enum(id) => &self[id].settings,
            Element::EnumValue(id, index) => &self[id].values[index as usize].settings,
            Element::Service(id) => &self[id].settings,
            Element::Method(id, index) => &self[id].methods[index as usize].settings,
        }
    }

    pub(crate) fn settings_mut(&mut self, element: Element) -> &mut Settings {
        match element {
            Element::File(id) => &mut self[id].settings,
            Element::Message(id) => &mut self[id].settings,
            Element::Field(id) => &mut self[id].settings,
            Element::Oneof(id, index) => &mut self[id].oneofs[index as usize].settings,
            Element::ExtensionRange(id, index) => &mut self[id].extension_ranges[index as usize].settings,
            Element::Enum(id) => &mut self[id].settings,
            Element::EnumValue(id, index) => &mut self[id].values[index as usize].settings,
            Element::Service(id) => &mut self[id].settings,
            Element::Method(id, index) => &mut self[id].methods[index as usize].settings,
        }
    }

    /// The element that features are inherited from.
    pub(crate) fn parent(&self, element: Element) -> Option<Element> {
        let scope = |scope: Option<MessageId>, file| scope.map_or(Element::File(file), Element::Message);
        match element {
            Element::File(_) => None,
            Element::Message(id) => Some(scope(self[id].parent, self[id].file)),
            Element::Field(id) => match (self[id].scope, self[id].node.oneof) {
                (Some(message), Some(oneof)) => Some(Element::Oneof(message, oneof as u32)),
                (message, _) => Some(scope(message, self[id].file)),
            },
            Element::Oneof(id, _) | Element::ExtensionRange(id, _) => Some(Element::Message(id)),
            Element::Enum(id) => Some(scope(self[id].parent, self[id].file)),
            Element::EnumValue(id, _) => Some(Element::Enum(id)),
            Element::Service(id) => Some(Element::File(self[id].file)),
            Element::Method(id, _) => Some(Element::Service(id)),
        }
    }

    /// The full name of an element; its options' names are looked up beside it.
    pub(crate) fn full_name(&self, element: Element) -> &str {
        match element {
            Element::File(id) => self[id].source.name(),
            Element::Message(id) | Element::ExtensionRange(id, _) => &self[id].full_name,
            Element::Field(id) => &self[id].full_name,
            Element::Oneof(id, index) => &self[id].oneofs[index as usize].full_name,
            Element::Enum(id) => &self[id].full_name,
            Element::EnumValue(id, index) => &self[id].values[index as usize].full_name,
            Element::Service(id) => &self[id].full_name,
            Element::Method(id, index) => &self[id].methods[index as usize].full_name,
        }
    }

    /// The place of an element's name.
    pub(crate) fn place(&self, element: Element) -> crate::source::At {
        match element {
            Element::File(id) => self[id].edition_at,
            Element::Message(id) => self[id].name.at,
            Element::ExtensionRange(id, index) => self[id].extension_ranges[index as usize].at,
            Element::Field(id) => self[id].node.name.at,
            Element::Oneof(id, index) => self[id].oneofs[index as usize].name.at,
            Element::Enum(id) => self[id].name.at,
            Element::EnumValue(id, index) => self[id].values[index as usize].name.at,
            Element::Service(id) => self[id].name.at,
            Element::Method(id, index) => self[id].methods[index as usize].node.name.at,
        }
    }
}
