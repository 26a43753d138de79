//! The beginning of what a peer has a say in.

use std::fmt::{self, Debug, Display, Write};

/// Shows what a peer has sent, or what names it, up to [`LENGTH`] bytes: a status or a
/// line of a log that tells it stays short, whatever the peer sends.
pub(crate) struct Excerpt<T>(pub(crate) T);

impl<T: Display> Display for Excerpt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_beginning(f, format_args!("{}", self.0))
    }
}

impl<T: Debug> Debug for Excerpt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_beginning(f, format_args!("{:?}", self.0))
    }
}

fn write_beginning(f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>) -> fmt::Result {
    let mut beginning = Beginning { out: f, left: LENGTH, cut: false };
    match beginning.write_fmt(text) {
        Err(_) if beginning.cut => Ok(()),
        result => result,
    }
}

/// Passes on what fits, and stops whoever writes with an error.
struct Beginning<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    left: usize,
    cut: bool,
}

impl Write for Beginning<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() <= self.left {
            self.left -= text.len();
            return self.out.write_str(text);
        }
        let end = (0..=self.left).rfind(|&end| text.is_char_boundary(end)).unwrap_or(0);
        self.out.write_str(&text[..end])?;
        self.out.write_char('…')?;
        self.cut = true;
        Err(fmt::Error)
    }
}

/// Enough to see what it is.
const LENGTH: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_shown_whole() {
        let text = "x".repeat(LENGTH);
        assert_eq!(Excerpt(&text).to_string(), text);
        assert_eq!(format!("{:?}", Excerpt("a\n")), r#""a\n""#);
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(Excerpt("x".repeat(LENGTH + 1)).to_string(), format!("{}…", "x".repeat(LENGTH)));
        assert_eq!(Excerpt("ä".repeat(LENGTH)).to_string(), format!("{}…", "ä".repeat(LENGTH / 2)));
        assert_eq!(
            Excerpt(format!("x{}", "ä".repeat(LENGTH))).to_string(),
            format!("x{}…", "ä".repeat(LENGTH / 2 - 1))
        );
        let quoted = format!("{:?}", Excerpt(&"\n".repeat(LENGTH)));
        assert!(quoted.starts_with(r#""\n\n"#) && quoted.ends_with('…') && quoted.len() <= LENGTH + '…'.len_utf8());
    }
}
