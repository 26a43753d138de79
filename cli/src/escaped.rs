//! Text that may come from a peer, as a terminal can show it.

use std::borrow::Cow;

/// The text with its control characters written out, as in `\u{1b}`.
///
/// Raw, they would move the cursor, set the window's title or fake other
/// lines; marks of direction would show the text in another order.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(acts_on_terminals) { Cow::Owned(escape(text, acts_on_terminals)) } else { Cow::Borrowed(text) }
}

/// A line of the log without those that the formatter leaves as they are. It
/// writes ESC for its colours only, and writes out the ESC of values itself.
pub(crate) fn escaped_log(line: &str) -> Cow<'_, str> {
    let acts = |letter| letter != '\u{1b}' && acts_on_terminals(letter);
    match line.strip_suffix('\n') {
        Some(text) if text.contains(acts) => Cow::Owned(escape(text, acts) + "\n"),
        _ => Cow::Borrowed(line),
    }
}

fn escape(text: &str, acts: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if acts(letter) {
            escaped.extend(letter.escape_unicode());
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

fn acts_on_terminals(letter: char) -> bool {
    let separates_lines = matches!(letter, '\u{2028}' | '\u{2029}');
    let sets_direction =
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || separates_lines || sets_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out_and_letters_stay() {
        for (text, shown) in [
            ("こんにちは, Ada é", "こんにちは, Ada é"),
            ("\u{1b}[2J\u{7}", "\\u{1b}[2J\\u{7}"),
            ("a\r\nerror: b", "a\\u{d}\\u{a}error: b"),
            ("\u{9b}31m\u{7f}\0", "\\u{9b}31m\\u{7f}\\u{0}"),
            ("\u{202e}txt", "\\u{202e}txt"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn a_log_keeps_its_colours_and_its_end() {
        assert_eq!(escaped_log("\u{1b}[32mINFO\u{1b}[0m a\r\nb\n"), "\u{1b}[32mINFO\u{1b}[0m a\\u{d}\\u{a}b\n");
        assert_eq!(escaped_log("plain\n"), "plain\n");
    }
}
