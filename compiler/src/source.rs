//! The text of one `.proto` file, and how a place in it is shown to people.

use std::sync::Arc;

/// A place in a source: the offset of a byte from its beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At(pub(crate) u32);

/// A named text. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    name: Arc<str>,
    text: Arc<[u8]>,
}

/// A place as people count: lines and characters from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The line, and below it a caret under the column.
    pub(crate) excerpt: String,
}

impl Source {
    pub(crate) fn new(name: &str, text: Vec<u8>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Counts lines and characters up to a place. This takes time proportional to the text before
    /// the place, so it is done for faults only.
    pub(crate) fn position(&self, at: At) -> Position {
        let at = (at.0 as usize).min(self.text.len());
        let start = self.text[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let end = self.text[at..].iter().position(|&byte| byte == b'\n').map_or(self.text.len(), |length| at + length);
        let line = self.text[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let before = String::from_utf8_lossy(&self.text[start..at]);
        let column = before.chars().count() + 1;
        Position { line: line as u32, column: column as u32, excerpt: excerpt(&self.text[start..end], at - start) }
    }
}

/// The part of `line` around `caret`, shortened if it is long, and a caret below.
fn excerpt(line: &[u8], caret: usize) -> String {
    let from = if caret > WIDTH { caret - WIDTH / 2 } else { 0 };
    let to = line.len().min(from + 2 * WIDTH);
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(|c: char| c.is_control() && c != '\t', " ");
    let text = shown(&line[from..to]);
    let before = shown(&line[from..caret.min(to)]);
    let indent: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    format!("{}\n{indent}^", text.trim_end())
}

/// Excerpts are cut to about twice this many bytes.
const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let source = Source::new("a.proto", "one\n\tzwölf x\n".as_bytes().to_vec());
        let at = source.text().iter().position(|&byte| byte == b'x').unwrap();
        let position = source.position(At(at as u32));
        assert_eq!((position.line, position.column), (2, 8));
        assert_eq!(position.excerpt, "\tzwölf x\n\t      ^");
    }

    #[test]
    fn a_place_beyond_the_text_is_its_end() {
        let position = Source::new("a.proto", b"x".to_vec()).position(At(9));
        assert_eq!((position.line, position.column), (1, 2));
    }

    #[test]
    fn a_long_line_is_shortened_around_the_place() {
        let position = Source::new("a.proto", vec![b'x'; 100_000]).position(At(50_000));
        assert!(position.excerpt.len() < 500);
        assert_eq!(position.column, 50_001);
    }
}
