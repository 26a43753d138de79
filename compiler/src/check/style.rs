//! Checks of how names are written, which edition 2024 is strict about.

use super::Checker;
use crate::schema::Element;

/// A way to write names.
#[derive(Debug, Clone, Copy)]
enum Style {
    Title,
    LowerSnake,
    UpperSnake,
}

impl Checker<'_> {
    pub(super) fn style(&mut self, element: Element) {
        let (what, style) = match element {
            Element::File(_) => ("package", Style::LowerSnake),
            Element::Message(_) => ("message", Style::Title),
            Element::Enum(_) => ("enum", Style::Title),
            Element::Service(_) => ("service", Style::Title),
            Element::Method(..) => ("method", Style::Title),
            Element::Field(_) => ("field", Style::LowerSnake),
            Element::Oneof(..) => ("oneof", Style::LowerSnake),
            Element::EnumValue(..) => ("value", Style::UpperSnake),
            Element::ExtensionRange(..) => return,
        };
        let name = match element {
            Element::File(id) => &self.schema[id].package,
            _ => self.schema.full_name(element).rsplit('.').next().unwrap_or_default(),
        };
        if name.is_empty() {
            return;
        }
        if let Err(wrong) = style.check(name) {
            let at = self.schema.place(element);
            let told = self.fault(at, format!("the name of the {what} `{name}` {wrong}"));
            told.help("rename it, or set features.enforce_naming_style = STYLE_LEGACY");
        }
    }
}

impl Style {
    fn check(self, name: &str) -> Result<(), &'static str> {
        let all = |allowed: &dyn Fn(u8) -> bool| name.bytes().all(allowed);
        let first = name.bytes().next().unwrap_or_default();
        match self {
            Self::Title if !all(&|byte| byte.is_ascii_alphanumeric()) => return Err("is not in TitleCase"),
            Self::Title if !first.is_ascii_uppercase() => return Err("does not begin with a capital letter"),
            Self::LowerSnake
                if !all(&|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte)) =>
            {
                return Err("is not in lower_snake_case");
            }
            Self::LowerSnake if !first.is_ascii_lowercase() => return Err("does not begin with a small letter"),
            Self::UpperSnake if !all(&|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') => {
                return Err("is not in UPPER_SNAKE_CASE");
            }
            Self::UpperSnake if !first.is_ascii_uppercase() => return Err("does not begin with a capital letter"),
            _ => {}
        }
        if !matches!(self, Self::Title) && has_odd_underscores(name) {
            return Err("has an underscore at an end, or one without a letter behind it");
        }
        Ok(())
    }
}

fn has_odd_underscores(name: &str) -> bool {
    let bytes = name.as_bytes();
    let odd = bytes.windows(2).any(|pair| pair[0] == b'_' && !pair[1].is_ascii_alphabetic());
    name.starts_with('_') || name.ends_with('_') || odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_their_style() {
        for (style, good, bad) in [
            (Style::Title, &["Foo", "Foo2Bar"][..], &["foo", "Foo_Bar", "1Foo"][..]),
            (Style::LowerSnake, &["foo", "foo_bar2", "a.b"], &["Foo", "fooBar", "_foo", "foo_", "foo__bar", "foo_1"]),
            (Style::UpperSnake, &["FOO", "FOO_BAR2"], &["Foo", "_FOO", "FOO_1", "2FOO"]),
        ] {
            assert!(good.iter().all(|name| style.check(name).is_ok()), "{style:?}");
            assert!(bad.iter().all(|name| style.check(name).is_err()), "{style:?}");
        }
    }
}
