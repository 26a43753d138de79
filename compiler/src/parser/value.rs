//! Default values of fields, which descriptors keep as text.

use super::{Failed, Parsed, Parser};
use crate::literal;
use crate::location::Mark;
use crate::printed;
use crate::syntax::{DefaultValue, Field, Type};
use crate::token::Kind;

impl Parser<'_> {
    pub(super) fn default_value(&mut self, field: &mut Field, mark: Mark) -> Parsed<()> {
        if field.default.is_some() {
            self.fault(self.here(), "the default is set twice").help("remove one of them");
        }
        self.next();
        self.expect("=")?;
        let at = self.here();
        let text = self.located(mark, &[DEFAULT_VALUE], |parser, _| parser.default_text(field.scalar))?;
        field.default = Some(DefaultValue { text, at });
        Ok(())
    }

    fn default_text(&mut self, scalar: Option<Type>) -> Parsed<Vec<u8>> {
        match scalar {
            // Whether the type is an enum is not known yet.
            None if self.at_end() => self.unexpected("the name of a value"),
            None => {
                let text = self.word().to_vec();
                self.next();
                Ok(text)
            }
            Some(Type::Int32 | Type::Sint32 | Type::Sfixed32) => self.signed_text(i32::MAX as u64),
            Some(Type::Int64 | Type::Sint64 | Type::Sfixed64) => self.signed_text(i64::MAX as u64),
            Some(Type::Uint32 | Type::Fixed32) => self.unsigned_text(u64::from(u32::MAX)),
            Some(Type::Uint64 | Type::Fixed64) => self.unsigned_text(u64::MAX),
            Some(Type::Float) => Ok(printed::float(printed::narrow(self.signed_number()?)).into_bytes()),
            Some(Type::Double) => Ok(printed::double(self.signed_number()?).into_bytes()),
            Some(Type::Bool) if self.is("true") || self.is("false") => {
                let text = self.word().to_vec();
                self.next();
                Ok(text)
            }
            Some(Type::Bool) => self.unexpected("`true` or `false`"),
            Some(Type::String) => self.string("a string in quotes"),
            Some(Type::Bytes) => Ok(printed::escaped(&self.string("a string in quotes")?).into_bytes()),
            Some(Type::Group | Type::Message | Type::Enum) => {
                self.fault(self.here(), "a message has no default value").help("remove the default");
                Err(Failed)
            }
        }
    }

    fn signed_text(&mut self, most: u64) -> Parsed<Vec<u8>> {
        if self.take("-") {
            let value = self.integer(most + 1, "an integer")?;
            Ok(if value == 0 { "0".to_string() } else { format!("-{value}") }.into_bytes())
        } else {
            Ok(self.integer(most, "an integer")?.to_string().into_bytes())
        }
    }

    fn unsigned_text(&mut self, most: u64) -> Parsed<Vec<u8>> {
        let at = self.here();
        if self.take("-") {
            self.fault(at, "an unsigned field has no negative default").help("remove the `-`");
        }
        Ok(self.integer(most, "an integer")?.to_string().into_bytes())
    }

    fn signed_number(&mut self) -> Parsed<f64> {
        if self.take("-") { Ok(-self.number()?) } else { self.number() }
    }

    /// A floating-point number, an integer, `inf` or `nan`.
    pub(super) fn number(&mut self) -> Parsed<f64> {
        let word = self.word();
        let value = match self.token().kind {
            Kind::Float => literal::float(word).or(Some(0.0)),
            Kind::Integer => match literal::integer(word, u64::MAX) {
                Some(value) => Some(value as f64),
                None if literal::is_octal_or_hex(word) => None,
                None => literal::float(word),
            },
            Kind::Identifier if word == b"inf" => Some(f64::INFINITY),
            Kind::Identifier if word == b"nan" => Some(f64::NAN),
            _ => return self.unexpected("a number"),
        };
        if value.is_none() {
            self.fault(self.here(), "this number is out of range").help("write it in decimal");
        }
        self.next();
        Ok(value.unwrap_or(0.0))
    }
}

// A field of `FieldDescriptorProto`.
const DEFAULT_VALUE: i32 = 7;
