//! What is printed: one JSON object on one line.

use std::fmt::{self, Display, Write};

/// Keys and values in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Report {
    fields: Vec<(&'static str, String)>,
    /// Why the figures are not what was asked for.
    pub(crate) problem: Option<String>,
}

impl Report {
    pub(crate) fn text(&mut self, key: &'static str, value: &str) {
        self.fields.push((key, quoted(value)));
    }

    pub(crate) fn integer(&mut self, key: &'static str, value: impl Into<u64>) {
        self.fields.push((key, value.into().to_string()));
    }

    /// A number with one digit behind the point; null if it is none, as where nothing was counted.
    pub(crate) fn number(&mut self, key: &'static str, value: f64) {
        self.precise(key, value, 1);
    }

    /// A number with so many digits behind the point.
    pub(crate) fn precise(&mut self, key: &'static str, value: f64, digits: usize) {
        let shown = if value.is_finite() { format!("{value:.digits$}") } else { "null".into() };
        self.fields.push((key, shown));
    }

    /// An object of numbers.
    pub(crate) fn counts(&mut self, key: &'static str, counts: impl IntoIterator<Item = (impl Display, u64)>) {
        let counts = counts.into_iter().map(|(name, count)| format!("{}: {count}", quoted(&name.to_string())));
        self.fields.push((key, format!("{{{}}}", counts.collect::<Vec<_>>().join(", "))));
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (number, (key, value)) in self.fields.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}\"{key}\": {value}")?;
        }
        f.write_char('}')
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_line_of_json() {
        let mut report = Report::default();
        report.text("mode", "a\"b\\c\nd");
        report.integer("count", 3_u64);
        report.number("p50_us", 1.25);
        report.precise("seconds", 0.5, 3);
        report.number("per_second", f64::NAN);
        report.counts("failures", [("GOAWAY 11", 1), ("RST 2", 3)]);
        let expected = r#"{"mode": "a\"b\\c\u000ad", "count": 3, "p50_us": 1.2, "seconds": 0.500, "per_second": null, "failures": {"GOAWAY 11": 1, "RST 2": 3}}"#;
        assert_eq!(report.to_string(), expected);
    }
}
