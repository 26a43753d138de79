//! Reads the syntax tree of a file. After a fault it goes on with the next statement.

mod enums;
mod field;
mod file;
mod message;
mod option;
mod range;
mod service;
mod value;

pub(crate) use message::{LARGEST_NUMBER, synthetic_oneof_name};

use std::sync::Arc;

use crate::comments::{self, Around, Comments};
use crate::edition::Edition;
use crate::fault::{Report, Told};
use crate::lexer;
use crate::literal;
use crate::location::{Locations, Mark};
use crate::source::{At, Source};
use crate::syntax::{Damage, File, Name};
use crate::token::{Kind, Token};

/// Reads a file. What can be understood of it is in the tree even if there are faults.
pub(crate) fn parse(source: &Source, locations: bool, report: &mut Report) -> File {
    let before = report.len();
    let tokens: Arc<[Token]> = lexer::tokens(source, report).into();
    let damage = if report.len() > before { Damage::Statements } else { Damage::None };
    let mut parser = Parser {
        source,
        text: source.text(),
        tokens: &tokens,
        at: 0,
        edition: Edition::PROTO2,
        depth: 0,
        locations: Locations::new(locations),
        pending: Comments::default(),
        damage,
        report,
    };
    let mut file = parser.file();
    file.damage = parser.damage;
    file.locations = parser.locations.into_list();
    file.tokens = tokens;
    file
}

/// A fault has been reported; the statement cannot be understood.
#[derive(Debug)]
struct Failed;

type Parsed<T> = Result<T, Failed>;

struct Parser<'a> {
    source: &'a Source,
    text: &'a [u8],
    tokens: &'a [Token],
    at: usize,
    edition: Edition,
    /// How many messages the present one stands in, itself included.
    depth: usize,
    locations: Locations,
    /// Comments that stand before the present token and belong to what comes.
    pending: Comments,
    damage: Damage,
    report: &'a mut Report,
}

impl<'a> Parser<'a> {
    fn token(&self) -> &'a Token {
        &self.tokens[self.at]
    }

    fn previous(&self) -> &'a Token {
        self.at.checked_sub(1).map_or(&START, |at| &self.tokens[at])
    }

    fn word(&self) -> &'a [u8] {
        self.token().text(self.text)
    }

    fn here(&self) -> At {
        self.token().at()
    }

    fn at_end(&self) -> bool {
        self.token().kind == Kind::End
    }

    fn is(&self, word: &str) -> bool {
        self.word() == word.as_bytes()
    }

    fn next(&mut self) {
        if !self.at_end() {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.take(word) { Ok(()) } else { self.unexpected(&format!("`{word}`")) }
    }

    /// An identifier; `wanted` says what for.
    fn identifier(&mut self, wanted: &str) -> Parsed<Name> {
        if self.token().kind != Kind::Identifier {
            return self.unexpected(wanted);
        }
        let name = Name { text: self.word_text(), at: self.here() };
        self.next();
        Ok(name)
    }

    /// A string, which may be several tokens.
    fn string(&mut self, wanted: &str) -> Parsed<Vec<u8>> {
        if self.token().kind != Kind::String {
            return self.unexpected(wanted);
        }
        let mut value = Vec::new();
        while self.token().kind == Kind::String {
            literal::string(self.word(), &mut value);
            self.next();
        }
        Ok(value)
    }

    /// An integer up to `most`. One that is too large is a fault, and read as zero.
    fn integer(&mut self, most: u64, wanted: &str) -> Parsed<u64> {
        if self.token().kind != Kind::Integer {
            return self.unexpected(wanted);
        }
        let value = literal::integer(self.word(), most).unwrap_or_else(|| {
            let message = format!("{} is out of range: at most {most} can stand here", self.word_text());
            self.fault(self.here(), message);
            0
        });
        self.next();
        Ok(value)
    }

    /// An integer of 32 bits that is not negative.
    fn int32(&mut self, wanted: &str) -> Parsed<i32> {
        Ok(self.integer(i32::MAX as u64, wanted)? as i32)
    }

    /// An integer of 32 bits.
    fn signed(&mut self, wanted: &str) -> Parsed<i32> {
        if self.take("-") {
            Ok((self.integer(1 << 31, wanted)? as i64).wrapping_neg() as i32)
        } else {
            self.int32(wanted)
        }
    }

    /// The name of a type: `a.b`, or `.a.b` from the outermost scope.
    fn type_name(&mut self) -> Parsed<Name> {
        let at = self.here();
        if crate::syntax::Type::named(self.word()).is_some() {
            let message = format!("`{}` is no message", self.word_text());
            self.fault(at, message).help("only messages can stand here");
            let text = self.word_text();
            self.next();
            return Ok(Name { text, at });
        }
        let mut text = String::new();
        if self.take(".") {
            text.push('.');
        }
        text.push_str(&self.identifier("the name of a type")?.text);
        while self.take(".") {
            text.push('.');
            text.push_str(&self.identifier("a name after the point")?.text);
        }
        Ok(Name { text, at })
    }

    fn word_text(&self) -> String {
        String::from_utf8_lossy(self.word()).into_owned()
    }

    fn fault(&mut self, at: At, message: impl Into<String>) -> Told<'_> {
        self.report.fault(self.source, at, message)
    }

    /// Reports that something else was expected here.
    fn unexpected<T>(&mut self, wanted: &str) -> Parsed<T> {
        let found = match self.token().kind {
            Kind::End => "the end of the file".to_string(),
            _ => format!("`{}`", shortened(&self.word_text())),
        };
        // A missing `;` or the like is shown behind the word that it should follow.
        let after = (wanted == "`;`" && self.at > 0).then(|| At(self.previous().end.saturating_sub(1)));
        let at = after.unwrap_or(self.here());
        self.fault(at, format!("expected {wanted}{}, found {found}", if after.is_some() { " after this" } else { "" }));
        Err(Failed)
    }

    /// The statement that has a fault may have defined a type.
    fn lose_type<T>(&mut self, failed: Failed) -> Parsed<T> {
        self.damage = Damage::Types;
        Err(failed)
    }

    /// Reads something with a location of its own, which ends with the last token read.
    fn located<T>(&mut self, parent: Mark, path: &[i32], read: impl FnOnce(&mut Self, Mark) -> T) -> T {
        let mark = self.locations.open(Some(parent), path, self.token());
        let value = read(self, mark);
        self.locations.close(mark, self.previous());
        value
    }

    /// The token that ends a declaration, or begins or ends its block. The comments around it go to
    /// the declaration.
    fn end_of(&mut self, word: &str, mark: Option<Mark>) -> Parsed<()> {
        if self.take_end_of(word, mark) { Ok(()) } else { self.unexpected(&format!("`{word}`")) }
    }

    fn take_end_of(&mut self, word: &str, mark: Option<Mark>) -> bool {
        if !self.is(word) {
            return false;
        }
        let found = if self.locations.wanted() { self.comments_after() } else { Comments::default() };
        self.next();
        if !self.locations.wanted() {
            return true;
        }
        let leading = std::mem::replace(&mut self.pending.leading, found.leading);
        if let Some(mark) = mark {
            let detached = std::mem::replace(&mut self.pending.detached, found.detached);
            self.locations.attach(mark, Comments { trailing: found.trailing, detached, leading });
        } else if word == "}" {
            self.pending.detached = found.detached;
        } else {
            self.pending.detached.extend(found.detached);
        }
        true
    }

    /// The comments between this token and the next one.
    fn comments_after(&self) -> Comments {
        let following = self.tokens.get(self.at + 1).unwrap_or(self.token());
        let gap = &self.text[self.token().end as usize..following.start as usize];
        comments::read(gap, self.around(false, following))
    }

    fn comments_at_start(&self) -> Comments {
        let first = self.token();
        let from = if self.text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        comments::read(&self.text[from..first.start as usize], self.around(true, first))
    }

    fn around(&self, first: bool, following: &Token) -> Around {
        let last = following.kind == Kind::End;
        Around { first, last, closing: last || matches!(following.text(self.text), b"}" | b"]" | b")") }
    }

    /// Goes on to the next statement.
    fn skip_statement(&mut self) {
        self.damage = self.damage.max(Damage::Statements);
        while !self.at_end() && !self.is("}") {
            if self.take_end_of(";", None) {
                return;
            }
            if self.take("{") {
                return self.skip_block();
            }
            self.next();
        }
    }

    fn skip_block(&mut self) {
        let mut open = 1;
        while !self.at_end() {
            if self.take_end_of("}", None) {
                open -= 1;
                if open == 0 {
                    return;
                }
                continue;
            }
            open += usize::from(self.is("{"));
            self.next();
        }
    }
}

fn shortened(word: &str) -> String {
    match word.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_string(),
    }
}

/// What stands before the first token.
const START: Token = Token { kind: Kind::End, start: 0, end: 0, line: 0, column: 0, end_column: 0 };
