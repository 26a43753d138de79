//! What everything in the `.proto` files is called in Rust.
//!
//! Names within a file depend on that file alone, so that another crate, to which the file is one of
//! `extern_files`, gives them alike.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use protobuf::descriptor::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::names::{self, message_ident, module_ident, module_name, type_name, variant_name};
use crate::outline::join;
use crate::scope::{Ident, Scope};
use crate::source::is_bundled;

/// What the names of the functions for a field begin with.
pub(crate) const ACCESSORS: [&str; 6] = ["", "has_", "set_", "mut_", "clear_", "take_"];

/// The module of the extensions of a file.
pub(crate) const EXTENSIONS: &str = "exts";

/// The functions of messages, which those for fields must not hide.
const FUNCTIONS: &[&str] = &[
    "cached_size",
    "check_initialized",
    "clear",
    "clone",
    "compute_size",
    "default",
    "default_instance",
    "descriptor",
    "descriptor_dyn",
    "eq",
    "fmt",
    "generated_message_descriptor_data",
    "is_initialized",
    "merge_from",
    "merge_from_bytes",
    "mut_special_fields",
    "mut_unknown_fields",
    "ne",
    "new",
    "parse_from",
    "parse_from_bytes",
    "parse_from_reader",
    "parse_from_tokio_bytes",
    "shape",
    "special_fields",
    "to_string",
    "unknown_fields",
    "write_length_delimited_to",
    "write_length_delimited_to_bytes",
    "write_length_delimited_to_vec",
    "write_length_delimited_to_writer",
    "write_to",
    "write_to_bytes",
    "write_to_vec",
    "write_to_with_cached_sizes",
    "write_to_writer",
];

/// Functions of enums, which a value of their name would hide.
const ENUM_FUNCTIONS: &[&str] = &["enum_descriptor", "generated_enum_descriptor_data"];

/// What a file defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Enum,
    Oneof,
    Field,
    Value,
    Extension,
}

/// A definition with its names in Rust; those that it does not have are like its own name.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    /// The name in the `.proto` file.
    pub(crate) name: String,
    pub(crate) full_name: String,
    /// The type of a message, an enum or a oneof, or the variant of a field.
    pub(crate) upper: Ident,
    /// The module of a message, the field of a oneof, or what anything else is called.
    pub(crate) lower: Ident,
    /// The functions of a field, in the order of `ACCESSORS`.
    pub(crate) functions: Vec<Ident>,
}

/// Where the code of every file and definition is, and what it is called.
#[derive(Debug, Default)]
pub(crate) struct Names {
    modules: BTreeMap<String, String>,
    messages: HashMap<String, Message>,
    pub(crate) entries: Vec<Entry>,
    indices: HashMap<String, usize>,
}

/// Where the type of a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) home: Home,
    /// The path of the type from there.
    pub(crate) path: String,
}

/// The module that the code of a file is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// A module below the runtime crate, as in `protobuf::well_known_types::empty`.
    Runtime(String),
    /// A module of the output.
    File(String),
}

impl Names {
    pub(crate) fn of(files: &[FileDescriptorProto]) -> Self {
        let mut names = Self::default();
        let mut used = BTreeSet::new();
        for file in files {
            let home = if is_bundled(file.name()) {
                Home::Runtime(names::bundled_module(file.name()))
            } else {
                let mut module = names::file_module(file.name());
                // Only names that differ in a character no module can have meet here.
                while !used.insert(module.clone()) {
                    module.push('_');
                }
                names.modules.insert(file.name().to_owned(), module.clone());
                names.file(file);
                Home::File(module)
            };
            for message in &file.message_type {
                names.place(&home, "", file.package(), message);
            }
        }
        names
    }

    /// Names all that a file defines.
    fn file(&mut self, file: &FileDescriptorProto) {
        let mut scope = Scope::default();
        if !file.extension.is_empty() {
            scope.take(EXTENSIONS);
        }
        self.types(&mut scope, file.package(), &file.message_type, &file.enum_type, &[]);
        let idents = all(file.extension.iter().map(FieldDescriptorProto::name), str::to_owned, message_ident);
        for (extension, ident) in file.extension.iter().zip(Scope::default().take_all(&idents)) {
            self.add(Kind::Extension, file.package(), extension.name(), None, Some(ident));
        }
    }

    /// Names the types and modules of one module, and all that is in them.
    fn types(
        &mut self,
        scope: &mut Scope,
        path: &str,
        messages: &[DescriptorProto],
        enums: &[EnumDescriptorProto],
        oneofs: &[(&str, Ident)],
    ) {
        let messages: Vec<_> = messages.iter().filter(|message| !message.options.map_entry()).collect();
        let of_messages = messages.iter().map(|message| message.name());
        let of_types = of_messages.chain(enums.iter().map(EnumDescriptorProto::name));
        let types = scope.take_all(&all(of_types, type_name, message_ident));
        let choices = scope.take_all(&all(oneofs.iter().map(|(name, _)| *name), type_name, message_ident));
        let parents = messages.iter().filter(|message| has_module(message)).map(|message| message.name());
        let mut modules = scope.take_all(&all(parents, module_name, module_ident)).into_iter();
        let (of_messages, of_enums) = types.split_at(messages.len());
        for (message, ident) in messages.iter().zip(of_messages) {
            let module = if has_module(message) { modules.next() } else { None };
            self.add(Kind::Message, path, message.name(), Some(ident.clone()), module);
        }
        for (definition, ident) in enums.iter().zip(of_enums) {
            self.add(Kind::Enum, path, definition.name(), Some(ident.clone()), None);
            self.values(&join(path, definition.name()), definition);
        }
        for ((name, field), ident) in oneofs.iter().zip(choices) {
            self.add(Kind::Oneof, path, name, Some(ident), Some(field.clone()));
        }
        for message in messages {
            self.message(&join(path, message.name()), message);
        }
    }

    fn values(&mut self, path: &str, definition: &EnumDescriptorProto) {
        let values = all(definition.value.iter().map(|value| value.name()), str::to_owned, message_ident);
        let idents = Scope::with(ENUM_FUNCTIONS.iter().copied()).take_all(&values);
        for (value, ident) in definition.value.iter().zip(idents) {
            self.add(Kind::Value, path, value.name(), None, Some(ident));
        }
    }

    /// Names what is in a message.
    fn message(&mut self, path: &str, message: &DescriptorProto) {
        let (choices, fields): (Vec<_>, Vec<_>) = message.field.iter().partition(|field| is_choice(field));
        let oneofs = oneofs(message);
        let of_fields = fields.iter().map(|field| field.name());
        let members = all(of_fields.chain(oneofs.iter().copied()), str::to_owned, message_ident);
        let members = Scope::with(["special_fields"]).take_all(&members);
        let (of_fields, of_oneofs) = members.split_at(fields.len());
        let oneofs: Vec<_> = oneofs.into_iter().zip(of_oneofs.iter().cloned()).collect();
        for (field, ident) in fields.iter().zip(of_fields) {
            self.add(Kind::Field, path, field.name(), None, Some(ident.clone()));
        }
        let mut variants: BTreeMap<i32, Scope> = BTreeMap::new();
        for keeps in [true, false] {
            for field in choices.iter().filter(|field| (variant_name(field.name()) == field.name()) == keeps) {
                let wanted = variant_name(field.name());
                let text = variants.entry(field.oneof_index()).or_default().take(&message_ident(&wanted));
                self.add(Kind::Field, path, field.name(), Some(Ident { text, wanted }), None);
            }
        }
        self.functions(path, &choices, &fields);
        self.types(&mut Scope::default(), path, &message.nested_type, &message.enum_type, &oneofs);
    }

    /// Names the functions of fields: those of a oneof have all, and others have few or none.
    fn functions(&mut self, path: &str, choices: &[&FieldDescriptorProto], fields: &[&FieldDescriptorProto]) {
        let mut scope = Scope::with(FUNCTIONS.iter().copied());
        for fields in [choices, fields] {
            for prefix in ACCESSORS {
                let wanted =
                    all(fields.iter().map(|field| field.name()), |name| format!("{prefix}{name}"), message_ident);
                for (field, ident) in fields.iter().zip(scope.take_all(&wanted)) {
                    let index = self.indices.get(&join(path, field.name())).copied();
                    if let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) {
                        entry.functions.push(ident);
                    }
                }
            }
        }
    }

    fn add(&mut self, kind: Kind, path: &str, name: &str, upper: Option<Ident>, lower: Option<Ident>) {
        let own = || Ident { text: name.to_owned(), wanted: name.to_owned() };
        let full_name = join(path, name);
        let (upper, lower) = (upper.unwrap_or_else(own), lower.unwrap_or_else(own));
        self.indices.insert(full_name.clone(), self.entries.len());
        self.entries.push(Entry { kind, name: name.to_owned(), full_name, upper, lower, functions: Vec::new() });
    }

    /// Notes where a message and all within it are.
    fn place(&mut self, home: &Home, modules: &str, scope: &str, message: &DescriptorProto) {
        let full = join(scope, message.name());
        let entry = self.entry(&full);
        let upper = entry.map_or_else(|| message_ident(&type_name(message.name())), |entry| entry.upper.text.clone());
        let lower = entry.map_or_else(|| module_ident(&module_name(message.name())), |entry| entry.lower.text.clone());
        for nested in &message.nested_type {
            self.place(home, &format!("{modules}{lower}::"), &full, nested);
        }
        self.messages.insert(format!(".{full}"), Message { home: home.clone(), path: format!("{modules}{upper}") });
    }

    /// The module of a file of the output.
    pub(crate) fn module(&self, file: &str) -> Option<&str> {
        self.modules.get(file).map(String::as_str)
    }

    /// The type of a message, by its full name with a dot before it.
    pub(crate) fn message_type(&self, name: &str) -> Option<&Message> {
        self.messages.get(name)
    }

    /// The number of a definition of the output, by its full name.
    pub(crate) fn index(&self, full_name: &str) -> Option<usize> {
        self.indices.get(full_name).copied()
    }

    /// A definition of the output, by its full name.
    pub(crate) fn entry(&self, full_name: &str) -> Option<&Entry> {
        self.entries.get(self.index(full_name)?)
    }
}

/// Names as a scope takes them: in the file, as wanted, and as they are written.
fn all<'a>(
    names: impl Iterator<Item = &'a str>,
    wanted: impl Fn(&str) -> String,
    ident: impl Fn(&str) -> String,
) -> Vec<(&'a str, String, String)> {
    let of = |name| {
        let wanted = wanted(name);
        (name, wanted.clone(), ident(&wanted))
    };
    names.map(of).collect()
}

/// Whether a field is one of a oneof that the file has.
fn is_choice(field: &FieldDescriptorProto) -> bool {
    field.has_oneof_index() && !field.proto3_optional()
}

/// The oneofs of a message; those of `optional` fields have no code.
pub(crate) fn oneofs(message: &DescriptorProto) -> Vec<&str> {
    let optional: BTreeSet<_> =
        message.field.iter().filter(|field| field.proto3_optional()).map(FieldDescriptorProto::oneof_index).collect();
    let own = message.oneof_decl.iter().zip(0..).filter(|(_, index)| !optional.contains(index));
    own.map(|(oneof, _)| oneof.name()).collect()
}

/// Whether protobuf-codegen writes a module for what is in a message. Entries of maps have no code.
pub(crate) fn has_module(message: &DescriptorProto) -> bool {
    let has_type = message.nested_type.iter().any(|nested| !nested.options.map_entry());
    has_type || !message.enum_type.is_empty() || !oneofs(message).is_empty()
}
