//! Tokens: the words that a source is made of.

use crate::source::At;

/// What kind of word a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A letter or `_`, then letters, digits and `_`. Keywords are identifiers too.
    Identifier,
    /// A decimal, octal (`017`) or hexadecimal (`0x1F`) number.
    Integer,
    /// A number with a point or an exponent.
    Float,
    /// A string with its quotes, as written.
    String,
    /// Any other character.
    Symbol,
    /// The end of the source.
    End,
}

/// One word and where it stands.
///
/// Lines and columns count from zero, as in `SourceCodeInfo`: a column is a byte, and a tab goes on
/// to the next multiple of eight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) end_column: u32,
}

impl Token {
    /// Where it begins.
    pub(crate) fn at(&self) -> At {
        At(self.start)
    }

    /// Its text, quotes and all.
    pub(crate) fn text<'a>(&self, source: &'a [u8]) -> &'a [u8] {
        &source[self.start as usize..self.end as usize]
    }
}
