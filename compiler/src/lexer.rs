//! Cuts a source into tokens. Faults are reported, and the rest of the source is read all the same.

use crate::fault::Report;
use crate::source::{At, Source};
use crate::token::{Kind, Token};

/// The tokens of a source; the last one is [`Kind::End`].
pub(crate) fn tokens(source: &Source, report: &mut Report) -> Vec<Token> {
    let mut lexer = Lexer { source, text: source.text(), at: 0, line: 0, column: 0, report };
    let mut tokens = Vec::with_capacity(source.text().len() / 6 + 1);
    lexer.byte_order_mark();
    while let Some(token) = lexer.token(tokens.last()) {
        tokens.push(token);
    }
    tokens.push(lexer.finish(Kind::End, lexer.at, lexer.line, lexer.column));
    tokens
}

/// Whether `text` is a letter or `_`, then letters, digits and `_`.
pub(crate) fn is_identifier(text: &[u8]) -> bool {
    text.first().is_some_and(|&byte| is_letter(byte))
        && text.iter().all(|&byte| is_letter(byte) || byte.is_ascii_digit())
}

struct Lexer<'a> {
    source: &'a Source,
    text: &'a [u8],
    at: usize,
    line: u32,
    column: u32,
    report: &'a mut Report,
}

impl Lexer<'_> {
    fn byte_order_mark(&mut self) {
        if self.text.starts_with(b"\xEF\xBB\xBF") {
            (self.at, self.column) = (3, 3);
        }
    }

    /// The next token, or `None` at the end.
    fn token(&mut self, previous: Option<&Token>) -> Option<Token> {
        self.blanks();
        let first = self.peek()?;
        let (start, line, column) = (self.at, self.line, self.column);
        self.next();
        let kind = match first {
            _ if is_letter(first) => {
                self.skip(|byte| is_letter(byte) || byte.is_ascii_digit());
                Kind::Identifier
            }
            b'0'..=b'9' => self.number(first),
            b'.' if self.peek().is_some_and(|byte| byte.is_ascii_digit()) => {
                if previous.is_some_and(|token| token.kind == Kind::Identifier && token.end as usize == start) {
                    self.fault(start, "a number cannot follow a name directly").help("put a space before the number");
                }
                self.number(first)
            }
            b'"' | b'\'' => {
                self.string(first, start);
                Kind::String
            }
            _ => {
                if !first.is_ascii() {
                    self.not_ascii(start);
                }
                Kind::Symbol
            }
        };
        Some(self.finish(kind, start, line, column))
    }

    fn finish(&self, kind: Kind, start: usize, line: u32, column: u32) -> Token {
        Token { kind, start: start as u32, end: self.at as u32, line, column, end_column: self.column }
    }

    /// Skips white space, comments and control characters.
    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\n' | b'\t' | b'\r' | 0x0B | 0x0C => self.next(),
                b'/' if self.text.get(self.at + 1) == Some(&b'/') => self.skip(|byte| byte != b'\n' && byte != 0),
                b'/' if self.text.get(self.at + 1) == Some(&b'*') => self.block_comment(),
                0..=0x1F => {
                    self.fault(self.at, "control characters are not allowed here").help("remove them");
                    self.skip(|byte| byte < 0x20 && !byte.is_ascii_whitespace() && byte != 0x0B);
                }
                _ => return,
            }
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        self.next();
        self.next();
        while let Some(byte) = self.peek() {
            let following = self.text.get(self.at + 1);
            match (byte, following) {
                (b'*', Some(b'/')) => {
                    self.next();
                    return self.next();
                }
                (b'/', Some(b'*')) => {
                    self.fault(self.at, "a comment cannot stand in a comment").help("close the first one before it");
                    self.next();
                }
                (0, _) => break,
                _ => self.next(),
            }
        }
        self.fault(start, "this comment has no end").help("close it with `*/`");
        self.skip(|_| true);
    }

    fn number(&mut self, first: u8) -> Kind {
        let start = self.at - 1;
        let mut kind = Kind::Integer;
        if first == b'0' && matches!(self.peek(), Some(b'x' | b'X')) {
            self.next();
            if !self.digits(|byte| byte.is_ascii_hexdigit()) {
                self.fault(start, "`0x` needs hexadecimal digits after it");
            }
        } else if first == b'0' && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip(|byte| matches!(byte, b'0'..=b'7'));
            if self.digits(|byte| byte.is_ascii_digit()) {
                let told =
                    self.fault(start, "a number with a leading zero is octal and cannot have the digits 8 and 9");
                told.help("remove the leading zero");
            }
        } else {
            kind = self.decimal(first, start);
        }
        match self.peek() {
            Some(byte) if is_letter(byte) => {
                self.fault(self.at, "a name cannot follow a number directly").help("put a space between them");
            }
            Some(b'.') => {
                self.fault(
                    self.at,
                    "a number has at most one point, and none after an exponent or in octal and hexadecimal",
                );
            }
            _ => {}
        }
        kind
    }

    fn decimal(&mut self, first: u8, start: usize) -> Kind {
        let mut kind = if first == b'.' { Kind::Float } else { Kind::Integer };
        self.digits(|byte| byte.is_ascii_digit());
        if kind == Kind::Integer && self.peek() == Some(b'.') {
            kind = Kind::Float;
            self.next();
            self.digits(|byte| byte.is_ascii_digit());
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            kind = Kind::Float;
            self.next();
            if matches!(self.peek(), Some(b'-' | b'+')) {
                self.next();
            }
            if !self.digits(|byte| byte.is_ascii_digit()) {
                self.fault(start, "an exponent needs digits after the `e`");
            }
        }
        kind
    }

    fn string(&mut self, quote: u8, start: usize) {
        loop {
            match self.peek() {
                None | Some(0) => {
                    let told = self.fault(start, "this string has no end");
                    return told.help("close it with the quote that it begins with");
                }
                Some(b'\n') => {
                    let told = self.fault(start, "a string cannot go on over the end of its line");
                    return told.help("close the quote; adjacent strings are joined");
                }
                Some(b'\\') => self.escape(),
                Some(byte) => {
                    self.next();
                    if byte == quote {
                        return;
                    }
                }
            }
        }
    }

    fn escape(&mut self) {
        let start = self.at;
        self.next();
        let Some(letter) = self.peek() else { return };
        if letter == b'\n' || letter == 0 {
            let told = self.fault(start, "this escape has no letter");
            return told.help("write `\\\\` for a backslash");
        }
        self.next();
        let hex = |byte: &u8| byte.is_ascii_hexdigit();
        let rest = &self.text[self.at..];
        let (length, valid) = match letter {
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"' | b'0'..=b'7' => (0, true),
            b'x' | b'X' => (0, rest.first().is_some_and(hex)),
            b'u' => (4, rest.len() >= 4 && rest[..4].iter().all(hex)),
            b'U' => {
                let known = rest.len() >= 8 && rest[..8].iter().all(hex);
                (8, known && (rest.starts_with(b"000") || rest.starts_with(b"001")))
            }
            _ => (0, false),
        };
        if valid {
            (self.at, self.column) = (self.at + length, self.column + length as u32);
        } else {
            let told = self.fault(start, "this is no escape");
            told.help("escapes are \\a \\b \\f \\n \\r \\t \\v \\\\ \\? \\' \\\" \\123 \\x7F \\u20AC and \\U0001F600");
        }
    }

    /// A character that no program has use for is told once, not once for each of its bytes.
    fn not_ascii(&mut self, start: usize) {
        let rest = &self.text[start..self.text.len().min(start + 4)];
        let shown = match std::str::from_utf8(rest) {
            Ok(text) => text.chars().next(),
            Err(error) => String::from_utf8_lossy(&rest[..error.valid_up_to()]).chars().next(),
        };
        let message = match shown {
            Some(character) => format!("the character `{character}` can only stand in strings and comments"),
            None => "bytes that are no text can only stand in strings and comments".to_string(),
        };
        self.fault(start, message).help("names are made of ASCII letters, digits and `_`");
        let length = shown.map_or(1, char::len_utf8);
        while self.at < start + length {
            self.next();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) {
        match self.text[self.at] {
            b'\n' => (self.line, self.column) = (self.line + 1, 0),
            b'\t' => self.column += TAB - self.column % TAB,
            _ => self.column += 1,
        }
        self.at += 1;
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.next();
        }
    }

    /// Skips digits, and tells whether there was one.
    fn digits(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let start = self.at;
        self.skip(wanted);
        self.at > start
    }

    fn fault(&mut self, at: usize, message: impl Into<String>) -> crate::fault::Told<'_> {
        self.report.fault(self.source, At(at as u32), message)
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

const TAB: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> (Vec<(Kind, String)>, Vec<String>) {
        let source = Source::new("a.proto", text.as_bytes().to_vec());
        let mut report = Report::default();
        let tokens = tokens(&source, &mut report);
        let shown = |token: &Token| (token.kind, String::from_utf8_lossy(token.text(source.text())).into_owned());
        let faults =
            report.finish().err().map(|faults| faults.iter().map(|fault| fault.message().to_string()).collect());
        (tokens.iter().map(shown).collect(), faults.unwrap_or_default())
    }

    fn kinds(text: &str) -> Vec<Kind> {
        let (tokens, faults) = cut(text);
        assert_eq!(faults, Vec::<String>::new(), "{text}");
        tokens.into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn words_are_told_apart() {
        use Kind::{End, Float, Identifier, Integer, String, Symbol};
        assert_eq!(kinds("a_1 017 0x1F 'x' ;"), [Identifier, Integer, Integer, String, Symbol, End]);
        assert_eq!(kinds("1. .5 1e9 1.5E-3"), [Float, Float, Float, Float, End]);
        assert_eq!(kinds("a.b"), [Identifier, Symbol, Identifier, End]);
        assert_eq!(kinds("// x\n/* y */"), [End]);
        assert_eq!(kinds("\u{FEFF}a"), [Identifier, End]);
    }

    #[test]
    fn columns_count_bytes_and_jump_over_tabs() {
        let source = Source::new("a.proto", "\ta 'ö' b".as_bytes().to_vec());
        let columns: Vec<_> = tokens(&source, &mut Report::default()).iter().map(|token| token.column).collect();
        assert_eq!(columns, [8, 10, 15, 16]);
    }

    #[test]
    fn each_fault_is_told_and_reading_goes_on() {
        for (text, expected) in [
            ("08 a", "octal"),
            ("0x a", "hexadecimal digits"),
            ("1e a", "exponent needs digits"),
            ("1a", "cannot follow a number"),
            ("1.2.3", "at most one point"),
            ("'x\n'", "end of its line"),
            ("'x", "no end"),
            ("'\\q' a", "no escape"),
            ("'\\u12' a", "no escape"),
            ("'\\U00200000'", "no escape"),
            ("/* a", "no end"),
            ("/* /* */ a", "in a comment"),
            ("\u{1} a", "control characters"),
            ("ä a", "`ä`"),
            ("a.5", "follow a name"),
        ] {
            let (tokens, faults) = cut(text);
            assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:?}");
            assert_eq!(tokens.last().unwrap().0, Kind::End);
        }
    }
}
