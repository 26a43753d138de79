//! Adds files to the schema: gives ids to what is in them, and adds their names to the symbols.

use std::collections::HashMap;

use super::{
    Enum, EnumId, EnumValue, ExtensionRange, Field, FieldId, File, FileId, FileSet, Import, Kind, Message, MessageId,
    Method, Oneof, Schema, Service, ServiceId, Settings, Symbol,
};
use crate::fault::Report;
use crate::source::Source;
use crate::syntax::{self, Damage, ImportKind, Name, Type};

impl Schema {
    /// Adds a file whose imports have been added before. Names that are taken are reported.
    pub(crate) fn add(
        &mut self,
        node: syntax::File,
        imports: Vec<Option<FileId>>,
        hidden: bool,
        report: &mut Report,
    ) -> FileId {
        let id = FileId::next(self);
        let imports: Vec<Import> =
            node.imports.into_iter().zip(imports).map(|(node, file)| Import { node, file }).collect();
        let (visible, option_visible, public) = self.visibility(id, &imports);
        let package = node.package.clone().unwrap_or_default();
        self.files.push(File {
            source: node.source.clone(),
            tokens: node.tokens,
            edition: node.edition,
            edition_at: node.edition_at,
            package: package.text.clone(),
            imports,
            visible,
            option_visible,
            public,
            used: FileSet::default(),
            messages: Vec::new(),
            enums: Vec::new(),
            services: Vec::new(),
            extensions: Vec::new(),
            settings: Settings::new(node.options, Vec::new()),
            locations: node.locations,
            damage: node.damage,
            hidden,
            asked_for: false,
        });
        if node.damage == Damage::Types || self[id].imports.iter().any(|import| import.file.is_none()) {
            self.incomplete.insert(id);
        }
        let mut adder = Adder { schema: self, file: id, source: node.source, quiet: false, report };
        adder.package(&package);
        let scope = Scope { prefix: package.text, message: None, path: Vec::new() };
        let messages = adder.messages(node.messages, &scope, 4);
        let enums = adder.enums(node.enums, &scope, 5);
        let services = adder.services(node.services, &scope);
        let extensions = adder.fields(node.extensions, &scope, 7);
        let file = &mut self[id];
        (file.messages, file.enums, file.services, file.extensions) = (messages, enums, services, extensions);
        id
    }

    fn visibility(&self, id: FileId, imports: &[Import]) -> (FileSet, FileSet, FileSet) {
        let (mut visible, mut option_visible) = (FileSet::default(), FileSet::default());
        visible.insert(id);
        let mut public = visible.clone();
        for import in imports {
            let Some(file) = import.file else { continue };
            let seen = &self[file].public;
            match import.node.kind {
                ImportKind::Option => option_visible.add(seen),
                _ => visible.add(seen),
            }
            if import.node.kind == ImportKind::Public {
                public.add(seen);
            }
        }
        (visible, option_visible, public)
    }
}

/// Where names are defined.
struct Scope {
    /// The full name of the package or message around.
    prefix: String,
    message: Option<MessageId>,
    /// The path of the message around, in descriptors.
    path: Vec<i32>,
}

impl Scope {
    fn full_name(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_string() } else { format!("{}.{name}", self.prefix) }
    }

    fn path(&self, number: i32, index: usize) -> Vec<i32> {
        let mut path = Vec::with_capacity(self.path.len() + 2);
        path.extend(&self.path);
        path.extend([number, index as i32]);
        path
    }
}

struct Adder<'a> {
    schema: &'a mut Schema,
    file: FileId,
    source: Source,
    /// Whether the message around is defined twice: then all in it is, and not reported once more.
    quiet: bool,
    report: &'a mut Report,
}

impl Adder<'_> {
    fn package(&mut self, package: &Name) {
        if package.text.is_empty() {
            return;
        }
        if package.text.len() > LONGEST_PACKAGE || package.text.matches('.').count() > DEEPEST_PACKAGE {
            self.report.fault(&self.source, package.at, "the name of the package is too long");
        }
        let table = if self.schema[self.file].hidden { &mut self.schema.hidden } else { &mut self.schema.symbols };
        if let Err(taken) = table.add_package(&package.text, self.file) {
            let place = self.described(taken);
            let message =
                format!("the package `{}` has the name of something else, or stands below such a name", package.text);
            self.report
                .fault(&self.source, package.at, message)
                .help(format!("rename it: the name is taken by {place}"));
        }
    }

    fn messages(&mut self, nodes: Vec<syntax::Message>, scope: &Scope, number: i32) -> Vec<MessageId> {
        nodes.into_iter().enumerate().map(|(index, node)| self.message(node, scope, number, index)).collect()
    }

    fn message(&mut self, node: syntax::Message, scope: &Scope, number: i32, index: usize) -> MessageId {
        let id = MessageId::next(self.schema);
        let full_name = scope.full_name(&node.name.text);
        let path = scope.path(number, index);
        self.schema.messages.push(Message {
            name: node.name,
            full_name: full_name.clone(),
            file: self.file,
            parent: scope.message,
            fields: Vec::new(),
            oneofs: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
            extensions: Vec::new(),
            extension_ranges: Vec::new(),
            reserved_ranges: node.reserved_ranges,
            reserved_names: node.reserved_names,
            visibility: node.visibility,
            map_entry: node.map_entry,
            settings: Settings::new(node.options, path.clone()),
            by_name: HashMap::new(),
        });
        let outer = self.quiet;
        self.quiet |= !self.symbol(&full_name, Symbol::Message(id), node.map_entry);
        let inner = Scope { prefix: full_name, message: Some(id), path };
        self.oneofs(node.oneofs, &inner, id);
        let extension_ranges = ranges(node.extension_ranges, &inner);
        let fields = self.fields(node.fields, &inner, 2);
        let messages = self.messages(node.messages, &inner, 3);
        let enums = self.enums(node.enums, &inner, 4);
        let extensions = self.fields(node.extensions, &inner, 6);
        self.quiet = outer;
        let mut by_name = HashMap::with_capacity(fields.len());
        for &field in &fields {
            by_name.entry(self.schema[field].name().to_string()).or_insert(field);
        }
        let message = &mut self.schema[id];
        (message.extension_ranges, message.fields) = (extension_ranges, fields);
        (message.messages, message.enums, message.extensions) = (messages, enums, extensions);
        message.by_name = by_name;
        id
    }

    fn oneofs(&mut self, nodes: Vec<syntax::Oneof>, scope: &Scope, message: MessageId) {
        for (index, node) in nodes.into_iter().enumerate() {
            let full_name = scope.full_name(&node.name.text);
            let settings = Settings::new(node.options, scope.path(8, index));
            let oneof = Oneof { name: node.name, full_name: full_name.clone(), settings };
            self.schema[message].oneofs.push(oneof);
            self.symbol(&full_name, Symbol::Oneof(message, index as u32), false);
        }
    }

    fn fields(&mut self, nodes: Vec<syntax::Field>, scope: &Scope, number: i32) -> Vec<FieldId> {
        let mut ids = Vec::with_capacity(nodes.len());
        for (index, mut node) in nodes.into_iter().enumerate() {
            let id = FieldId::next(self.schema);
            let full_name = scope.full_name(&node.name.text);
            let extension = node.extendee.is_some();
            let kind = node.scalar.filter(|&scalar| scalar != Type::Group).map(Kind::Scalar);
            let options = std::mem::take(&mut node.options);
            self.schema.fields.push(Field {
                node,
                full_name: full_name.clone(),
                file: self.file,
                scope: scope.message,
                container: if extension { None } else { scope.message },
                kind,
                settings: Settings::new(options, scope.path(number, index)),
            });
            self.symbol(&full_name, Symbol::Field(id), false);
            ids.push(id);
        }
        ids
    }

    fn enums(&mut self, nodes: Vec<syntax::Enum>, scope: &Scope, number: i32) -> Vec<EnumId> {
        nodes
            .into_iter()
            .enumerate()
            .map(|(index, node)| self.enumeration(node, scope, scope.path(number, index)))
            .collect()
    }

    fn enumeration(&mut self, node: syntax::Enum, scope: &Scope, path: Vec<i32>) -> EnumId {
        let id = EnumId::next(self.schema);
        let full_name = scope.full_name(&node.name.text);
        let mut by_name = HashMap::with_capacity(node.values.len());
        let value = |(index, value): (usize, syntax::EnumValue)| {
            by_name.entry(value.name.text.clone()).or_insert(index);
            let mut path = path.clone();
            path.extend([2, index as i32]);
            EnumValue {
                // The names of values are siblings of the enum's.
                full_name: scope.full_name(&value.name.text),
                name: value.name,
                number: value.number,
                number_at: value.number_at,
                settings: Settings::new(value.options, path),
            }
        };
        let values: Vec<EnumValue> = node.values.into_iter().enumerate().map(value).collect();
        let names: Vec<String> = values.iter().map(|value| value.full_name.clone()).collect();
        self.schema.enums.push(Enum {
            name: node.name,
            full_name: full_name.clone(),
            file: self.file,
            parent: scope.message,
            values,
            reserved_ranges: node.reserved_ranges,
            reserved_names: node.reserved_names,
            visibility: node.visibility,
            settings: Settings::new(node.options, path),
            by_name,
        });
        let outer = self.quiet;
        self.quiet |= !self.symbol(&full_name, Symbol::Enum(id), false);
        for (index, name) in names.iter().enumerate() {
            self.symbol(name, Symbol::EnumValue(id, index as u32), false);
        }
        self.quiet = outer;
        id
    }

    fn services(&mut self, nodes: Vec<syntax::Service>, scope: &Scope) -> Vec<ServiceId> {
        nodes.into_iter().enumerate().map(|(index, node)| self.service(node, scope, scope.path(6, index))).collect()
    }

    fn service(&mut self, node: syntax::Service, scope: &Scope, path: Vec<i32>) -> ServiceId {
        let id = ServiceId::next(self.schema);
        let full_name = scope.full_name(&node.name.text);
        let method = |(index, mut node): (usize, syntax::Method)| {
            let mut path = path.clone();
            path.extend([2, index as i32]);
            let settings = Settings::new(std::mem::take(&mut node.options), path);
            Method { full_name: format!("{full_name}.{}", node.name.text), node, input: None, output: None, settings }
        };
        let methods: Vec<Method> = node.methods.into_iter().enumerate().map(method).collect();
        let names: Vec<String> = methods.iter().map(|method| method.full_name.clone()).collect();
        let settings = Settings::new(node.options, path);
        self.schema.services.push(Service {
            name: node.name,
            full_name: full_name.clone(),
            file: self.file,
            methods,
            settings,
        });
        let outer = self.quiet;
        self.quiet |= !self.symbol(&full_name, Symbol::Service(id), false);
        for (index, name) in names.iter().enumerate() {
            self.symbol(name, Symbol::Method(id, index as u32), false);
        }
        self.quiet = outer;
        id
    }

    /// Adds a name. If it is taken, that is reported, and `false` given.
    fn symbol(&mut self, full_name: &str, symbol: Symbol, map_entry: bool) -> bool {
        let table = if self.schema[self.file].hidden { &mut self.schema.hidden } else { &mut self.schema.symbols };
        let Err(taken) = table.add(full_name, symbol) else { return true };
        if self.quiet {
            return false;
        }
        let name = full_name.rsplit('.').next().unwrap_or(full_name);
        let message = match symbol {
            Symbol::EnumValue(..) => format!(
                "`{name}` is defined twice: the values of an enum stand beside it, not in it, so their names must differ \
                 from all names there"
            ),
            _ if map_entry => format!("the map makes a message `{name}`, and there is another `{name}`"),
            _ => format!("`{full_name}` is defined twice"),
        };
        let at = self.place_of(symbol);
        let help = format!("rename it: the name is taken by {}", self.described(taken));
        self.report.fault(&self.source, at, message).help(help);
        false
    }

    /// What a symbol is, and where it is defined.
    fn described(&self, symbol: Symbol) -> String {
        let what = match symbol {
            Symbol::Package(_) => return "a package".to_string(),
            Symbol::Message(_) => "a message",
            Symbol::Field(_) => "a field",
            Symbol::Oneof(..) => "a oneof",
            Symbol::Enum(_) => "an enum",
            Symbol::EnumValue(..) => "a value of an enum",
            Symbol::Service(_) => "a service",
            Symbol::Method(..) => "a method",
        };
        let Some(file) = self.schema.file_of(symbol) else { return what.to_string() };
        let position = self.schema[file].source.position(self.place_of(symbol));
        format!("{what} at {}:{}:{}", self.schema[file].source.name(), position.line, position.column)
    }

    fn place_of(&self, symbol: Symbol) -> crate::source::At {
        let schema = &self.schema;
        match symbol {
            Symbol::Package(_) => Default::default(),
            Symbol::Message(id) => schema[id].name.at,
            Symbol::Field(id) => schema[id].node.name.at,
            Symbol::Oneof(id, index) => {
                schema[id].oneofs.get(index as usize).map(|oneof| oneof.name.at).unwrap_or_default()
            }
            Symbol::Enum(id) => schema[id].name.at,
            Symbol::EnumValue(id, index) => schema[id].values[index as usize].name.at,
            Symbol::Service(id) => schema[id].name.at,
            Symbol::Method(id, index) => schema[id].methods[index as usize].node.name.at,
        }
    }
}

fn ranges(nodes: Vec<syntax::ExtensionRange>, scope: &Scope) -> Vec<ExtensionRange> {
    let range = |(index, node): (usize, syntax::ExtensionRange)| {
        let settings = Settings::new(node.options, scope.path(5, index));
        ExtensionRange { start: node.start, end: node.end, at: node.at, settings }
    };
    nodes.into_iter().enumerate().map(range).collect()
}

/// The longest name of a package, in bytes, and the most points in it.
const LONGEST_PACKAGE: usize = 511;
const DEEPEST_PACKAGE: usize = 100;
