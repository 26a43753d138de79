//! What is wrong with an input: where, what, and what to do about it.

use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::source::{At, Source};

/// One fault, or one warning, in a `.proto` file.
///
/// `Display` gives the place, the fault, the line of the source with a caret, and what to do:
///
/// ```text
/// hello.proto:3:11: expected "=" and the number of the field, found "1"
///     string name 1;
///                 ^
///   help: write it as `name = 1`
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    file: Arc<str>,
    line: u32,
    column: u32,
    message: String,
    help: Option<String>,
    excerpt: String,
}

impl Fault {
    /// The name of the file as it was given or imported.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from 1. It is 0 if the fault is about the file as a whole.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column in characters, counted from 1. It is 0 if the fault is about the file as a whole.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if that can be said.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The line of the source and a caret under the column. It is empty if there is no place.
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        for line in self.excerpt.lines() {
            write!(f, "\n  {line}")?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// All faults of a run, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The single faults.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl Display for Faults {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Collects the faults and warnings of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    faults: Vec<Entry>,
    warnings: Vec<Entry>,
}

/// A fault whose place has not been looked up yet.
#[derive(Debug)]
struct Entry {
    source: Source,
    at: Option<At>,
    message: String,
    help: Option<String>,
}

impl Report {
    /// Adds a fault at a place.
    pub(crate) fn fault(&mut self, source: &Source, at: At, message: impl Into<String>) -> Told<'_> {
        Self::add(&mut self.faults, source, Some(at), message.into())
    }

    /// Adds a fault about a file as a whole.
    pub(crate) fn file_fault(&mut self, source: &Source, message: impl Into<String>) -> Told<'_> {
        Self::add(&mut self.faults, source, None, message.into())
    }

    /// Adds a warning at a place.
    pub(crate) fn warning(&mut self, source: &Source, at: At, message: impl Into<String>) {
        Self::add(&mut self.warnings, source, Some(at), message.into());
    }

    /// How many faults there are.
    pub(crate) fn len(&self) -> usize {
        self.faults.len()
    }

    /// The faults of the run in order, or its warnings if there are none.
    pub(crate) fn finish(self) -> Result<Vec<Fault>, Faults> {
        let placed = |entries: Vec<Entry>| {
            let mut seen = HashSet::new();
            let mut faults: Vec<Fault> = entries.into_iter().map(Entry::place).collect();
            faults.retain(|fault| seen.insert((fault.file.clone(), fault.line, fault.column, fault.message.clone())));
            faults.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
            faults
        };
        if self.faults.is_empty() { Ok(placed(self.warnings)) } else { Err(Faults(placed(self.faults))) }
    }

    fn add<'a>(list: &'a mut Vec<Entry>, source: &Source, at: Option<At>, message: String) -> Told<'a> {
        if list.len() >= MOST {
            return Told(None);
        }
        list.push(Entry { source: source.clone(), at, message, help: None });
        Told(list.last_mut())
    }
}

/// A fault that has just been added.
#[derive(Debug)]
pub(crate) struct Told<'a>(Option<&'a mut Entry>);

impl Told<'_> {
    /// Says what to do about it.
    pub(crate) fn help(self, help: impl Into<String>) {
        if let Some(entry) = self.0 {
            entry.help = Some(help.into());
        }
    }
}

impl Entry {
    fn place(self) -> Fault {
        let (line, column, excerpt) = match self.at {
            Some(at) => {
                let position = self.source.position(at);
                (position.line, position.column, position.excerpt)
            }
            None => (0, 0, String::new()),
        };
        let file = self.source.name().clone();
        Fault { file, line, column, message: self.message, help: self.help, excerpt }
    }
}

/// Faults beyond this number are not kept: the memory and the time of a run stay bounded.
const MOST: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_place_line_caret_and_help() {
        let source = Source::new("a.proto", b"message M {\n  int32 a 1;\n}\n".to_vec());
        let mut report = Report::default();
        report.fault(&source, At(22), "expected \"=\"").help("write `a = 1`");
        let faults = report.finish().unwrap_err();
        assert_eq!(
            faults.to_string(),
            "a.proto:2:11: expected \"=\"\n    int32 a 1;\n            ^\n  help: write `a = 1`"
        );
    }

    #[test]
    fn faults_are_sorted_told_once_and_bounded() {
        let source = Source::new("a.proto", vec![b'\n'; 5_000]);
        let mut report = Report::default();
        for at in (0..5_000).rev() {
            report.fault(&source, At(at), "x");
            report.fault(&source, At(at), "x");
        }
        let faults = report.finish().unwrap_err();
        let lines: Vec<u32> = faults.iter().map(Fault::line).collect();
        assert!(lines.is_sorted() && lines.len() == MOST / 2);
    }
}
