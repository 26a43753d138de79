//! Enums and their values.

use super::{Parsed, Parser};
use crate::location::Mark;
use crate::syntax::{Enum, EnumValue, OptionList, Visibility};

impl Parser<'_> {
    pub(super) fn enumeration(&mut self, visibility: Visibility, mark: Mark, into: &mut Vec<Enum>) -> Parsed<()> {
        self.next();
        let mut node = Enum { visibility, ..Enum::default() };
        node.name = self
            .located(mark, &[NAME], |parser, _| parser.identifier("the name of the enum"))
            .or_else(|failed| self.lose_type(failed))?;
        let read = self.enum_block(&mut node, mark);
        into.push(node);
        read
    }

    fn enum_block(&mut self, node: &mut Enum, mark: Mark) -> Parsed<()> {
        self.end_of("{", Some(mark))?;
        while !self.take_end_of("}", None) {
            if self.at_end() {
                return self.unexpected("`}` at the end of the enum");
            }
            if self.enum_statement(node, mark).is_err() {
                self.skip_statement();
            }
        }
        Ok(())
    }

    fn enum_statement(&mut self, node: &mut Enum, mark: Mark) -> Parsed<()> {
        match self.word() {
            b";" => self.end_of(";", None),
            b"option" => {
                self.located(mark, &[OPTIONS], |parser, mark| parser.option_statement(mark, &mut node.options))
            }
            b"reserved" => self.reserved_in_enum(node, mark),
            _ => self.located(mark, &[VALUE, node.values.len() as i32], |parser, mark| {
                let value = parser.enum_value(mark)?;
                node.values.push(value);
                Ok(())
            }),
        }
    }

    fn enum_value(&mut self, mark: Mark) -> Parsed<EnumValue> {
        let name = self.located(mark, &[VALUE_NAME], |parser, _| parser.identifier("the name of a value"))?;
        if !self.take("=") {
            return self.unexpected("`=` and the number of the value");
        }
        let number_at = self.here();
        let number = self.located(mark, &[VALUE_NUMBER], |parser, _| parser.signed("the number of the value"))?;
        let mut options = OptionList::default();
        if self.is("[") {
            self.located(mark, &[VALUE_OPTIONS], |parser, mark| parser.option_brackets(mark, &mut options))?;
        }
        self.end_of(";", Some(mark))?;
        Ok(EnumValue { name, number, number_at, options })
    }
}

// Fields of `EnumDescriptorProto` and `EnumValueDescriptorProto`.
const NAME: i32 = 1;
const VALUE: i32 = 2;
const OPTIONS: i32 = 3;
const VALUE_NAME: i32 = 1;
const VALUE_NUMBER: i32 = 2;
const VALUE_OPTIONS: i32 = 3;
