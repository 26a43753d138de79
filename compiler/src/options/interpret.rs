//! Finds out which fields the names of options stand for, and sets them.

use super::{Dynamic, aggregate, scalar};
use crate::fault::Report;
use crate::schema::{Element, FieldId, FileId, Kind, Lookup, MessageId, Schema, Symbol, Wanted};
use crate::source::Source;
use crate::syntax::{self, NamePart, OptionItem};

/// Which options are interpreted. Those of `descriptor.proto` come first, since features are among
/// them, and features have a say in how extensions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    Known,
    Extensions,
}

/// Interprets the options of an element, and gives where each one has gone: from the index of the
/// option to the path of the field.
pub(crate) fn interpret(
    schema: &mut Schema,
    file: FileId,
    element: Element,
    pass: Pass,
    report: &mut Report,
) -> Vec<(usize, Vec<i32>)> {
    let settings = schema.settings_mut(element);
    let items = std::mem::take(&mut settings.written.items);
    let mut value = std::mem::take(&mut settings.value);
    let scope = match element {
        Element::File(file) => format!("{}.", schema[file].package),
        _ => schema.full_name(element).to_string(),
    };
    let mut paths = Vec::new();
    let mut used = Vec::new();
    let source = schema[file].source.clone();
    for (index, item) in items.iter().enumerate() {
        if item.name[0].extension != (pass == Pass::Extensions) {
            continue;
        }
        let mut setter = Setter { schema, file, scope: &scope, source: &source, used: &mut used, report };
        if let Some(path) = setter.set(element.options_type(), item, &mut value) {
            paths.push((index, path));
        }
    }
    used.into_iter().for_each(|file_used| schema[file].used.insert(file_used));
    let settings = schema.settings_mut(element);
    (settings.written.items, settings.value) = (items, value);
    paths
}

struct Setter<'a> {
    schema: &'a Schema,
    file: FileId,
    scope: &'a str,
    source: &'a Source,
    used: &'a mut Vec<FileId>,
    report: &'a mut Report,
}

impl Setter<'_> {
    /// Sets an option, and gives the path of its field.
    fn set(&mut self, options: &str, item: &OptionItem, value: &mut Dynamic) -> Option<Vec<i32>> {
        if item.name[0].text == "uninterpreted_option" {
            self.report.fault(self.source, item.name[0].at, "this option is for the compiler's own use");
            return None;
        }
        let fields = self.fields(self.schema.options_message(options)?, item)?;
        let (&leaf, way) = fields.split_last()?;
        let mut path: Vec<i32> = fields.iter().map(|&field| self.schema[field].node.number).collect();
        let mut place = value;
        for &field in way {
            place = place.enter(self.schema[field].node.number, field)?;
        }
        let (number, repeated) = (self.schema[leaf].node.number, self.schema[leaf].is_repeated());
        if !repeated && place.is_set(number) {
            let message = format!("the option `{}` is set twice", shown(&item.name));
            self.report.fault(self.source, item.name[0].at, message).help("remove one of them");
            return None;
        }
        let new = self.value(leaf, item)?;
        if let (Some(oneof), Some(message)) = (self.schema[leaf].node.oneof, self.schema[leaf].container) {
            let others = &self.schema[message].fields;
            for &other in others.iter().filter(|&&other| self.schema[other].node.oneof == Some(oneof)) {
                place.fields.remove(&self.schema[other].node.number);
            }
        }
        place.put(number, leaf, repeated, new);
        if repeated {
            path.push(place.list(number).len() as i32 - 1);
        }
        Some(path)
    }

    fn value(&mut self, leaf: FieldId, item: &OptionItem) -> Option<super::Value> {
        match (self.schema[leaf].kind?, &item.value) {
            (Kind::Message(message) | Kind::Group(message), syntax::Value::Aggregate(tokens)) => {
                let (value, used) =
                    aggregate::read(self.schema, self.file, message, tokens.clone(), item.value_at, self.report)?;
                self.used.extend(used);
                Some(super::Value::Message(value))
            }
            (kind, written) => match scalar::value(self.schema, kind, written) {
                Ok(value) => Some(value),
                Err(wrong) => {
                    let message = format!("the option `{}` has a wrong value: {wrong}", shown(&item.name));
                    self.report.fault(self.source, item.value_at, message);
                    None
                }
            },
        }
    }

    /// The fields that the parts of the name stand for.
    fn fields(&mut self, options: MessageId, item: &OptionItem) -> Option<Vec<FieldId>> {
        let mut message = options;
        let mut fields = Vec::with_capacity(item.name.len());
        for (index, part) in item.name.iter().enumerate() {
            let whole = shown(&item.name[..=index]);
            let field = self.field(message, part, &whole)?;
            let node = &self.schema[field];
            if node.file == self.file && !item.name[0].extension && item.name[0].text == "features" && index > 0 {
                let message = format!("the feature `{whole}` cannot be used in the file that defines it");
                self.report.fault(self.source, part.at, message).help("move its definition to another file");
                return None;
            }
            if index + 1 < item.name.len() {
                message = self.inner(field, item, index, &whole)?;
            }
            fields.push(field);
        }
        Some(fields)
    }

    /// The message that the next part of the name is a field of.
    fn inner(&mut self, field: FieldId, item: &OptionItem, index: usize, whole: &str) -> Option<MessageId> {
        let at = item.name[index + 1].at;
        let Some(message) = self.schema.message_type(field) else {
            self.report.fault(self.source, at, format!("`{whole}` is no message, so it has no fields"));
            return None;
        };
        if self.schema[field].is_repeated() {
            let told =
                self.report.fault(self.source, at, format!("`{whole}` is repeated, so its fields cannot be set alone"));
            told.help(format!("write `{whole} = {{ … }}`"));
            return None;
        }
        Some(message)
    }

    fn field(&mut self, message: MessageId, part: &NamePart, whole: &str) -> Option<FieldId> {
        if !part.extension {
            let found = self.schema[message].by_name.get(&part.text).copied();
            if found.is_none() {
                let full = &self.schema[message].full_name;
                let told = self.report.fault(self.source, part.at, format!("there is no option `{whole}`"));
                told.help(format!("`{full}` has no field `{}`; options of your own stand in parentheses", part.text));
            }
            return found;
        }
        let found = self.schema.look_up(self.file, self.scope, &part.text, Wanted::Any);
        let Lookup::Found(Symbol::Field(field)) = found else {
            self.unknown(part, &found);
            return None;
        };
        let node = &self.schema[field];
        self.used.push(node.file);
        if node.container != Some(message) || !node.is_extension() {
            // Where the extended message is unknown, that has been reported.
            if node.container.is_some() {
                let of = &self.schema[message].full_name;
                self.report.fault(self.source, part.at, format!("`({})` is no extension of `{of}`", part.text));
            }
            return None;
        }
        Some(field)
    }

    fn unknown(&mut self, part: &NamePart, found: &Lookup) {
        let name = &part.text;
        let file = &self.schema[self.file];
        let incomplete = &self.schema.incomplete;
        if matches!(found, Lookup::Unknown) && (file.visible.meets(incomplete) || file.option_visible.meets(incomplete))
        {
            return;
        }
        let told = self.report.fault(self.source, part.at, format!("there is no option `({name})`"));
        match found {
            Lookup::NotImported(full, file) => {
                let path = self.schema[*file].source.name();
                told.help(format!("`{full}` is defined in {path}: add `import \"{path}\";`"));
            }
            Lookup::Hidden(full) => {
                told.help(format!(
                    "`{name}` is looked up as `{full}`; write `(.{name})` to begin at the outermost scope"
                ));
            }
            Lookup::Found(_) => told.help(format!("`{name}` is not an extension")),
            Lookup::Unknown => told.help("import the file that defines the option"),
        }
    }
}

/// The name of an option as it is written.
fn shown(parts: &[NamePart]) -> String {
    let part = |part: &NamePart| if part.extension { format!("({})", part.text) } else { part.text.clone() };
    parts.iter().map(part).collect::<Vec<_>>().join(".")
}
