//! Resolves the names of types: of fields, extensions and methods.

use std::collections::HashMap;

use crate::fault::Report;
use crate::schema::{FieldId, FileId, Kind, Lookup, MessageId, Schema, ServiceId, Symbol, Wanted};
use crate::source::{At, Source};
use crate::syntax::{Name, Type};

/// Resolves all names of a file. Those that stand for nothing are noted in the schema.
pub(crate) fn link(schema: &mut Schema, file: FileId, report: &mut Report) {
    let source = schema[file].source.clone();
    let blind = schema[file].visible.meets(&schema.incomplete);
    let mut linker = Linker { schema, file, source, blind, report };
    for message in linker.schema[file].messages.clone() {
        linker.message(message);
    }
    for extension in linker.schema[file].extensions.clone() {
        linker.field(extension);
    }
    for service in linker.schema[file].services.clone() {
        linker.service(service);
    }
}

/// A name of a type that stands for nothing.
#[derive(Debug, Clone)]
pub(crate) struct Unknown {
    file: FileId,
    scope: String,
    name: Name,
    wanted: Wanted,
}

/// Reports the names that stand for nothing. All files have been added, so that a file that is not
/// imported can be named.
pub(crate) fn report_unknown(schema: &Schema, report: &mut Report) {
    let similar = Similar::of(schema);
    for Unknown { file, scope, name, wanted } in &schema.unknown {
        let text = &name.text;
        let (message, help) = match schema.look_up(*file, scope, text, *wanted) {
            Lookup::NotImported(full, defined) => {
                let path = schema[defined].source.name();
                let message = format!("`{full}` is defined in {path}, which is not imported");
                (message, format!("add `import \"{path}\";`"))
            }
            Lookup::Hidden(full) => {
                let message =
                    format!("`{text}` is looked up as `{full}`, which is not defined: the innermost scope counts");
                (message, format!("write `.{text}` to begin at the outermost scope"))
            }
            _ => (format!("`{text}` is not defined"), similar.help(schema, *file, text)),
        };
        report.fault(&schema[*file].source, name.at, message).help(help);
    }
}

/// The full names of types by their last parts, as far as there are unknown names with these.
struct Similar<'a>(HashMap<&'a str, Vec<(&'a str, Symbol)>>);

impl<'a> Similar<'a> {
    fn of(schema: &'a Schema) -> Self {
        let mut names: HashMap<&str, Vec<_>> =
            schema.unknown.iter().map(|unknown| (last(&unknown.name.text), Vec::new())).collect();
        for (full, symbol) in schema.symbols.types().filter(|_| !names.is_empty()).collect::<Vec<_>>() {
            if let Some(found) = names.get_mut(last(full)) {
                found.push((full, symbol));
            }
        }
        names.values_mut().for_each(|found| found.sort_unstable_by_key(|(full, _)| *full));
        Self(names)
    }

    /// What to do about a name that is unknown.
    fn help(&self, schema: &Schema, file: FileId, text: &str) -> String {
        let text = text.trim_start_matches('.');
        let ends = |full: &str| full.strip_suffix(text).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let found = self.0.get(last(text)).into_iter().flatten().find(|(full, _)| ends(full));
        let Some((full, symbol)) = found else { return "define it, or import the file that defines it".to_string() };
        match schema.file_of(*symbol) {
            Some(defined) if !schema[file].visible.contains(defined) => {
                let path = schema[defined].source.name();
                format!("`{full}` is defined in {path}: add `import \"{path}\";`")
            }
            _ => format!("there is a type `{full}`"),
        }
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

struct Linker<'a> {
    schema: &'a mut Schema,
    file: FileId,
    source: Source,
    /// Whether the definitions of types are missing: then unknown names are no faults of their own.
    blind: bool,
    report: &'a mut Report,
}

impl Linker<'_> {
    fn message(&mut self, id: MessageId) {
        for nested in self.schema[id].messages.clone() {
            self.message(nested);
        }
        for field in self.schema[id].fields.clone() {
            self.field(field);
        }
        for extension in self.schema[id].extensions.clone() {
            self.field(extension);
        }
    }

    fn field(&mut self, id: FieldId) {
        if let Some(extendee) = self.schema[id].node.extendee.clone() {
            let scope = self.schema[id].full_name.clone();
            let container = self.extendee(&scope, &extendee);
            self.schema[id].container = container;
            if let Some(container) = container {
                self.extension(id, container);
            }
        }
        if self.schema[id].kind.is_none() {
            self.schema[id].kind = self.kind(id);
        }
    }

    fn extendee(&mut self, scope: &str, name: &Name) -> Option<MessageId> {
        match self.symbol(scope, name, Wanted::Any)? {
            Symbol::Message(message) => self.check_visible(Symbol::Message(message), name.at).then_some(message),
            _ => {
                self.report.fault(
                    &self.source,
                    name.at,
                    format!("`{}` is no message, so it cannot be extended", name.text),
                );
                None
            }
        }
    }

    /// Notes an extension under its message and number.
    fn extension(&mut self, id: FieldId, container: MessageId) {
        let number = self.schema[id].node.number;
        let &mut first = self.schema.extensions.entry((container, number)).or_insert(id);
        if first == id {
            return;
        }
        let at = self.schema[id].node.number_at;
        let other = &self.schema[first];
        let message = format!(
            "the number {number} of `{}` is used by two extensions: the other one is `{}` in {}",
            self.schema[container].full_name,
            other.full_name,
            self.schema[other.file].source.name()
        );
        if other.file == self.file {
            self.report.fault(&self.source, at, message).help("give one of them another number");
        } else {
            self.report.warning(&self.source, at, message);
        }
    }

    fn kind(&mut self, id: FieldId) -> Option<Kind> {
        let field = &self.schema[id];
        let (scope, name) = (field.full_name.clone(), field.node.type_name.clone());
        let group = field.node.scalar == Some(Type::Group);
        let symbol = self.symbol(&scope, &name, Wanted::Type)?;
        if !self.check_visible(symbol, name.at) {
            return None;
        }
        match symbol {
            Symbol::Message(message) if group => Some(Kind::Group(message)),
            Symbol::Message(message) => Some(Kind::Message(message)),
            Symbol::Enum(id) if !group => Some(Kind::Enum(id)),
            _ => {
                self.report.fault(&self.source, name.at, format!("`{}` is no type", name.text));
                None
            }
        }
    }

    fn service(&mut self, id: ServiceId) {
        for index in 0..self.schema[id].methods.len() {
            let method = &self.schema[id].methods[index];
            let (scope, input, output) =
                (method.full_name.clone(), method.node.input.clone(), method.node.output.clone());
            let (input, output) = (self.method_type(&scope, &input), self.method_type(&scope, &output));
            let method = &mut self.schema[id].methods[index];
            (method.input, method.output) = (input, output);
        }
    }

    fn method_type(&mut self, scope: &str, name: &Name) -> Option<MessageId> {
        match self.symbol(scope, name, Wanted::Any)? {
            Symbol::Message(message) => self.check_visible(Symbol::Message(message), name.at).then_some(message),
            _ => {
                let told = self.report.fault(&self.source, name.at, format!("`{}` is no message", name.text));
                told.help("methods take and return messages");
                None
            }
        }
    }

    fn symbol(&mut self, scope: &str, name: &Name, wanted: Wanted) -> Option<Symbol> {
        let found = self.schema.look_up(self.file, scope, &name.text, wanted);
        if let Lookup::Found(symbol) = found {
            if let Some(file) = self.schema.file_of(symbol) {
                self.schema[self.file].used.insert(file);
            }
            return Some(symbol);
        }
        // The parser has reported that a scalar type cannot stand here.
        if !self.blind && Type::named(name.text.as_bytes()).is_none() {
            let (file, scope, name) = (self.file, scope.to_string(), name.clone());
            self.schema.unknown.push(Unknown { file, scope, name, wanted });
        }
        None
    }

    /// Reports a type of another file that is local there.
    fn check_visible(&mut self, symbol: Symbol, at: At) -> bool {
        let (file, name, exported) = match symbol {
            Symbol::Message(id) => (self.schema[id].file, &self.schema[id].full_name, self.schema.is_exported(symbol)),
            Symbol::Enum(id) => (self.schema[id].file, &self.schema[id].full_name, self.schema.is_exported(symbol)),
            _ => return true,
        };
        if file == self.file || exported {
            return true;
        }
        let message = format!("`{name}` is local to {}", self.schema[file].source.name());
        self.report.fault(&self.source, at, message).help("write `export` before its definition");
        false
    }
}
