//! How names get into what protobuf-codegen writes: it is given marks in their place, which differ
//! in every respect, and its output is given the names back, in texts those of the `.proto` file.

use protobuf::descriptor::field_descriptor_proto::Type;
use protobuf::descriptor::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::outline::join;
use crate::scope::Ident;
use crate::table::{ACCESSORS, Entry, Names};

/// Marks for all definitions of the output.
pub(crate) struct Marks<'a> {
    names: &'a Names,
    /// What marks begin with, in lower case: no file has it anywhere.
    prefix: String,
}

/// A mark in a text.
pub(crate) struct Mark<'a> {
    pub(crate) entry: &'a Entry,
    is_upper: bool,
    /// The place in `ACCESSORS` of what stands before the mark in its word.
    accessor: usize,
}

impl<'a> Marks<'a> {
    /// Marks that none of the files, which are given as they are encoded, can be mistaken for.
    pub(crate) fn new(names: &'a Names, set: &[u8]) -> Self {
        let set = set.to_ascii_lowercase();
        let mut prefix = String::from("zq");
        while set.windows(prefix.len()).any(|part| part == prefix.as_bytes()) {
            prefix.push('q');
        }
        Self { names, prefix }
    }

    /// The mark of a definition in one of its two forms.
    fn mark(&self, full_name: &str, is_upper: bool) -> Option<String> {
        let mark = format!("{}{}z", self.prefix, self.names.index(full_name)?);
        Some(if is_upper { mark.replacen('z', "Z", 1) } else { mark })
    }

    /// The full name of a type with a dot before it, with marks in place of the names.
    fn type_path(&self, name: &str) -> String {
        let mut marked = String::new();
        let mut path = String::new();
        for part in name.split('.').skip(1) {
            path = join(&path, part);
            let mark = self.mark(&path, true).unwrap_or_else(|| part.to_owned());
            marked = format!("{marked}.{mark}");
        }
        marked
    }

    /// Puts marks in place of the names of all that a file defines.
    pub(crate) fn file(&self, file: &mut FileDescriptorProto) {
        let package = file.package().to_owned();
        for message in &mut file.message_type {
            self.message(&package, message);
        }
        for definition in &mut file.enum_type {
            self.enumeration(&package, definition);
        }
        for extension in &mut file.extension {
            self.field(&package, extension);
        }
        for method in file.service.iter_mut().flat_map(|service| &mut service.method) {
            method.input_type = method.input_type.as_deref().map(|name| self.type_path(name));
            method.output_type = method.output_type.as_deref().map(|name| self.type_path(name));
        }
    }

    fn message(&self, scope: &str, message: &mut DescriptorProto) {
        let path = join(scope, message.name());
        for field in message.field.iter_mut().chain(&mut message.extension) {
            self.field(&path, field);
        }
        for oneof in &mut message.oneof_decl {
            oneof.name = self.mark(&join(&path, oneof.name()), false).or_else(|| oneof.name.take());
        }
        for nested in &mut message.nested_type {
            self.message(&path, nested);
        }
        for definition in &mut message.enum_type {
            self.enumeration(&path, definition);
        }
        // Entries of maps have no mark, for they must keep their names.
        message.name = self.mark(&path, true).or_else(|| message.name.take());
    }

    fn field(&self, scope: &str, field: &mut FieldDescriptorProto) {
        if field.has_default_value() && field.type_() == Type::TYPE_ENUM {
            let value = join(field.type_name().trim_start_matches('.'), field.default_value());
            field.default_value = self.mark(&value, false).or_else(|| field.default_value.take());
        }
        field.type_name = field.type_name.as_deref().map(|name| self.type_path(name));
        field.extendee = field.extendee.as_deref().map(|name| self.type_path(name));
        field.name = self.mark(&join(scope, field.name()), false).or_else(|| field.name.take());
        field.json_name = None;
    }

    fn enumeration(&self, scope: &str, definition: &mut EnumDescriptorProto) {
        let path = join(scope, definition.name());
        for value in &mut definition.value {
            value.name = self.mark(&join(&path, value.name()), false).or_else(|| value.name.take());
        }
        definition.name = self.mark(&path, true).or_else(|| definition.name.take());
    }

    /// The mark that a word is, or ends with behind the beginning of an accessor's name.
    pub(crate) fn find(&self, word: &str) -> Option<Mark<'a>> {
        let start = word.to_ascii_lowercase().find(&self.prefix)?;
        let (before, mark) = word.split_at(start);
        let accessor = ACCESSORS.iter().position(|prefix| *prefix == before)?;
        let number = mark.get(self.prefix.len()..)?.strip_suffix('z')?;
        let entry = self.names.entries.get(number.parse::<usize>().ok()?)?;
        Some(Mark { entry, is_upper: mark.starts_with('Z'), accessor })
    }

    /// A text with the names of the `.proto` file in place of the marks.
    pub(crate) fn unmark_text(&self, text: &str) -> String {
        let words = text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
        let unmarked = words.map(|word| {
            let bare = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
            let name = self.find(bare).map_or(bare, |mark| &mark.entry.name);
            format!("{name}{}", &word[bare.len()..])
        });
        unmarked.collect()
    }
}

impl<'a> Mark<'a> {
    /// The name in the code. Behind `fn` or `::` it is that of a function, if the definition has one.
    pub(crate) fn ident(&self, is_function: bool) -> &'a Ident {
        match self.entry.functions.get(self.accessor) {
            _ if self.is_upper => &self.entry.upper,
            Some(ident) if is_function || self.accessor > 0 => ident,
            _ => &self.entry.lower,
        }
    }
}
