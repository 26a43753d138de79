//! What is wrong with an input, told so that the line can be found and mended.

use std::fmt::{self, Debug, Display, Formatter};
use std::path::Path;

use crate::scan::Place;

/// Why nothing was generated.
///
/// `Display` gives one fault after the other, each as `file:line:column: what`, the line of the
/// source and a caret under the column; faults of the set-up have no place:
///
/// ```text
/// proto/hello.proto:8:9: While parsing field, expecting char `=`
///     string name 1;
///                 ^
/// ```
///
/// `Debug` gives the same text, so that `fn main() -> Result<(), Error>` prints it as well.
pub struct Error {
    faults: Vec<Fault>,
}

impl Error {
    /// The faults as an error, or `Ok` where there are none.
    pub(crate) fn check(mut faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort();
        faults.dedup();
        Err(Self { faults })
    }

    /// An error that no line of a `.proto` file is to blame for.
    pub(crate) fn set_up(what: impl Into<String>) -> Self {
        Fault { file: String::new(), place: None, what: what.into(), source: String::new() }.into()
    }

    /// An error about a file or folder as a whole.
    pub(crate) fn file(path: &Path, what: impl Display) -> Self {
        Self::set_up(format!("{}: {what}", path.display()))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self { faults: vec![fault] }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}{fault}")?;
        }
        Ok(())
    }
}

impl Debug for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// One fault; the order is that of files and places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    file: String,
    place: Option<Place>,
    what: String,
    /// The line of the file that the place is on.
    source: String,
}

impl Fault {
    /// A fault at a place of a text.
    pub(crate) fn at(path: &Path, text: &str, place: Place, what: impl Into<String>) -> Self {
        let source = text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default();
        Self {
            file: path.display().to_string(),
            place: Some(place),
            what: what.into(),
            source: source.trim_end().to_owned(),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(Place { line, column }) = self.place else {
            return f.write_str(&self.what);
        };
        write!(f, "{}:{line}:{column}: {}", self.file, self.what)?;
        if self.source.is_empty() {
            return Ok(());
        }
        // Tabs stay tabs, so that the caret stands under its column however wide they are drawn.
        let before = self.source.chars().take(column.saturating_sub(1));
        let padding: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "\n  {}\n  {padding}^", self.source)
    }
}
