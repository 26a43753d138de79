//! The schema: all files of a run, flat, with everything in them known by an id and by its name.

mod add;
mod element;
pub(crate) mod feature;
mod file_set;
mod symbol;

use std::collections::HashMap;

pub(crate) use element::{Element, Settings};
pub(crate) use feature::FeatureSet;
pub(crate) use file_set::FileSet;
pub(crate) use symbol::{Lookup, Symbol, SymbolTable, Wanted};

use crate::edition::Edition;
use crate::location::Location;
use crate::options::Dynamic;
use crate::source::Source;
use crate::syntax::{self, Type, Visibility};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident of $node:ident in $list:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) u32);

        impl std::ops::Index<$name> for Schema {
            type Output = $node;

            fn index(&self, id: $name) -> &$node {
                &self.$list[id.0 as usize]
            }
        }

        impl std::ops::IndexMut<$name> for Schema {
            fn index_mut(&mut self, id: $name) -> &mut $node {
                &mut self.$list[id.0 as usize]
            }
        }

        impl $name {
            /// The id that the next node will have.
            pub(crate) fn next(schema: &Schema) -> Self {
                Self(schema.$list.len() as u32)
            }
        }
    )*};
}

ids! {
    /// A file.
    FileId of File in files;
    /// A message.
    MessageId of Message in messages;
    /// A field or an extension.
    FieldId of Field in fields;
    /// An enum.
    EnumId of Enum in enums;
    /// A service.
    ServiceId of Service in services;
}

/// All files of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    files: Vec<File>,
    messages: Vec<Message>,
    fields: Vec<Field>,
    enums: Vec<Enum>,
    services: Vec<Service>,
    /// The names of the files that are compiled.
    pub(crate) symbols: SymbolTable,
    /// The names of the built-in `descriptor.proto`, which describes options where no file that is
    /// compiled imports one.
    pub(crate) hidden: SymbolTable,
    /// The files that may lack the definitions of types.
    pub(crate) incomplete: FileSet,
    /// The names of types that stand for nothing.
    pub(crate) unknown: Vec<crate::link::Unknown>,
    /// Extensions by message and number.
    pub(crate) extensions: HashMap<(MessageId, i32), FieldId>,
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) source: Source,
    pub(crate) tokens: std::sync::Arc<[crate::token::Token]>,
    pub(crate) edition: Edition,
    pub(crate) edition_at: crate::source::At,
    pub(crate) package: String,
    pub(crate) imports: Vec<Import>,
    /// Files whose symbols this one may use: itself, its imports, and what these import publicly.
    pub(crate) visible: FileSet,
    /// Files whose extensions this one may use as options, besides.
    pub(crate) option_visible: FileSet,
    /// Files that those who import this one see: itself and what it imports publicly.
    pub(crate) public: FileSet,
    /// Imports that have been of use.
    pub(crate) used: FileSet,
    pub(crate) messages: Vec<MessageId>,
    pub(crate) enums: Vec<EnumId>,
    pub(crate) services: Vec<ServiceId>,
    pub(crate) extensions: Vec<FieldId>,
    pub(crate) settings: Settings,
    pub(crate) locations: Vec<Location>,
    pub(crate) damage: syntax::Damage,
    /// Whether this is the built-in `descriptor.proto`, for options only.
    pub(crate) hidden: bool,
    /// Whether the file is to be compiled itself, and not only imported: some checks are for these.
    pub(crate) asked_for: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) node: syntax::Import,
    /// `None` if the file was not found; that has been reported.
    pub(crate) file: Option<FileId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) name: syntax::Name,
    pub(crate) full_name: String,
    pub(crate) file: FileId,
    pub(crate) parent: Option<MessageId>,
    pub(crate) fields: Vec<FieldId>,
    pub(crate) oneofs: Vec<Oneof>,
    pub(crate) messages: Vec<MessageId>,
    pub(crate) enums: Vec<EnumId>,
    pub(crate) extensions: Vec<FieldId>,
    pub(crate) extension_ranges: Vec<ExtensionRange>,
    pub(crate) reserved_ranges: Vec<syntax::ReservedRange>,
    pub(crate) reserved_names: Vec<syntax::Name>,
    pub(crate) visibility: Visibility,
    pub(crate) map_entry: bool,
    pub(crate) settings: Settings,
    /// Fields by name, and by number.
    pub(crate) by_name: HashMap<String, FieldId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Oneof {
    pub(crate) name: syntax::Name,
    pub(crate) full_name: String,
    pub(crate) settings: Settings,
}

#[derive(Debug, Clone)]
pub(crate) struct ExtensionRange {
    pub(crate) start: i32,
    pub(crate) end: i32,
    pub(crate) at: crate::source::At,
    pub(crate) settings: Settings,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) node: syntax::Field,
    pub(crate) full_name: String,
    pub(crate) file: FileId,
    /// The message that it stands in.
    pub(crate) scope: Option<MessageId>,
    /// The message that it belongs to: that which an extension extends, or else `scope`.
    pub(crate) container: Option<MessageId>,
    /// `None` until the type's name is resolved, or if that has failed.
    pub(crate) kind: Option<Kind>,
    pub(crate) settings: Settings,
}

/// What kind of values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar(Type),
    Enum(EnumId),
    Message(MessageId),
    /// A message that is written between tags, not behind its length.
    Group(MessageId),
}

#[derive(Debug, Clone)]
pub(crate) struct Enum {
    pub(crate) name: syntax::Name,
    pub(crate) full_name: String,
    pub(crate) file: FileId,
    pub(crate) parent: Option<MessageId>,
    pub(crate) values: Vec<EnumValue>,
    pub(crate) reserved_ranges: Vec<syntax::ReservedRange>,
    pub(crate) reserved_names: Vec<syntax::Name>,
    pub(crate) visibility: Visibility,
    pub(crate) settings: Settings,
    /// The first value with each name.
    pub(crate) by_name: HashMap<String, usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct EnumValue {
    pub(crate) name: syntax::Name,
    pub(crate) full_name: String,
    pub(crate) number: i32,
    pub(crate) number_at: crate::source::At,
    pub(crate) settings: Settings,
}

#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: syntax::Name,
    pub(crate) full_name: String,
    pub(crate) file: FileId,
    pub(crate) methods: Vec<Method>,
    pub(crate) settings: Settings,
}

#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) node: syntax::Method,
    pub(crate) full_name: String,
    /// `None` until the names are resolved, or if that has failed.
    pub(crate) input: Option<MessageId>,
    pub(crate) output: Option<MessageId>,
    pub(crate) settings: Settings,
}

impl Schema {
    pub(crate) fn file_ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    /// The symbols among which a file's are.
    pub(crate) fn table(&self, file: FileId) -> &SymbolTable {
        if self[file].hidden { &self.hidden } else { &self.symbols }
    }

    /// The message that describes options, such as `google.protobuf.FieldOptions`.
    pub(crate) fn options_message(&self, name: &str) -> Option<MessageId> {
        let found = |table: &SymbolTable| match table.get(name) {
            Some(Symbol::Message(message)) => Some(message),
            _ => None,
        };
        found(&self.symbols).or_else(|| found(&self.hidden))
    }

    /// The fields of a type that is a message.
    pub(crate) fn message_type(&self, field: FieldId) -> Option<MessageId> {
        match self[field].kind {
            Some(Kind::Message(message) | Kind::Group(message)) => Some(message),
            _ => None,
        }
    }

    /// Whether the field is a map.
    pub(crate) fn is_map(&self, field: FieldId) -> bool {
        matches!(self[field].kind, Some(Kind::Message(message)) if self[message].map_entry)
    }

    /// The interpreted options of an element.
    pub(crate) fn options(&self, element: Element) -> &Dynamic {
        &self.settings(element).value
    }
}

impl Field {
    pub(crate) fn name(&self) -> &str {
        &self.node.name.text
    }

    pub(crate) fn is_extension(&self) -> bool {
        self.node.extendee.is_some()
    }

    pub(crate) fn is_repeated(&self) -> bool {
        self.node.label == syntax::Label::Repeated
    }

    pub(crate) fn is_required(&self) -> bool {
        self.settings.features.field_presence == feature::LEGACY_REQUIRED
    }

    /// Whether the value "unset" differs from the default value.
    pub(crate) fn has_presence(&self) -> bool {
        let features = &self.settings.features;
        let message = matches!(self.kind, Some(Kind::Message(_) | Kind::Group(_)));
        let optional = message || self.is_extension() || self.node.oneof.is_some();
        !self.is_repeated() && (optional || features.field_presence != feature::IMPLICIT)
    }

    /// The type by its number in descriptors.
    pub(crate) fn type_number(&self) -> Type {
        match self.kind {
            Some(Kind::Scalar(scalar)) => scalar,
            Some(Kind::Enum(_)) => Type::Enum,
            Some(Kind::Message(_)) | None => Type::Message,
            Some(Kind::Group(_)) => Type::Group,
        }
    }

    pub(crate) fn is_packable(&self) -> bool {
        self.is_repeated() && self.type_number().is_packable()
    }

    pub(crate) fn is_packed(&self) -> bool {
        self.is_packable() && self.settings.features.repeated_field_encoding == feature::PACKED
    }
}

impl Enum {
    /// Whether other numbers than those of its values are not allowed.
    pub(crate) fn is_closed(&self) -> bool {
        self.settings.features.enum_type == feature::CLOSED
    }
}
