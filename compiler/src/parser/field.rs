//! Fields: of messages, of oneofs, and extensions.

use super::message::map_entry;
use super::{Failed, Parsed, Parser};
use crate::edition::Edition;
use crate::location::Mark;
use crate::syntax::{Field, JsonName, Label, Message, Name, OptionList, Type};
use crate::token::Token;

/// The types of keys and values of a map.
struct MapTypes {
    key: Field,
    value: Field,
}

impl Parser<'_> {
    /// A field with its label, type, name, number and options. Groups and maps make messages, which
    /// go to `messages` at `nested`.
    pub(super) fn field(
        &mut self,
        extendee: Option<&Name>,
        oneof: Option<usize>,
        mark: Mark,
        nested: (Mark, i32),
        messages: &mut Vec<Message>,
    ) -> Parsed<Field> {
        let mut field = new_field();
        field.extendee = extendee.cloned();
        field.oneof = oneof;
        let label = if oneof.is_some() { Some(Label::Optional) } else { self.label(mark) };
        field.proto3_optional = oneof.is_none() && label == Some(Label::Optional) && self.edition == Edition::PROTO3;
        let map = self.field_type(&mut field, label, mark)?;
        let name_token = self.token();
        field.name = self.located(mark, &[NAME], |parser, _| parser.identifier("the name of the field"))?;
        if !self.take("=") {
            return self.unexpected("`=` and the number of the field");
        }
        field.number_at = self.here();
        field.number = self.located(mark, &[NUMBER], |parser, _| parser.int32("the number of the field"))?;
        if self.is("[") {
            self.located(mark, &[OPTIONS], |parser, inner| parser.field_options(&mut field, inner, mark))?;
        }
        if field.scalar == Some(Type::Group) {
            self.group(&mut field, name_token, mark, nested, messages)?;
        } else {
            self.end_of(";", Some(mark))?;
        }
        if let Some(map) = map {
            field.type_name.text = map_entry_name(&field.name.text);
            let MapTypes { mut key, mut value } = map;
            (key.name, value.name) = (named("key", &field.name), named("value", &field.name));
            (key.number, value.number) = (1, 2);
            (key.options, value.options) = (field.options.clone(), field.options.clone());
            messages.push(map_entry(&field, &key, &value));
        }
        Ok(field)
    }

    fn label(&mut self, mark: Mark) -> Option<Label> {
        let label = match self.word() {
            b"optional" => Label::Optional,
            b"required" => Label::Required,
            b"repeated" => Label::Repeated,
            _ => return None,
        };
        if !self.edition.is_legacy() && label != Label::Repeated {
            let word = self.word_text();
            let told = self.fault(self.here(), format!("`{word}` is not written in editions"));
            told.help(match label {
                Label::Optional => "remove it: fields have presence unless features.field_presence says otherwise",
                _ => "use [features.field_presence = LEGACY_REQUIRED]",
            });
        }
        self.located(mark, &[LABEL], |parser, _| parser.next());
        Some(label)
    }

    /// Reads the type, and settles the label with it.
    fn field_type(&mut self, field: &mut Field, label: Option<Label>, mark: Mark) -> Parsed<Option<MapTypes>> {
        field.type_name.at = self.here();
        self.located(mark, &[], |parser, type_mark| {
            if parser.is("map") && parser.tokens.get(parser.at + 1).is_some_and(|token| token.text(parser.text) == b"<")
            {
                return parser.map_type(field, label, type_mark).map(Some);
            }
            field.label = match label {
                Some(label) => label,
                None => parser.default_label(),
            };
            parser.any_type(field)?;
            parser.locations.extend(type_mark, if field.type_name.text.is_empty() { TYPE } else { TYPE_NAME });
            Ok(None)
        })
    }

    fn default_label(&mut self) -> Label {
        if self.edition == Edition::PROTO2 {
            let told = self.fault(self.here(), "a field of proto2 needs a label: `optional`, `required` or `repeated`");
            told.help("write `optional` before the type");
        }
        Label::Optional
    }

    /// A scalar type, or the name of one.
    fn any_type(&mut self, field: &mut Field) -> Parsed<()> {
        field.type_name.at = self.here();
        match Type::named(self.word()) {
            Some(scalar) => {
                if scalar == Type::Group && !self.edition.is_legacy() {
                    let told = self.fault(self.here(), "groups are not written in editions");
                    told.help("use a message field with [features.message_encoding = DELIMITED]");
                }
                field.scalar = Some(scalar);
                self.next();
            }
            None => field.type_name = self.type_name()?,
        }
        Ok(())
    }

    fn map_type(&mut self, field: &mut Field, label: Option<Label>, mark: Mark) -> Parsed<MapTypes> {
        let at = self.here();
        let refused = if field.oneof.is_some() {
            Some(("a map cannot stand in a oneof", "put the map into a message of its own"))
        } else if label.is_some() {
            Some(("a map field has no label", "remove the label"))
        } else if field.extendee.is_some() {
            Some(("a map cannot be an extension", "put the map into a message of its own"))
        } else {
            None
        };
        if let Some((message, help)) = refused {
            self.fault(at, message).help(help);
            return Err(Failed);
        }
        field.label = Label::Repeated;
        self.next();
        self.expect("<")?;
        let (mut key, mut value) = (new_field(), new_field());
        self.any_type(&mut key)?;
        self.expect(",")?;
        self.any_type(&mut value)?;
        self.expect(">")?;
        self.locations.extend(mark, TYPE_NAME);
        Ok(MapTypes { key, value })
    }

    fn field_options(&mut self, field: &mut Field, mark: Mark, field_mark: Mark) -> Parsed<()> {
        self.expect("[")?;
        loop {
            match self.word() {
                b"default" => self.default_value(field, field_mark)?,
                b"json_name" => self.json_name(field, field_mark)?,
                _ => self.option_assignment(mark, &mut field.options)?,
            }
            if !self.take(",") {
                break;
            }
        }
        self.closing_bracket()
    }

    fn json_name(&mut self, field: &mut Field, mark: Mark) -> Parsed<()> {
        let at = self.here();
        if field.json_name.is_some() {
            self.fault(at, "json_name is set twice").help("remove one of them");
        }
        self.located(mark, &[JSON_NAME], |parser, mark| {
            parser.next();
            parser.expect("=")?;
            let read = parser.located(mark, &[], |parser, _| parser.string("the name in JSON, in quotes"));
            field.json_name = Some(JsonName { text: read?, at });
            Ok(())
        })
    }

    /// The block of a group: a message with the name of the field.
    fn group(
        &mut self,
        field: &mut Field,
        name: &Token,
        mark: Mark,
        (parent, number): (Mark, i32),
        messages: &mut Vec<Message>,
    ) -> Parsed<()> {
        let mut group = Message { name: field.name.clone(), ..Message::default() };
        let read = self.located(parent, &[number, messages.len() as i32], |parser, group_mark| {
            parser.locations.start_with(group_mark, mark);
            for (parent, path) in [(group_mark, GROUP_NAME), (mark, TYPE_NAME)] {
                let inner = parser.locations.open(Some(parent), &[path], name);
                parser.locations.close(inner, name);
            }
            if !field.name.text.starts_with(|first: char| first.is_ascii_uppercase()) {
                let told = parser.fault(field.name.at, "the name of a group begins with a capital letter");
                told.help(format!("write `{}`", capitalized(&field.name.text)));
            }
            field.type_name.text = field.name.text.clone();
            field.name.text.make_ascii_lowercase();
            if !parser.is("{") {
                return parser.unexpected("`{` and the fields of the group");
            }
            parser.message_block(&mut group, group_mark)
        });
        messages.push(group);
        read
    }
}

fn new_field() -> Field {
    Field {
        name: Name::default(),
        number: 0,
        number_at: Default::default(),
        label: Label::Optional,
        scalar: None,
        type_name: Name::default(),
        extendee: None,
        default: None,
        json_name: None,
        oneof: None,
        proto3_optional: false,
        options: OptionList::default(),
    }
}

fn named(text: &str, place: &Name) -> Name {
    Name { text: text.to_string(), at: place.at }
}

/// `my_map` has entries of the type `MyMapEntry`.
fn map_entry_name(field: &str) -> String {
    let words = field.split('_').map(capitalized);
    words.collect::<String>() + "Entry"
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

// Fields of `FieldDescriptorProto` and `DescriptorProto`.
const NAME: i32 = 1;
const NUMBER: i32 = 3;
const LABEL: i32 = 4;
const TYPE: i32 = 5;
const TYPE_NAME: i32 = 6;
const OPTIONS: i32 = 8;
const JSON_NAME: i32 = 10;
const GROUP_NAME: i32 = 1;
