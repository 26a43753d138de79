//! Which comments belong to which declaration.
//!
//! Between two tokens stand white space and comments. A comment on the line of the first token, or
//! on the line after it and followed by a blank line, trails that token. One that ends on the line
//! before the second token leads that one. All others are detached.

/// The comments between two tokens, without their `//`, `/*` and `*/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Comments {
    pub(crate) trailing: Vec<u8>,
    pub(crate) detached: Vec<Vec<u8>>,
    pub(crate) leading: Vec<u8>,
}

/// What stands before and after the gap that comments are read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    /// Whether the gap begins the source.
    pub(crate) first: bool,
    /// Whether the source ends after the gap, or its next token closes a scope: `}`, `]` or `)`.
    pub(crate) closing: bool,
    /// Whether the source ends after the gap.
    pub(crate) last: bool,
}

/// Reads the comments of a gap between two tokens.
pub(crate) fn read(gap: &[u8], around: Around) -> Comments {
    let mut reader = Reader { gap, at: 0, line: 0 };
    let mut collector = Collector { attachable: !around.first, ..Collector::default() };
    let mut trailing_end = None;
    if !around.first && !read_trailing(&mut reader, &mut collector, &mut trailing_end) {
        return collector.finish();
    }
    loop {
        reader.blanks();
        match reader.comment(&mut collector) {
            Some(Style::Line) => {}
            Some(Style::Block) => {
                reader.blanks();
                reader.newline();
            }
            None if reader.newline() => {
                collector.flush();
                collector.attachable = false;
            }
            None => break,
        }
    }
    if around.closing {
        collector.flush();
    }
    let same_line = !around.first && reader.line == 0;
    if !around.last && (same_line || trailing_end == Some(reader.line)) {
        collector.detach_single();
    }
    collector.finish()
}

/// Reads the comment on the line of the token before. Gives whether there is more to read.
fn read_trailing(reader: &mut Reader<'_>, collector: &mut Collector, end: &mut Option<usize>) -> bool {
    reader.blanks();
    let line = reader.line;
    match reader.comment(collector) {
        Some(Style::Line) => *end = Some(line),
        Some(Style::Block) => {
            *end = Some(reader.line);
            reader.blanks();
        }
        None => return reader.newline(),
    }
    collector.flush();
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Line,
    Block,
}

struct Reader<'a> {
    gap: &'a [u8],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.gap.get(self.at).is_some_and(|&byte| is_blank(byte)) {
            self.at += 1;
        }
    }

    fn newline(&mut self) -> bool {
        let found = self.gap.get(self.at) == Some(&b'\n');
        if found {
            (self.at, self.line) = (self.at + 1, self.line + 1);
        }
        found
    }

    /// Reads a comment, if one begins here.
    fn comment(&mut self, collector: &mut Collector) -> Option<Style> {
        let rest = &self.gap[self.at..];
        if rest.starts_with(b"//") {
            let length = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |newline| newline + 1);
            collector.begin(Style::Line).extend(&rest[2..length]);
            self.line += usize::from(rest[..length].ends_with(b"\n"));
            self.at += length;
            Some(Style::Line)
        } else if rest.starts_with(b"/*") {
            self.at += 2;
            self.block(collector.begin(Style::Block));
            Some(Style::Block)
        } else {
            None
        }
    }

    /// Reads a block comment. The white space and the asterisk that begin its lines are left out.
    fn block(&mut self, text: &mut Vec<u8>) {
        while let Some(&byte) = self.gap.get(self.at) {
            self.at += 1;
            match byte {
                b'*' if self.gap.get(self.at) == Some(&b'/') => {
                    self.at += 1;
                    return;
                }
                b'\n' => {
                    text.push(byte);
                    self.line += 1;
                    self.blanks();
                    if self.gap.get(self.at) == Some(&b'*') {
                        self.at += 1;
                        if self.gap.get(self.at) == Some(&b'/') {
                            self.at += 1;
                            return;
                        }
                    }
                }
                _ => text.push(byte),
            }
        }
    }
}

/// Holds the latest comment until it is clear where it belongs.
#[derive(Default)]
struct Collector {
    comments: Comments,
    pending: Option<(Style, Vec<u8>)>,
    /// Whether the pending comment may still trail the token before.
    attachable: bool,
    trails: bool,
    count: usize,
}

impl Collector {
    /// Where the text of a new comment goes. Lines of `//` that follow each other are one comment.
    fn begin(&mut self, style: Style) -> &mut Vec<u8> {
        let joins = style == Style::Line && matches!(self.pending, Some((Style::Line, _)));
        if !joins {
            self.flush();
        }
        &mut self.pending.get_or_insert((style, Vec::new())).1
    }

    /// The pending comment does not lead the next token.
    fn flush(&mut self) {
        let Some((_, text)) = self.pending.take() else { return };
        if self.attachable {
            self.comments.trailing = text;
            self.trails = true;
            self.attachable = false;
        } else {
            self.comments.detached.push(text);
        }
        self.count += 1;
    }

    /// A single comment between two tokens of one line belongs to neither.
    fn detach_single(&mut self) {
        if self.count + usize::from(self.pending.is_some()) == 1 {
            if self.trails {
                self.comments.detached.insert(0, std::mem::take(&mut self.comments.trailing));
            }
            self.flush();
        }
    }

    fn finish(mut self) -> Comments {
        self.comments.leading = self.pending.take().map(|(_, text)| text).unwrap_or_default();
        self.comments
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0B | 0x0C)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(gap: &str) -> (String, Vec<String>, String) {
        around(gap, Around { first: false, closing: false, last: false })
    }

    fn around(gap: &str, around: Around) -> (String, Vec<String>, String) {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let comments = read(gap.as_bytes(), around);
        (text(comments.trailing), comments.detached.into_iter().map(text).collect(), text(comments.leading))
    }

    fn told(trailing: &str, detached: &[&str], leading: &str) -> (String, Vec<String>, String) {
        (trailing.to_string(), detached.iter().map(ToString::to_string).collect(), leading.to_string())
    }

    #[test]
    fn a_comment_on_the_same_line_trails() {
        assert_eq!(between(" // a\n"), told(" a\n", &[], ""));
        assert_eq!(between(" /* a */\n"), told(" a ", &[], ""));
        assert_eq!(between(" // a\n// b\n"), told(" a\n", &[], " b\n"));
    }

    #[test]
    fn a_comment_before_a_blank_line_trails() {
        assert_eq!(between("\n// a\n\n// b\n"), told(" a\n", &[], " b\n"));
        assert_eq!(between("\n\n// a\n\n// b\n"), told("", &[" a\n"], " b\n"));
    }

    #[test]
    fn a_comment_before_a_token_leads() {
        assert_eq!(between("\n// a\n// b\n"), told("", &[], " a\n b\n"));
        assert_eq!(between("\n/* a\n   * b\n   */ "), told("", &[], " a\n b\n"));
    }

    #[test]
    fn a_comment_between_tokens_of_one_line_is_detached() {
        assert_eq!(between(" /* a */ "), told("", &[" a "], ""));
    }

    #[test]
    fn a_comment_before_the_end_of_a_scope_does_not_lead() {
        let closing = Around { first: false, closing: true, last: false };
        assert_eq!(around("\n// a\n", closing), told(" a\n", &[], ""));
        assert_eq!(around("\n\n// a\n", closing), told("", &[" a\n"], ""));
    }

    #[test]
    fn the_first_comment_of_a_file_cannot_trail() {
        let first = Around { first: true, closing: false, last: false };
        assert_eq!(around("// a\n\n// b\n", first), told("", &[" a\n"], " b\n"));
    }
}
