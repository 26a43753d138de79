//! The definitions of a `.proto` file with their places and comments.

use std::collections::HashMap;

use protobuf::descriptor::source_code_info::Location;
use protobuf::descriptor::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::fault::Place;

/// What a file defines, in the order of its text.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Empty for a file without one.
    pub(crate) package: String,
    pub(crate) definitions: Vec<Definition>,
}

#[derive(Debug)]
pub(crate) struct Definition {
    /// The names around it, with dots and without the package.
    pub(crate) scope: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    /// The full names of a field's type and of what an extension extends.
    pub(crate) types: Vec<String>,
    pub(crate) comment: String,
}

impl Definition {
    /// The name with all that is around it, without the package.
    pub(crate) fn path(&self) -> String {
        join(&self.scope, &self.name)
    }
}

/// Two names, or lists of names, with a dot between them.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

impl Outline {
    /// The outline of a file, of whose descriptor the source information is a part.
    pub(crate) fn of(file: &FileDescriptorProto, text: &str) -> Self {
        let locations = file.source_code_info.location.iter();
        let locations: HashMap<&[i32], &Location> = locations.map(|location| (&location.path[..], location)).collect();
        let mut walk = Walk { locations, lines: text.split('\n').collect(), definitions: Vec::new() };
        for (index, message) in file.message_type.iter().enumerate() {
            walk.message("", &[4, index as i32], message);
        }
        for (index, definition) in file.enum_type.iter().enumerate() {
            walk.enumeration("", &[5, index as i32], definition);
        }
        for (index, service) in file.service.iter().enumerate() {
            walk.define("", &[6, index as i32], service.name());
            for (method, definition) in service.method.iter().enumerate() {
                walk.define(service.name(), &[6, index as i32, 2, method as i32], definition.name());
            }
        }
        for (index, extension) in file.extension.iter().enumerate() {
            walk.field("", &[7, index as i32], extension);
        }
        walk.definitions.sort_by_key(|definition| definition.place);
        Self { package: file.package().to_owned(), definitions: walk.definitions }
    }

    /// The name of a definition with the package before it.
    pub(crate) fn full_name(&self, definition: &Definition) -> String {
        join(&self.package, &definition.path())
    }
}

struct Walk<'a> {
    locations: HashMap<&'a [i32], &'a Location>,
    lines: Vec<&'a str>,
    definitions: Vec<Definition>,
}

impl Walk<'_> {
    fn message(&mut self, scope: &str, path: &[i32], message: &DescriptorProto) {
        if message.options.map_entry() {
            return;
        }
        self.define(scope, path, message.name());
        let inner = join(scope, message.name());
        let at = |number: i32, index: usize| [path, &[number, index as i32]].concat();
        let synthetic = |index: usize| {
            let mut fields = message.field.iter();
            fields.any(|field| field.proto3_optional() && field.oneof_index == Some(index as i32))
        };
        for (index, oneof) in message.oneof_decl.iter().enumerate().filter(|(index, _)| !synthetic(*index)) {
            self.define(&inner, &at(8, index), oneof.name());
        }
        for (index, field) in message.field.iter().enumerate() {
            self.field(&inner, &at(2, index), field);
        }
        for (index, nested) in message.nested_type.iter().enumerate() {
            self.message(&inner, &at(3, index), nested);
        }
        for (index, nested) in message.enum_type.iter().enumerate() {
            self.enumeration(&inner, &at(4, index), nested);
        }
        for (index, extension) in message.extension.iter().enumerate() {
            self.field(&inner, &at(6, index), extension);
        }
    }

    fn enumeration(&mut self, scope: &str, path: &[i32], definition: &EnumDescriptorProto) {
        self.define(scope, path, definition.name());
        let inner = join(scope, definition.name());
        for (index, value) in definition.value.iter().enumerate() {
            self.define(&inner, &[path, &[2, index as i32]].concat(), value.name());
        }
    }

    fn field(&mut self, scope: &str, path: &[i32], field: &FieldDescriptorProto) {
        self.define(scope, path, field.name());
        if let Some(definition) = self.definitions.last_mut() {
            definition.types = [field.type_name(), field.extendee()].map(str::to_owned).to_vec();
        }
    }

    fn define(&mut self, scope: &str, path: &[i32], name: &str) {
        let place = self.locations.get(&[path, &[NAME]].concat()[..]);
        let place = place.map_or(Place::START, |location| self.place(location));
        let comment = self.locations.get(path).map_or(String::new(), |location| comment(location));
        let (scope, name) = (scope.to_owned(), name.to_owned());
        self.definitions.push(Definition { scope, name, place, types: Vec::new(), comment });
    }

    /// Where a location begins. Its columns are bytes, and a tab goes on to a multiple of eight.
    fn place(&self, location: &Location) -> Place {
        let [line, column] = [0, 1].map(|at| location.span.get(at).map_or(0, |&number| number as usize));
        let mut passed = 0;
        let letters = self.lines.get(line).copied().unwrap_or_default().chars().take_while(|&letter| {
            let before = passed < column;
            passed += if letter == '\t' { 8 - passed % 8 } else { letter.len_utf8() };
            before
        });
        Place { line: line + 1, column: letters.count() + 1 }
    }
}

/// The comment above a definition, or else the one behind it, without the slashes and stars that
/// only decorate it.
fn comment(location: &Location) -> String {
    let text = if location.has_leading_comments() { location.leading_comments() } else { location.trailing_comments() };
    let text = text.trim_end().trim_end_matches('*');
    let line = |line: &str| line.trim_start_matches(['/', '*']).to_owned() + "\n";
    text.split('\n').map(line).collect()
}

/// The field of descriptors that has the name.
const NAME: i32 = 1;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use puregrpc_proto::Compiler;

    use super::*;

    fn outline(text: &str) -> Outline {
        let files = BTreeMap::from([("t.proto".to_owned(), text)]);
        let compiled = Compiler::new(&files).source_info(true).compile(["t.proto"]).unwrap();
        Outline::of(&compiled.files().last().unwrap().to_proto().unwrap(), text)
    }

    fn comments(text: &str) -> Vec<String> {
        outline(text).definitions.into_iter().map(|definition| definition.comment).collect()
    }

    #[test]
    fn definitions_have_their_places() {
        let outline = outline("package\ta.b;\n// ö\nmessage M {\n\toptional string /*ö*/ a = 1;\n}");
        let places: Vec<_> = outline.definitions.iter().map(|definition| definition.place).collect();
        assert_eq!(places, [Place { line: 3, column: 9 }, Place { line: 4, column: 24 }]);
    }

    #[test]
    fn entries_of_maps_and_oneofs_of_optional_fields_are_no_definitions() {
        let outline = outline(
            "syntax = \"proto3\"; message M { map<string, string> a = 1; optional string b = 2; oneof c { int32 d = 3; } }",
        );
        let paths: Vec<_> = outline.definitions.iter().map(Definition::path).collect();
        assert_eq!(paths, ["M", "M.a", "M.b", "M.c", "M.d"]);
    }

    #[test]
    fn the_comment_above_counts_or_else_the_one_behind() {
        assert_eq!(
            comments("// one\n// two\nmessage A {} // three\nmessage B {}\n// licence\n\nmessage C {} // none"),
            [" one\n two\n", "\n", "\n"]
        );
        assert_eq!(comments("enum E { // all\n A = 0; // none\n}"), [" all\n", " none\n"]);
    }

    #[test]
    fn what_decorates_a_comment_is_dropped() {
        assert_eq!(comments("//////\n/// One.\n/** Two. **/\nmessage A {}"), [" Two. \n"]);
        assert_eq!(comments("/**\n * One.\n *\n *   Two.\n */\nmessage A {}"), ["\n One.\n\n   Two.\n"]);
    }
}
