//! Ranges of numbers: `extensions` and `reserved`.

use super::message::TO_MAX;
use super::{Failed, Parsed, Parser};
use crate::lexer;
use crate::location::Mark;
use crate::source::At;
use crate::syntax::{Enum, ExtensionRange, Message, Name, OptionList, ReservedRange};
use crate::token::Kind;

impl Parser<'_> {
    /// `extensions 4, 10 to max [ … ];`
    pub(super) fn extensions(&mut self, message: &mut Message, mark: Mark) -> Parsed<()> {
        self.next();
        let first = message.extension_ranges.len();
        loop {
            let at = self.here();
            let index = message.extension_ranges.len() as i32;
            let (start, end) = self.located(mark, &[index], |parser, mark| parser.extension_range(mark))?;
            message.extension_ranges.push(ExtensionRange { start, end, at, options: OptionList::default() });
            if !self.take(",") {
                break;
            }
        }
        if self.is("[") {
            let mut options = OptionList::default();
            let from = self.locations.len();
            // The index is put in for each range below.
            self.located(mark, &[0], |parser, mark| {
                parser.located(mark, &[RANGE_OPTIONS], |parser, mark| parser.option_brackets(mark, &mut options))
            })?;
            self.locations.repeat(from, mark, first..message.extension_ranges.len());
            for range in &mut message.extension_ranges[first..] {
                range.options = options.clone();
            }
        }
        self.end_of(";", Some(mark))
    }

    fn extension_range(&mut self, mark: Mark) -> Parsed<(i32, i32)> {
        let wanted = "the number of an extension";
        let (start, end) = self.range(mark, "to", wanted, &mut |parser| {
            let at = parser.here();
            let number = parser.int32(wanted)?;
            if number == i32::MAX {
                parser.fault(at, "this number is too large for an extension");
                return Err(Failed);
            }
            Ok(number)
        })?;
        Ok((start, end.map_or(TO_MAX, |end| end.wrapping_add(1))))
    }

    /// `start` or `start to end`; the end is `None` for `max`.
    fn range(
        &mut self,
        mark: Mark,
        to: &str,
        wanted: &str,
        number: &mut dyn FnMut(&mut Self) -> Parsed<i32>,
    ) -> Parsed<(i32, Option<i32>)> {
        let first = self.token();
        if !matches!(first.kind, Kind::Integer) && !self.is("-") {
            return self.unexpected(wanted);
        }
        let start = self.located(mark, &[START], |parser, _| number(parser))?;
        if !self.take(to) {
            let inner = self.locations.open(Some(mark), &[END], first);
            self.locations.close(inner, first);
            return Ok((start, Some(start)));
        }
        let end = self.located(
            mark,
            &[END],
            |parser, _| {
                if parser.take("max") { Ok(None) } else { number(parser).map(Some) }
            },
        )?;
        Ok((start, end))
    }

    pub(super) fn reserved_in_message(&mut self, message: &mut Message, mark: Mark) -> Parsed<()> {
        self.reserved(mark, (10, 9), &mut message.reserved_names, &mut |parser, mark| {
            let wanted = "the name or the number of a field";
            loop {
                let at = parser.here();
                let index = message.reserved_ranges.len() as i32;
                let read = |parser: &mut Self| parser.int32(wanted);
                let (start, end) =
                    parser.located(mark, &[index], |parser, mark| parser.range(mark, "to", wanted, &mut { read }))?;
                let end = end.map_or(TO_MAX, |end| end.wrapping_add(1));
                message.reserved_ranges.push(ReservedRange { start, end, at });
                if !parser.take(",") {
                    return Ok(());
                }
            }
        })
    }

    pub(super) fn reserved_in_enum(&mut self, node: &mut Enum, mark: Mark) -> Parsed<()> {
        self.reserved(mark, (5, 4), &mut node.reserved_names, &mut |parser, mark| {
            let wanted = "the name or the number of a value";
            loop {
                let at = parser.here();
                let index = node.reserved_ranges.len() as i32;
                let read = |parser: &mut Self| parser.signed(wanted);
                let (start, end) =
                    parser.located(mark, &[index], |parser, mark| parser.range(mark, "to", wanted, &mut { read }))?;
                node.reserved_ranges.push(ReservedRange { start, end: end.unwrap_or(i32::MAX), at });
                if !parser.take(",") {
                    return Ok(());
                }
            }
        })
    }

    /// `reserved "a", "b";`, in editions `reserved a, b;`, or numbers. The fields of the descriptor
    /// are given for names and for numbers.
    fn reserved(
        &mut self,
        mark: Mark,
        (names_field, numbers_field): (i32, i32),
        names: &mut Vec<Name>,
        numbers: &mut dyn FnMut(&mut Self, Mark) -> Parsed<()>,
    ) -> Parsed<()> {
        let start = self.token();
        self.next();
        let kind = self.token().kind;
        let named = matches!(kind, Kind::String | Kind::Identifier);
        if named && (kind == Kind::Identifier) == self.edition.is_legacy() {
            return self.wrong_name(kind);
        }
        let field = if named { names_field } else { numbers_field };
        self.located(mark, &[field], |parser, mark| {
            parser.locations.start_at(mark, start);
            match kind {
                _ if !named => numbers(parser, mark)?,
                _ => parser.reserved_names(mark, names, kind)?,
            }
            parser.end_of(";", Some(mark))
        })
    }

    fn wrong_name(&mut self, kind: Kind) -> Parsed<()> {
        let word = self.word_text();
        let (message, help) = match kind {
            Kind::String => ("a reserved name has no quotes in editions", word.trim_matches(['"', '\'']).to_string()),
            _ => ("a reserved name stands in quotes, except in editions", format!("\"{word}\"")),
        };
        self.fault(self.here(), message).help(format!("write `reserved {help};`"));
        Err(Failed)
    }

    fn reserved_names(&mut self, mark: Mark, names: &mut Vec<Name>, kind: Kind) -> Parsed<()> {
        loop {
            let at = self.here();
            let name = self.located(mark, &[names.len() as i32], |parser, _| match kind {
                Kind::String => parser.string("a name in quotes"),
                _ => parser.identifier("a name").map(|name| name.text.into_bytes()),
            })?;
            self.warn_of_no_identifier(&name, at);
            names.push(Name { text: String::from_utf8_lossy(&name).into_owned(), at });
            if !self.take(",") {
                return Ok(());
            }
        }
    }

    fn warn_of_no_identifier(&mut self, name: &[u8], at: At) {
        if !lexer::is_identifier(name) {
            let shown = String::from_utf8_lossy(name);
            self.report.warning(self.source, at, format!("the reserved name \"{shown}\" can be no name of a field"));
        }
    }
}

// Fields of `ExtensionRange`, and of both kinds of reserved range.
const START: i32 = 1;
const END: i32 = 2;
const RANGE_OPTIONS: i32 = 3;
