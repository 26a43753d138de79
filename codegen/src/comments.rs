//! Turns the comments of a `.proto` file into documentation that rustdoc reads as prose.
//!
//! Comments are Markdown by custom only. Two things in them would break a user's build: code, which
//! rustdoc runs as a test, and characters that the compiler refuses in comments.

/// The lines of documentation that a comment gives; none where it says nothing.
pub(crate) fn documentation(comment: &str) -> Vec<String> {
    let cleaned: Vec<String> = comment.lines().map(clean).collect();
    let margin = cleaned.iter().filter(|line| !line.is_empty() && !is_ruler(line)).map(|line| indent(line)).min();
    let margin = margin.unwrap_or(0);
    let mut lines: Vec<String> = Vec::new();
    let mut fence: Option<String> = None;
    for line in &cleaned {
        let line = line.get(margin..).unwrap_or_default();
        if let Some(open) = &fence {
            if closes(line, open) {
                fence = None;
            }
            lines.push(line.to_owned());
        } else if let Some(open) = opening(line) {
            lines.push(format!("{open}{}", language(line.trim_start(), &open)));
            fence = Some(open);
        } else if !is_ruler(line) {
            lines.push(prose(line));
        }
    }
    lines.extend(fence);
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| line.is_empty()).count();
    lines.split_off(blank)
}

/// One line of documentation as a comment of Rust, without its line break.
pub(crate) fn doc_line(line: &str) -> String {
    if line.is_empty() { "///".to_owned() } else { format!("/// {line}") }
}

/// Spaces for tabs, and nothing that the compiler refuses in a comment.
fn clean(line: &str) -> String {
    let text = line.trim_end().replace('\t', "    ");
    text.chars().filter(|&c| !c.is_control() && !changes_direction(c)).collect()
}

/// Characters that reorder text on the screen; rustc denies them in comments.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The fence of a code block that begins with this line.
fn opening(line: &str) -> Option<String> {
    let bare = line.trim_start();
    let mark = bare.chars().next().filter(|&c| c == '`' || c == '~')?;
    let length = bare.chars().take_while(|&c| c == mark).count();
    let text = &bare[length..];
    // A line such as "```a```" is a span of code, not a fence.
    (length >= 3 && !(mark == '`' && text.contains('`'))).then(|| bare[..length].to_owned())
}

fn closes(line: &str, open: &str) -> bool {
    let bare = line.trim();
    bare.len() >= open.len() && bare.starts_with(open) && bare.chars().all(|c| open.starts_with(c))
}

/// The language a fence names, or `text` where rustdoc would take it for Rust and run it.
fn language<'a>(line: &'a str, open: &str) -> &'a str {
    let word = line[open.len()..].trim();
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '+');
    let runs = ["rust", "ignore"].contains(&word) || word.starts_with("edition");
    if plain && !runs { word } else { "text" }
}

/// A line that only draws: a frame of slashes, stars or the like.
fn is_ruler(line: &str) -> bool {
    let bare = line.trim();
    bare.len() >= 4 && bare.chars().all(|c| "/*=#-_~".contains(c))
}

/// A line of prose that Markdown cannot take for indented code.
fn prose(line: &str) -> String {
    let bare = line.trim_start();
    let kept = " ".repeat(indent(line).min(3));
    let (marker, text) = bare.split_at(marker_length(bare));
    if !marker.is_empty() && indent(text) > 4 {
        // Five spaces behind the marker of a list or a quotation begin code as well.
        return format!("{kept}{marker} {}", text.trim_start());
    }
    format!("{kept}{bare}")
}

/// The length of the marker of a list item or a quotation at the start of a line.
fn marker_length(bare: &str) -> usize {
    let digits = bare.chars().take_while(char::is_ascii_digit).count();
    match bare[digits..].chars().next() {
        Some('.' | ')') if digits > 0 => digits + 1,
        Some('-' | '*' | '+' | '>') if digits == 0 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_margin_is_dropped() {
        assert_eq!(documentation(" One.\n   Two.\n"), ["One.", "  Two."]);
    }

    #[test]
    fn bare_fence_becomes_text() {
        assert_eq!(documentation("```\nlet a = ;\n```\n"), ["```text", "let a = ;", "```"]);
        assert_eq!(documentation("~~~ rust,no_run\nx\n~~~\n"), ["~~~text", "x", "~~~"]);
    }

    #[test]
    fn fence_of_another_language_stays() {
        assert_eq!(documentation("```json\n{}\n```\n"), ["```json", "{}", "```"]);
    }

    #[test]
    fn open_fence_is_closed() {
        assert_eq!(documentation("```\nx\n"), ["```text", "x", "```"]);
    }

    #[test]
    fn indented_code_becomes_prose() {
        assert_eq!(documentation("Use:\n\n      a = 1;\n"), ["Use:", "", "   a = 1;"]);
        assert_eq!(documentation("Use:\n\n\ta = 1;\n"), ["Use:", "", "   a = 1;"]);
        assert_eq!(documentation("-      code\n- item\n"), ["- code", "- item"]);
        assert_eq!(documentation("1.     code\n"), ["1. code"]);
    }

    #[test]
    fn rulers_and_empty_edges_are_dropped() {
        assert_eq!(documentation("\n//////////\n One.\n ------\n\n"), ["One."]);
        assert!(documentation("\n  \n").is_empty());
    }

    #[test]
    fn characters_the_compiler_refuses_are_dropped() {
        assert_eq!(documentation("a\u{202e}b\rc\n"), ["abc"]);
    }
}
