//! Splits the text of a `.proto` file into tokens, with what the parser drops: places and comments.

/// Where something stands in a file; both count characters from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword, without dots.
    Word,
    Number,
    /// A string literal with its quotes.
    Text,
    /// One character of anything else.
    Symbol,
}

/// A token with the comments that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) place: Place,
    /// The comments above, up to the next blank line; one line of text per line.
    pub(crate) above: String,
    /// The comment behind it on its own line.
    pub(crate) behind: String,
}

impl Token<'_> {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != Kind::Text
    }

    /// What a string literal says, where it holds no escapes.
    pub(crate) fn unquoted(&self) -> &str {
        self.text.trim_matches(['"', '\''])
    }
}

/// Splits a text into tokens. Never fails: what is no token becomes symbols.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut scan = Scan { text, at: 0, place: Place::START };
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut above = String::new();
    // Line breaks since the last token or comment: none means "behind it", two mean a blank line.
    let mut breaks = 0;
    while let Some(next) = scan.peek() {
        if next == '\n' {
            breaks += 1;
            if breaks > 1 {
                above.clear();
            }
            scan.bump();
        } else if next.is_whitespace() {
            scan.bump();
        } else if let Some(comment) = scan.comment() {
            match tokens.last_mut() {
                Some(token) if breaks == 0 && above.is_empty() => token.behind.push_str(&comment),
                _ => above.push_str(&comment),
            }
            breaks = 0;
        } else {
            let place = scan.place;
            let (kind, text) = scan.token(next);
            let above = std::mem::take(&mut above);
            tokens.push(Token { kind, text, place, above, behind: String::new() });
            breaks = 0;
        }
    }
    tokens
}

/// A place in a text that moves forward.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    place: Place,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) {
        let Some(next) = self.peek() else { return };
        self.at += next.len_utf8();
        if next == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
    }

    /// Moves past `length` bytes and returns them.
    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.rest()[..length];
        let end = self.at + length;
        while self.at < end {
            self.bump();
        }
        taken
    }

    /// Takes a comment, if one begins here, and returns its lines, each with its line break.
    fn comment(&mut self) -> Option<String> {
        if self.rest().starts_with("//") {
            let length = self.rest().find('\n').unwrap_or(self.rest().len());
            let line = self.take(length);
            // More slashes are a frame, or the mark of documentation in other languages.
            return Some(format!("{}\n", line.trim_start_matches('/').trim_end()));
        }
        let inner = self.rest().strip_prefix("/*")?;
        let (inner, length) = match inner.find("*/") {
            Some(end) => (&inner[..end], end + 4),
            None => (inner, self.rest().len()),
        };
        self.take(length);
        Some(block_lines(inner.trim_end_matches('*')))
    }

    fn token(&mut self, first: char) -> (Kind, &'a str) {
        let rest = self.rest();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let until = |keep: &dyn Fn(char) -> bool| rest.find(|c| !keep(c)).unwrap_or(rest.len());
        match first {
            '"' | '\'' => (Kind::Text, self.take(literal_length(rest, first))),
            '0'..='9' => (Kind::Number, self.take(until(&|c| word(c) || c == '.'))),
            _ if word(first) => (Kind::Word, self.take(until(&word))),
            _ => (Kind::Symbol, self.take(first.len_utf8())),
        }
    }
}

/// The length of the string literal that `text` begins with; it ends with its line at the latest.
fn literal_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, next) in text.char_indices().skip(1) {
        match next {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if next == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The lines of a block comment without the column of stars that many are drawn with.
fn block_lines(inner: &str) -> String {
    let mut lines = String::new();
    for (index, line) in inner.lines().enumerate() {
        let line = line.trim_end();
        let bare = line.trim_start();
        lines.push_str(match bare.strip_prefix('*') {
            // The first line stands behind the opening `/*`, or is the second star of `/**`.
            Some(text) => text,
            None if index == 0 => line,
            None => bare,
        });
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.text).collect()
    }

    #[test]
    fn splits_words_numbers_texts_and_symbols() {
        assert_eq!(texts("int32 a_1=0x1F;"), ["int32", "a_1", "=", "0x1F", ";"]);
        assert_eq!(texts(r#"import "a\"b.proto";"#), ["import", r#""a\"b.proto""#, ";"]);
    }

    #[test]
    fn places_count_characters_from_one() {
        let found = tokens("a\n  ü b");
        assert_eq!(found[1].place, Place { line: 2, column: 3 });
        assert_eq!(found[2].place, Place { line: 2, column: 5 });
    }

    #[test]
    fn comment_directly_above_belongs_to_the_token() {
        let found = tokens("// one\n// two\nmessage");
        assert_eq!(found[0].above, " one\n two\n");
    }

    #[test]
    fn blank_line_detaches_a_comment() {
        assert_eq!(tokens("// licence\n\nsyntax")[0].above, "");
        assert_eq!(tokens("// licence\n\n// about\nsyntax")[0].above, " about\n");
    }

    #[test]
    fn comment_on_the_same_line_stands_behind() {
        let found = tokens("A = 0; // none\nB = 1;");
        assert_eq!(found[3].behind, " none\n");
        assert_eq!(found[4].above, "");
    }

    #[test]
    fn stars_of_a_block_comment_are_dropped() {
        let found = tokens("/**\n * One.\n *\n *   Two.\n */\nmessage");
        assert_eq!(found[0].above, "\n One.\n\n   Two.\n\n");
    }

    #[test]
    fn more_slashes_and_stars_are_dropped() {
        assert_eq!(tokens("//////\n/// One.\n/** Two. **/\nmessage")[0].above, "\n One.\n Two.\n");
    }

    #[test]
    fn slashes_in_a_text_begin_no_comment() {
        assert_eq!(texts(r#"a "http://b" c"#), ["a", r#""http://b""#, "c"]);
    }

    #[test]
    fn broken_text_ends_without_a_panic() {
        assert_eq!(texts("/* open"), Vec::<&str>::new());
        assert_eq!(texts("\"open\nx"), ["\"open", "x"]);
        assert_eq!(texts("\u{feff}\\"), ["\u{feff}", "\\"]);
    }
}
