//! Messages in braces: the text format of Protocol Buffers.

use std::ops::Range;

use super::scalar::narrow;
use super::{Dynamic, Value};
use crate::fault::{Report, Told};
use crate::literal;
use crate::printed;
use crate::schema::{EnumId, FieldId, FileId, Kind, Lookup, MessageId, Schema, Symbol, Wanted};
use crate::source::At;
use crate::syntax::Type;
use crate::token::{self, Token};

/// Reads a message from the tokens between its braces. The files whose symbols are used are given
/// as well.
pub(super) fn read(
    schema: &Schema,
    file: FileId,
    message: MessageId,
    tokens: Range<usize>,
    at: At,
    report: &mut Report,
) -> Option<(Dynamic, Vec<FileId>)> {
    let node = &schema[file];
    let text = node.source.text();
    let mut range = &node.tokens[tokens];
    // A `#` begins a comment that goes on to the end of the value, as lines are not kept apart.
    if let Some(comment) = range.iter().position(|token| token.text(text) == b"#") {
        range = &range[..comment];
    }
    let mut reader = Reader { schema, file, text, tokens: range, at: 0, end: at, depth: 0, used: Vec::new(), report };
    let mut value = Dynamic::default();
    while reader.at < reader.tokens.len() {
        reader.field(message, &mut value).ok()?;
    }
    reader.required(message, &value, at).ok()?;
    Some((value, reader.used))
}

/// A fault has been reported.
#[derive(Debug)]
pub(super) struct Failed;

pub(super) type Read<T> = Result<T, Failed>;

pub(super) struct Reader<'a> {
    pub(super) schema: &'a Schema,
    pub(super) file: FileId,
    pub(super) text: &'a [u8],
    pub(super) tokens: &'a [Token],
    pub(super) at: usize,
    /// Where faults at the end are shown.
    pub(super) end: At,
    pub(super) depth: usize,
    pub(super) used: Vec<FileId>,
    pub(super) report: &'a mut Report,
}

impl Reader<'_> {
    /// The fields of a message and the brace that closes it.
    pub(super) fn message(&mut self, message: MessageId) -> Read<Dynamic> {
        let close = self.open()?;
        let mut value = Dynamic::default();
        while !self.is(b">") && !self.is(b"}") {
            self.field(message, &mut value)?;
        }
        self.expect(close)?;
        self.depth -= 1;
        Ok(value)
    }

    /// `{` or `<`; gives what closes it.
    pub(super) fn open(&mut self) -> Read<&'static str> {
        if self.depth == DEEPEST {
            self.fault(self.here(), format!("messages can be nested {DEEPEST} deep at most"));
            return Err(Failed);
        }
        self.depth += 1;
        if self.take(b"<") {
            return Ok(">");
        }
        self.expect("{")?;
        Ok("}")
    }

    fn field(&mut self, message: MessageId, value: &mut Dynamic) -> Read<()> {
        let at = self.here();
        if self.is(b"[") {
            let name = self.bracketed()?;
            if self.schema[message].full_name == "google.protobuf.Any" {
                self.any(message, &name, at, value)?;
                return self.separator();
            }
            let field = self.extension(message, &name, at)?;
            return self.known(message, field, &name, at, value);
        }
        let name = self.identifier("the name of a field")?;
        match self.named(message, &name) {
            Some(field) => self.known(message, field, &name, at, value),
            None if self.schema[message].reserved_names.iter().any(|reserved| reserved.text == name) => {
                self.skip_value()?;
                self.separator()
            }
            None => {
                self.fault(at, format!("`{}` has no field `{name}`", self.schema[message].full_name));
                Err(Failed)
            }
        }
    }

    /// A field by its name; groups may be called by the names of their messages too.
    fn named(&self, message: MessageId, name: &str) -> Option<FieldId> {
        let by_name = &self.schema[message].by_name;
        by_name.get(name).copied().or_else(|| {
            let &field = by_name.get(&name.to_ascii_lowercase())?;
            let node = &self.schema[field];
            let Some(Kind::Group(group)) = node.kind else { return None };
            let group = &self.schema[group];
            let same_place = group.file == node.file && group.parent == node.scope;
            (same_place && group.name.text == name).then_some(field)
        })
    }

    fn extension(&mut self, message: MessageId, name: &str, at: At) -> Read<FieldId> {
        let full = &self.schema[message].full_name;
        if name.contains('/') {
            self.fault(at, format!("a type in brackets can only stand in google.protobuf.Any, and this is `{full}`"));
            return Err(Failed);
        }
        let found = match self.schema.look_up(self.file, full, name, Wanted::Any) {
            Lookup::Found(Symbol::Field(field)) => Some(field),
            Lookup::Found(Symbol::Message(inner)) => self.message_set_extension(message, inner),
            _ => None,
        };
        let found =
            found.filter(|&field| self.schema[field].is_extension() && self.schema[field].container == Some(message));
        match found {
            Some(field) => {
                self.used.push(self.schema[field].file);
                Ok(field)
            }
            None => {
                let told = self.fault(at, format!("`{full}` has no extension `{name}`"));
                told.help("import the file that defines it, or write its full name");
                Err(Failed)
            }
        }
    }

    /// In message sets, the name of a message stands for the extension in it that has this type.
    fn message_set_extension(&self, message: MessageId, inner: MessageId) -> Option<FieldId> {
        if !self.schema[message].settings.value.is_true(MESSAGE_SET_WIRE_FORMAT) {
            return None;
        }
        let fits = |&&field: &&FieldId| {
            self.schema[field].container == Some(message)
                && !self.schema[field].is_repeated()
                && self.schema[field].kind == Some(Kind::Message(inner))
        };
        self.schema[inner].extensions.iter().find(fits).copied()
    }

    /// The values of a field, behind its name.
    fn known(&mut self, message: MessageId, field: FieldId, name: &str, at: At, value: &mut Dynamic) -> Read<()> {
        let node = &self.schema[field];
        let Some(kind) = node.kind else { return Err(Failed) };
        self.check_free(message, field, name, at, value)?;
        let is_message = self.schema.message_type(field).is_some();
        if !self.take(b":") && !is_message {
            return self.unexpected("`:`");
        }
        if node.is_repeated() && self.take(b"[") {
            while !self.take(b"]") {
                let item = self.value(kind, field)?;
                value.put(node.node.number, field, true, item);
                if !self.is(b"]") {
                    self.expect(",")?;
                    if self.is(b"]") {
                        return self.unexpected("a value");
                    }
                }
            }
        } else {
            let item = self.value(kind, field)?;
            // A value that is not told from "unset" is not kept.
            if node.is_repeated() || node.has_presence() || !item.is_default() {
                value.put(node.node.number, field, node.is_repeated(), item);
            }
        }
        self.separator()
    }

    fn check_free(&mut self, message: MessageId, field: FieldId, name: &str, at: At, value: &Dynamic) -> Read<()> {
        let node = &self.schema[field];
        if node.is_repeated() {
            return Ok(());
        }
        if value.is_set(node.node.number) {
            self.fault(at, format!("the field `{name}` is set twice")).help("remove one of them");
            return Err(Failed);
        }
        let Some(oneof) = node.node.oneof.filter(|_| !node.is_extension()) else { return Ok(()) };
        let others = self.schema[message].fields.iter().map(|&other| &self.schema[other]);
        let other =
            others.filter(|other| other.node.oneof == Some(oneof)).find(|other| value.is_set(other.node.number));
        if let Some(other) = other {
            let oneof = &self.schema[message].oneofs[oneof].name.text;
            let told = self.fault(
                at,
                format!("`{name}` and `{}` cannot both be set: they are in the oneof `{oneof}`", other.name()),
            );
            told.help("remove one of them");
            return Err(Failed);
        }
        Ok(())
    }

    pub(super) fn separator(&mut self) -> Read<()> {
        let _ = self.take(b";") || self.take(b",");
        Ok(())
    }

    fn value(&mut self, kind: Kind, field: FieldId) -> Read<Value> {
        match kind {
            Kind::Message(message) | Kind::Group(message) => Ok(Value::Message(self.message(message)?)),
            Kind::Enum(id) => self.enum_value(id, field),
            Kind::Scalar(scalar) => match scalar {
                Type::Int32 | Type::Sint32 | Type::Sfixed32 => Ok(Value::Signed(self.signed(i32::MAX as u64)?)),
                Type::Int64 | Type::Sint64 | Type::Sfixed64 => Ok(Value::Signed(self.signed(i64::MAX as u64)?)),
                Type::Uint32 | Type::Fixed32 => Ok(Value::Unsigned(self.unsigned(u32::MAX.into())?)),
                Type::Uint64 | Type::Fixed64 => Ok(Value::Unsigned(self.unsigned(u64::MAX)?)),
                Type::Float => {
                    let value = self.double()?;
                    Ok(Value::Float(if value.is_nan() { narrow(value) } else { printed::narrow(value) }))
                }
                Type::Double => Ok(Value::Double(self.double()?)),
                Type::Bool => self.boolean(),
                _ => Ok(Value::Bytes(self.string()?)),
            },
        }
    }

    fn enum_value(&mut self, id: EnumId, field: FieldId) -> Read<Value> {
        let at = self.here();
        let node = &self.schema[id];
        if self.kind() == token::Kind::Identifier {
            let name = self.identifier("a value")?;
            return match node.by_name.get(&name) {
                Some(&index) => Ok(Value::Enum(node.values[index].number)),
                None => {
                    self.fault(at, format!("`{}` has no value `{name}`", node.full_name));
                    Err(Failed)
                }
            };
        }
        let number = self.signed(i32::MAX as u64)? as i32;
        let closed =
            node.is_closed() || self.schema[self.schema[field].file].edition == crate::edition::Edition::PROTO2;
        if closed && !node.values.iter().any(|value| value.number == number) {
            self.fault(at, format!("`{}` has no value {number}", node.full_name));
            return Err(Failed);
        }
        Ok(Value::Enum(number))
    }

    fn boolean(&mut self) -> Read<Value> {
        if self.kind() == token::Kind::Integer {
            return Ok(Value::Bool(self.unsigned(1)? == 1));
        }
        match self.word() {
            b"true" | b"True" | b"t" => self.at += 1,
            b"false" | b"False" | b"f" => {
                self.at += 1;
                return Ok(Value::Bool(false));
            }
            _ => return self.unexpected("`true` or `false`"),
        }
        Ok(Value::Bool(true))
    }

    fn signed(&mut self, most: u64) -> Read<i64> {
        if self.take(b"-") {
            Ok((self.unsigned(most + 1)? as i64).wrapping_neg())
        } else {
            Ok(self.unsigned(most)? as i64)
        }
    }

    fn unsigned(&mut self, most: u64) -> Read<u64> {
        if self.kind() != token::Kind::Integer {
            return self.unexpected("an integer");
        }
        let Some(value) = literal::integer(self.word(), most) else {
            self.fault(self.here(), format!("this number is out of range: at most {most} can stand here"));
            return Err(Failed);
        };
        self.at += 1;
        Ok(value)
    }

    fn double(&mut self) -> Read<f64> {
        let negative = self.take(b"-");
        let word = self.word();
        let value = match self.kind() {
            token::Kind::Integer if literal::is_octal_or_hex(word) => None,
            token::Kind::Integer => literal::integer(word, u64::MAX).map(|value| value as f64).or(literal::float(word)),
            token::Kind::Float => literal::float(word),
            token::Kind::Identifier => match &word.to_ascii_lowercase()[..] {
                b"inf" | b"infinity" => Some(f64::INFINITY),
                b"nan" => Some(f64::from_bits(NAN)),
                _ => None,
            },
            _ => None,
        };
        let Some(value) = value else { return self.unexpected("a number in decimal") };
        self.at += 1;
        Ok(if negative { -value } else { value })
    }

    fn string(&mut self) -> Read<Vec<u8>> {
        if self.kind() != token::Kind::String {
            return self.unexpected("a string in quotes");
        }
        let mut value = Vec::new();
        while self.kind() == token::Kind::String {
            literal::string(self.word(), &mut value);
            self.at += 1;
        }
        Ok(value)
    }

    /// Reports required fields that are not set.
    pub(super) fn required(&mut self, message: MessageId, value: &Dynamic, at: At) -> Read<()> {
        for &field in &self.schema[message].fields {
            let node = &self.schema[field];
            if node.is_required() && !value.is_set(node.node.number) {
                self.fault(at, format!("the required field `{}` is not set", node.full_name));
                return Err(Failed);
            }
        }
        for slot in value.fields.values() {
            let Some(message) = self.schema.message_type(slot.field) else { continue };
            for inner in &slot.values {
                let Value::Message(inner) = inner else { continue };
                self.required(message, inner, at)?;
            }
        }
        Ok(())
    }

    pub(super) fn word(&self) -> &[u8] {
        self.tokens.get(self.at).map_or(b"", |token| token.text(self.text))
    }

    pub(super) fn kind(&self) -> token::Kind {
        self.tokens.get(self.at).map_or(token::Kind::End, |token| token.kind)
    }

    pub(super) fn here(&self) -> At {
        self.tokens.get(self.at).map_or(self.end, Token::at)
    }

    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.word() == word
    }

    pub(super) fn take(&mut self, word: &[u8]) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Read<()> {
        if self.take(word.as_bytes()) { Ok(()) } else { self.unexpected(&format!("`{word}`")) }
    }

    pub(super) fn identifier(&mut self, wanted: &str) -> Read<String> {
        if self.kind() != token::Kind::Identifier {
            return self.unexpected(wanted);
        }
        let name = String::from_utf8_lossy(self.word()).into_owned();
        self.at += 1;
        Ok(name)
    }

    pub(super) fn unexpected<T>(&mut self, wanted: &str) -> Read<T> {
        let found = match self.kind() {
            token::Kind::End => "the end of the value".to_string(),
            _ => format!("`{}`", String::from_utf8_lossy(self.word()).chars().take(40).collect::<String>()),
        };
        self.fault(self.here(), format!("expected {wanted}, found {found}"));
        Err(Failed)
    }

    pub(super) fn fault(&mut self, at: At, message: impl Into<String>) -> Told<'_> {
        self.report.fault(&self.schema[self.file].source, at, message)
    }
}

/// How deep messages can be nested in each other.
const DEEPEST: usize = 100;

/// The bits of what is no number.
const NAN: u64 = 0x7FF8_0000_0000_0000;

/// An option of messages.
const MESSAGE_SET_WIRE_FORMAT: i32 = 1;
