//! What is wrong with an input, told so that the line can be found and mended.

use std::fmt::{self, Debug, Display, Formatter};
use std::path::Path;

/// A place in a text; both count from one, and columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

/// Why nothing was generated.
///
/// `Display` gives one fault after the other, each as `file:line:column: what`, the line of the
/// source, a caret under the column, and what to do; faults of the set-up have no place:
///
/// ```text
/// proto/hello.proto:9:26: the number 3 is used by the field `home` as well
///     repeated string tags = 3;
///                            ^
///   help: the next free number is 4
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
        let (file, excerpt) = (String::new(), String::new());
        Fault { file, place: None, what: what.into(), excerpt, help: None }.into()
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
    /// The line of the file that the place is on, and a caret below.
    excerpt: String,
    help: Option<String>,
}

impl Fault {
    /// A fault at a place of a text.
    pub(crate) fn at(path: &Path, text: &str, place: Place, what: impl Into<String>) -> Self {
        let line = text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default().trim_end();
        // Tabs stay tabs, so that the caret stands under its column however wide they are drawn.
        let before = line.chars().take(place.column.saturating_sub(1));
        let padding: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let excerpt = format!("{line}\n{padding}^");
        Self { file: path.display().to_string(), place: Some(place), what: what.into(), excerpt, help: None }
    }

    /// A fault that the compiler has found in the file at this path.
    pub(crate) fn found(path: &Path, fault: &puregrpc_proto::Fault) -> Self {
        let place = Place { line: fault.line() as usize, column: fault.column() as usize };
        Self {
            file: path.display().to_string(),
            place: (place.line > 0).then_some(place),
            what: fault.message().to_owned(),
            excerpt: fault.excerpt().to_owned(),
            help: fault.help().map(str::to_owned),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(Place { line, column }) => write!(f, "{}:{line}:{column}: {}", self.file, self.what)?,
            None if self.file.is_empty() => f.write_str(&self.what)?,
            None => write!(f, "{}: {}", self.file, self.what)?,
        }
        for line in self.excerpt.lines() {
            write!(f, "\n  {line}")?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
