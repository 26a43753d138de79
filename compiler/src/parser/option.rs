//! Options, as they are written: their names are resolved later.

use super::{Failed, Parsed, Parser};
use crate::literal;
use crate::location::Mark;
use crate::syntax::{NamePart, OptionItem, OptionList, Value};
use crate::token::Kind;

impl Parser<'_> {
    /// `option name = value;`
    pub(super) fn option_statement(&mut self, mark: Mark, options: &mut OptionList) -> Parsed<()> {
        self.option(mark, options, true)
    }

    /// `name = value`
    pub(super) fn option_assignment(&mut self, mark: Mark, options: &mut OptionList) -> Parsed<()> {
        self.option(mark, options, false)
    }

    /// `[name = value, …]`
    pub(super) fn option_brackets(&mut self, mark: Mark, options: &mut OptionList) -> Parsed<()> {
        self.expect("[")?;
        loop {
            self.option_assignment(mark, options)?;
            if !self.take(",") {
                break;
            }
        }
        self.closing_bracket()
    }

    pub(super) fn closing_bracket(&mut self) -> Parsed<()> {
        if self.take("]") { Ok(()) } else { self.unexpected("`,` or `]` after this option") }
    }

    fn option(&mut self, mark: Mark, options: &mut OptionList, statement: bool) -> Parsed<()> {
        options.present = true;
        self.located(mark, &[UNINTERPRETED, options.items.len() as i32], |parser, mark| {
            if statement {
                parser.expect("option")?;
            }
            let name = parser.option_name(mark)?;
            parser.expect("=")?;
            let value_at = parser.here();
            let value = parser.located(mark, &[], |parser, mark| parser.option_value(mark))?;
            options.items.push(OptionItem { name, value, value_at });
            if statement { parser.end_of(";", Some(mark)) } else { Ok(()) }
        })
    }

    fn option_name(&mut self, mark: Mark) -> Parsed<Vec<NamePart>> {
        self.located(mark, &[NAME], |parser, mark| {
            let mut parts = Vec::new();
            loop {
                let part = parser.located(mark, &[parts.len() as i32], |parser, mark| parser.name_part(mark))?;
                parts.push(part);
                if !parser.take(".") {
                    return Ok(parts);
                }
            }
        })
    }

    fn name_part(&mut self, mark: Mark) -> Parsed<NamePart> {
        let at = self.here();
        if !self.take("(") {
            let name = self.located(mark, &[NAME_PART], |parser, _| parser.identifier("the name of an option"))?;
            return Ok(NamePart { text: name.text, extension: false, at });
        }
        let text = self.located(mark, &[NAME_PART], |parser, _| {
            let mut text = String::new();
            if parser.token().kind == Kind::Identifier {
                text = parser.identifier("a name")?.text;
            }
            while parser.take(".") {
                text.push('.');
                text.push_str(&parser.identifier("a name after the point")?.text);
            }
            Ok(text)
        })?;
        self.expect(")")?;
        if text.is_empty() {
            self.fault(at, "this option has no name").help("write the name of an extension in the parentheses");
            return Err(Failed);
        }
        Ok(NamePart { text, extension: true, at })
    }

    fn option_value(&mut self, mark: Mark) -> Parsed<Value> {
        let at = self.here();
        let negative = self.take("-");
        let (path, value) = match self.token().kind {
            Kind::Identifier => (IDENTIFIER_VALUE, self.identifier_value(negative)?),
            Kind::Integer | Kind::Float => self.number_value(negative)?,
            Kind::String if negative => {
                self.fault(at, "a string has no sign").help("remove the `-`");
                return Err(Failed);
            }
            Kind::String => (STRING_VALUE, Value::String(self.string("a string in quotes")?)),
            Kind::Symbol if self.is("{") => (AGGREGATE_VALUE, self.aggregate()?),
            Kind::Symbol | Kind::End => return self.unexpected("the value of the option"),
        };
        self.locations.extend(mark, path);
        Ok(value)
    }

    fn identifier_value(&mut self, negative: bool) -> Parsed<Value> {
        let at = self.here();
        let word = self.identifier("a name")?.text;
        match (negative, &word[..]) {
            (false, _) => Ok(Value::Identifier(word)),
            (true, "inf") => Ok(Value::Double(f64::NEG_INFINITY)),
            (true, "nan") => Ok(Value::Double(f64::NAN)),
            (true, _) => {
                self.fault(at, "after `-` only a number, `inf` or `nan` can stand");
                Err(Failed)
            }
        }
    }

    fn number_value(&mut self, negative: bool) -> Parsed<(i32, Value)> {
        let most = if negative { 1 << 63 } else { u64::MAX };
        if self.token().kind == Kind::Integer
            && let Some(value) = literal::integer(self.word(), most)
        {
            self.next();
            return Ok(match negative {
                true => (NEGATIVE_INT_VALUE, Value::Negative((value as i64).wrapping_neg())),
                false => (POSITIVE_INT_VALUE, Value::Positive(value)),
            });
        }
        let value = self.number()?;
        Ok((DOUBLE_VALUE, Value::Double(if negative { -value } else { value })))
    }

    /// The tokens between `{` and `}`.
    fn aggregate(&mut self) -> Parsed<Value> {
        self.next();
        let start = self.at;
        let mut open = 1;
        while !self.at_end() {
            if self.is("{") {
                open += 1;
            } else if self.is("}") {
                open -= 1;
                if open == 0 {
                    let value = Value::Aggregate(start..self.at);
                    self.next();
                    return Ok(value);
                }
            }
            self.next();
        }
        self.unexpected("`}` at the end of the value")
    }
}

// The field `uninterpreted_option` of all options, and fields of `UninterpretedOption`.
pub(super) const UNINTERPRETED: i32 = 999;
const NAME: i32 = 2;
const NAME_PART: i32 = 1;
const IDENTIFIER_VALUE: i32 = 3;
const POSITIVE_INT_VALUE: i32 = 4;
const NEGATIVE_INT_VALUE: i32 = 5;
const DOUBLE_VALUE: i32 = 6;
const STRING_VALUE: i32 = 7;
const AGGREGATE_VALUE: i32 = 8;
