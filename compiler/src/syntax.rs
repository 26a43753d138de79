//! The syntax tree: what a file says, with the places where it says so.
//!
//! The tree is close to the descriptors, since these keep what was written: names are as yet
//! unresolved and options uninterpreted.

use std::ops::Range;
use std::sync::Arc;

use crate::edition::Edition;
use crate::location::Location;
use crate::source::{At, Source};
use crate::token::Token;

/// A name and its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: At,
}

#[derive(Debug)]
pub(crate) struct File {
    pub(crate) source: Source,
    /// The aggregates of options refer to them.
    pub(crate) tokens: Arc<[Token]>,
    pub(crate) edition: Edition,
    pub(crate) edition_at: At,
    pub(crate) package: Option<Name>,
    pub(crate) imports: Vec<Import>,
    pub(crate) messages: Vec<Message>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) services: Vec<Service>,
    pub(crate) extensions: Vec<Field>,
    pub(crate) options: OptionList,
    /// Empty unless source information is asked for.
    pub(crate) locations: Vec<Location>,
    pub(crate) damage: Damage,
}

/// What faults in the syntax have left of a file. Faults that may only follow from them are not
/// reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Damage {
    #[default]
    None,
    /// Statements are missing.
    Statements,
    /// The definition of a type may be among them.
    Types,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportKind {
    Plain,
    Public,
    Weak,
    /// For options only.
    Option,
}

#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) path: String,
    pub(crate) kind: ImportKind,
    pub(crate) at: At,
}

/// What `export` and `local` say, in the numbers of `google.protobuf.SymbolVisibility`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Visibility {
    #[default]
    Unset = 0,
    Local = 1,
    Export = 2,
}

#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) name: Name,
    pub(crate) fields: Vec<Field>,
    pub(crate) oneofs: Vec<Oneof>,
    pub(crate) messages: Vec<Message>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) extensions: Vec<Field>,
    pub(crate) extension_ranges: Vec<ExtensionRange>,
    pub(crate) reserved_ranges: Vec<ReservedRange>,
    pub(crate) reserved_names: Vec<Name>,
    pub(crate) options: OptionList,
    pub(crate) visibility: Visibility,
    /// Whether this is the entry of a map field, and nothing that a file says.
    pub(crate) map_entry: bool,
}

/// The types of fields, in the numbers of `FieldDescriptorProto.Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Double = 1,
    Float = 2,
    Int64 = 3,
    Uint64 = 4,
    Int32 = 5,
    Fixed64 = 6,
    Fixed32 = 7,
    Bool = 8,
    String = 9,
    Group = 10,
    Message = 11,
    Bytes = 12,
    Uint32 = 13,
    Enum = 14,
    Sfixed32 = 15,
    Sfixed64 = 16,
    Sint32 = 17,
    Sint64 = 18,
}

impl Type {
    /// The type that a keyword stands for.
    pub(crate) fn named(keyword: &[u8]) -> Option<Self> {
        Some(match keyword {
            b"double" => Self::Double,
            b"float" => Self::Float,
            b"int64" => Self::Int64,
            b"uint64" => Self::Uint64,
            b"int32" => Self::Int32,
            b"fixed64" => Self::Fixed64,
            b"fixed32" => Self::Fixed32,
            b"bool" => Self::Bool,
            b"string" => Self::String,
            b"group" => Self::Group,
            b"bytes" => Self::Bytes,
            b"uint32" => Self::Uint32,
            b"sfixed32" => Self::Sfixed32,
            b"sfixed64" => Self::Sfixed64,
            b"sint32" => Self::Sint32,
            b"sint64" => Self::Sint64,
            _ => return None,
        })
    }

    /// The keyword of a scalar type.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Int32 => "int32",
            Self::Fixed64 => "fixed64",
            Self::Fixed32 => "fixed32",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Group => "group",
            Self::Message => "message",
            Self::Bytes => "bytes",
            Self::Uint32 => "uint32",
            Self::Enum => "enum",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
        }
    }

    /// Whether repeated values can be written one behind the other without tags.
    pub(crate) fn is_packable(self) -> bool {
        !matches!(self, Self::String | Self::Bytes | Self::Message | Self::Group)
    }
}

/// The labels of fields, in the numbers of `FieldDescriptorProto.Label`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Optional = 1,
    Required = 2,
    Repeated = 3,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) number: i32,
    pub(crate) number_at: At,
    pub(crate) label: Label,
    /// `None` if the type has a name that is as yet unresolved.
    pub(crate) scalar: Option<Type>,
    /// The name of a message or enum; its place is that of the type in any case.
    pub(crate) type_name: Name,
    pub(crate) extendee: Option<Name>,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) json_name: Option<JsonName>,
    /// The index of its oneof in the message.
    pub(crate) oneof: Option<usize>,
    pub(crate) proto3_optional: bool,
    pub(crate) options: OptionList,
}

/// A default value as descriptors print it.
#[derive(Debug, Clone)]
pub(crate) struct DefaultValue {
    pub(crate) text: Vec<u8>,
    pub(crate) at: At,
}

#[derive(Debug, Clone)]
pub(crate) struct JsonName {
    pub(crate) text: Vec<u8>,
    pub(crate) at: At,
}

#[derive(Debug)]
pub(crate) struct Oneof {
    pub(crate) name: Name,
    pub(crate) options: OptionList,
}

/// `start` is within the range, `end` is not.
#[derive(Debug)]
pub(crate) struct ExtensionRange {
    pub(crate) start: i32,
    pub(crate) end: i32,
    pub(crate) at: At,
    pub(crate) options: OptionList,
}

/// The end of a message's range is not within it, that of an enum's range is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReservedRange {
    pub(crate) start: i32,
    pub(crate) end: i32,
    pub(crate) at: At,
}

#[derive(Debug, Default)]
pub(crate) struct Enum {
    pub(crate) name: Name,
    pub(crate) values: Vec<EnumValue>,
    pub(crate) reserved_ranges: Vec<ReservedRange>,
    pub(crate) reserved_names: Vec<Name>,
    pub(crate) options: OptionList,
    pub(crate) visibility: Visibility,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub(crate) name: Name,
    pub(crate) number: i32,
    pub(crate) number_at: At,
    pub(crate) options: OptionList,
}

#[derive(Debug, Default)]
pub(crate) struct Service {
    pub(crate) name: Name,
    pub(crate) methods: Vec<Method>,
    pub(crate) options: OptionList,
}

#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) name: Name,
    pub(crate) input: Name,
    pub(crate) output: Name,
    pub(crate) client_streaming: bool,
    pub(crate) server_streaming: bool,
    pub(crate) options: OptionList,
}

/// The options of one element, in the order of the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct OptionList {
    /// Whether descriptors have options for this element, be they empty.
    pub(crate) present: bool,
    pub(crate) items: Vec<OptionItem>,
}

impl OptionList {
    /// The option with a simple name, if it is set.
    pub(crate) fn simple(&self, name: &str) -> Option<&OptionItem> {
        self.items.iter().find(|item| matches!(&item.name[..], [part] if !part.extension && part.text == name))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct OptionItem {
    /// At least one part.
    pub(crate) name: Vec<NamePart>,
    pub(crate) value: Value,
    pub(crate) value_at: At,
}

/// A part of an option's name: `(a.b)` is one part, and an extension.
#[derive(Debug, Clone)]
pub(crate) struct NamePart {
    pub(crate) text: String,
    pub(crate) extension: bool,
    pub(crate) at: At,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Identifier(String),
    Positive(u64),
    Negative(i64),
    Double(f64),
    String(Vec<u8>),
    /// The tokens between the braces, by their indices in the file.
    Aggregate(Range<usize>),
}
