//! Messages, oneofs and extensions.

use std::collections::HashSet;

use super::{Failed, Parsed, Parser};
use crate::edition::Edition;
use crate::location::Mark;
use crate::syntax::{Field, Label, Message, Name, Oneof, OptionList, Visibility};

impl Parser<'_> {
    pub(super) fn message(&mut self, visibility: Visibility, mark: Mark, into: &mut Vec<Message>) -> Parsed<()> {
        self.next();
        let mut message = Message { visibility, ..Message::default() };
        message.name = self
            .located(mark, &[NAME], |parser, _| parser.identifier("the name of the message"))
            .or_else(|failed| self.lose_type(failed))?;
        let read = self.message_block(&mut message, mark);
        if self.edition == Edition::PROTO3 {
            add_synthetic_oneofs(&mut message);
        }
        into.push(message);
        read
    }

    /// The block of a message or a group.
    pub(super) fn message_block(&mut self, message: &mut Message, mark: Mark) -> Parsed<()> {
        if self.depth == DEEPEST {
            let told = self.fault(self.here(), format!("messages can be nested {DEEPEST} deep at most"));
            told.help("move this message to an outer level");
            return Err(Failed);
        }
        self.end_of("{", Some(mark))?;
        self.depth += 1;
        while !self.take_end_of("}", None) {
            if self.at_end() {
                self.depth -= 1;
                return self.unexpected("`}` at the end of the message");
            }
            if self.message_statement(message, mark).is_err() {
                self.skip_statement();
            }
        }
        self.depth -= 1;
        finish_ranges(message);
        if let Some(option) = message.options.simple("map_entry") {
            let at = option.name[0].at;
            self.fault(at, "map_entry cannot be set").help("write a field of type `map<key, value>`");
        }
        Ok(())
    }

    fn message_statement(&mut self, message: &mut Message, mark: Mark) -> Parsed<()> {
        if self.take_end_of(";", None) {
            return Ok(());
        }
        let visibility = self.visibility()?;
        match self.word() {
            b"message" => self.located(mark, &[NESTED, message.messages.len() as i32], |parser, mark| {
                parser.message(visibility, mark, &mut message.messages)
            }),
            b"enum" => self.located(mark, &[ENUM, message.enums.len() as i32], |parser, mark| {
                parser.enumeration(visibility, mark, &mut message.enums)
            }),
            b"extensions" => self.located(mark, &[EXTENSION_RANGE], |parser, mark| parser.extensions(message, mark)),
            b"reserved" => self.reserved_in_message(message, mark),
            b"extend" => self.located(mark, &[EXTENSION], |parser, inner| {
                parser.extend(inner, &mut message.extensions, (mark, NESTED), &mut message.messages)
            }),
            b"option" => {
                self.located(mark, &[OPTIONS], |parser, mark| parser.option_statement(mark, &mut message.options))
            }
            b"oneof" => self.located(mark, &[ONEOF, message.oneofs.len() as i32], |parser, inner| {
                parser.oneof(message, inner, mark)
            }),
            _ => self.located(mark, &[FIELD, message.fields.len() as i32], |parser, inner| {
                match parser.field(None, None, inner, (mark, NESTED), &mut message.messages) {
                    Ok(field) => message.fields.push(field),
                    // A misspelled `message Name {` looks like a field.
                    Err(failed) if parser.is("{") => return parser.lose_type(failed),
                    Err(failed) => return Err(failed),
                }
                Ok(())
            }),
        }
    }

    /// `extend M { … }`. Groups make messages, which go to `messages` at `nested`.
    pub(super) fn extend(
        &mut self,
        mark: Mark,
        extensions: &mut Vec<Field>,
        nested: (Mark, i32),
        messages: &mut Vec<Message>,
    ) -> Parsed<()> {
        self.next();
        let start = self.token();
        let extendee = self.type_name()?;
        let end = self.previous();
        self.end_of("{", Some(mark))?;
        loop {
            if self.at_end() {
                return self.unexpected("`}` at the end of the extensions");
            }
            let read = self.located(mark, &[extensions.len() as i32], |parser, mark| {
                parser.located(mark, &[EXTENDEE], |parser, mark| {
                    parser.locations.start_at(mark, start);
                    parser.locations.close(mark, end);
                });
                parser.field(Some(&extendee), None, mark, nested, messages)
            });
            match read {
                Ok(field) => extensions.push(field),
                Err(Failed) => self.skip_statement(),
            }
            if self.take_end_of("}", None) {
                return Ok(());
            }
        }
    }

    fn oneof(&mut self, message: &mut Message, mark: Mark, message_mark: Mark) -> Parsed<()> {
        self.next();
        let name = self.located(mark, &[ONEOF_NAME], |parser, _| parser.identifier("the name of the oneof"))?;
        let index = message.oneofs.len();
        message.oneofs.push(Oneof { name, options: OptionList::default() });
        self.end_of("{", Some(mark))?;
        loop {
            if self.at_end() {
                return self.unexpected("`}` at the end of the oneof");
            }
            if self.is("option") {
                let options = &mut message.oneofs[index].options;
                self.located(mark, &[ONEOF_OPTIONS], |parser, mark| parser.option_statement(mark, options))?;
            } else {
                self.oneof_field(message, index, message_mark);
            }
            if self.take_end_of("}", None) {
                return Ok(());
            }
        }
    }

    fn oneof_field(&mut self, message: &mut Message, index: usize, message_mark: Mark) {
        if matches!(self.word(), b"required" | b"optional" | b"repeated") {
            let label = self.word_text();
            let told = self.fault(self.here(), format!("a field of a oneof cannot be `{label}`"));
            told.help(format!("remove `{label}`"));
            self.next();
        }
        let read = self.located(message_mark, &[FIELD, message.fields.len() as i32], |parser, mark| {
            parser.field(None, Some(index), mark, (message_mark, NESTED), &mut message.messages)
        });
        match read {
            Ok(field) => message.fields.push(field),
            Err(Failed) => self.skip_statement(),
        }
    }
}

/// Ranges `to max` end with the largest number, which is larger in a message set.
fn finish_ranges(message: &mut Message) {
    let value = message.options.simple("message_set_wire_format").map(|option| &option.value);
    let message_set = matches!(value, Some(crate::syntax::Value::Identifier(value)) if value == "true");
    let most = if message_set { i32::MAX } else { LARGEST_NUMBER + 1 };
    for range in message.extension_ranges.iter_mut().filter(|range| range.end == TO_MAX) {
        range.end = most;
    }
    for range in message.reserved_ranges.iter_mut().filter(|range| range.end == TO_MAX) {
        range.end = most;
    }
}

/// Each `optional` field of proto3 is a oneof of its own in descriptors, behind all others.
fn add_synthetic_oneofs(message: &mut Message) {
    if !message.fields.iter().any(|field| field.proto3_optional) {
        return;
    }
    let fields = message.fields.iter().map(|field| &field.name);
    let mut taken: HashSet<String> =
        fields.chain(message.oneofs.iter().map(|oneof| &oneof.name)).map(|name| name.text.clone()).collect();
    for field in message.fields.iter_mut().filter(|field| field.proto3_optional) {
        let text = synthetic_oneof_name(&field.name.text, &mut taken);
        field.oneof = Some(message.oneofs.len());
        let name = Name { text, at: field.name.at };
        message.oneofs.push(Oneof { name, options: OptionList::default() });
    }
}

/// The name of the oneof that stands for an `optional` field: one that is not `taken` yet.
pub(crate) fn synthetic_oneof_name(field: &str, taken: &mut HashSet<String>) -> String {
    let underscore = if field.starts_with('_') { "" } else { "_" };
    let mut name = format!("{underscore}{field}");
    while !taken.insert(name.clone()) {
        name.insert(0, 'X');
    }
    name
}

/// The message that a map field is repeated of.
pub(super) fn map_entry(field: &Field, key: &Field, value: &Field) -> Message {
    let entry = |inner: &Field| {
        let kept = field.options.items.iter().filter(|option| match &option.name[0] {
            part if part.extension => false,
            part if part.text == "features" => true,
            part => {
                part.text == "enforce_utf8"
                    && option.name.len() == 1
                    && inner.scalar == Some(crate::syntax::Type::String)
            }
        });
        let items: Vec<_> = kept.cloned().collect();
        Field { options: OptionList { present: !items.is_empty(), items }, label: Label::Optional, ..inner.clone() }
    };
    Message {
        name: Name { text: field.type_name.text.clone(), at: field.name.at },
        fields: vec![entry(key), entry(value)],
        options: OptionList { present: true, items: Vec::new() },
        map_entry: true,
        ..Message::default()
    }
}

/// How deep messages can be nested.
const DEEPEST: usize = 31;

/// The largest number of a field.
pub(crate) const LARGEST_NUMBER: i32 = (1 << 29) - 1;

/// Stands for `max` until the options of the message are known.
pub(super) const TO_MAX: i32 = -1;

// Fields of `DescriptorProto`, and those of `OneofDescriptorProto` and `FieldDescriptorProto`.
const NAME: i32 = 1;
const FIELD: i32 = 2;
const NESTED: i32 = 3;
const ENUM: i32 = 4;
const EXTENSION_RANGE: i32 = 5;
const EXTENSION: i32 = 6;
const OPTIONS: i32 = 7;
const ONEOF: i32 = 8;
const ONEOF_NAME: i32 = 1;
const ONEOF_OPTIONS: i32 = 2;
const EXTENDEE: i32 = 2;
