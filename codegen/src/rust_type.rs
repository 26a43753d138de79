//! Types and parameters as they are written, on one line or on several.

use std::fmt::{self, Display, Formatter};

/// The width of a line.
pub(crate) const WIDTH: usize = 100;

/// The widest list within brackets that rustfmt leaves on one line.
pub(crate) const LIST_WIDTH: usize = 60;

/// A parameter of a function; without a type it is a form of `self`.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Option<Type>,
}

impl Parameter {
    pub(crate) const SELF: Self = Self { name: "&self", kind: None };

    pub(crate) fn new(name: &'static str, kind: Type) -> Self {
        Self { name, kind: Some(kind) }
    }
}

impl Display for Parameter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            None => f.write_str(self.name),
            Some(kind) => write!(f, "{}: {kind}", self.name),
        }
    }
}

/// A type as it is written: a path, with types in brackets or without.
#[derive(Debug, Clone)]
pub(crate) struct Type {
    pub(crate) head: String,
    brackets: [char; 2],
    inside: Vec<Self>,
}

impl Type {
    pub(crate) fn path(path: impl Into<String>) -> Self {
        Self { head: path.into(), brackets: ['<', '>'], inside: Vec::new() }
    }

    pub(crate) fn of<const N: usize>(head: impl Into<String>, inside: [Self; N]) -> Self {
        Self { head: head.into(), brackets: ['<', '>'], inside: inside.into() }
    }

    pub(crate) fn tuple<const N: usize>(inside: [Self; N]) -> Self {
        Self { head: String::new(), brackets: ['(', ')'], inside: inside.into() }
    }

    /// The same with something before it, as a reference has.
    pub(crate) fn prefixed(&self, prefix: &str) -> Self {
        Self { head: format!("{prefix}{}", self.head), ..self.clone() }
    }

    fn list(&self) -> String {
        self.inside.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Writes the type behind `used` columns, over several lines where one would pass `limit`.
    pub(crate) fn lay_out(&self, indent: usize, used: usize, limit: usize) -> String {
        let is_wide_tuple = self.brackets[0] == '(' && self.list().len() > LIST_WIDTH;
        let line = self.to_string();
        if self.inside.is_empty() || (used + line.len() <= limit && !is_wide_tuple) {
            return line;
        }
        self.broken(indent)
    }

    /// Writes each type within the brackets on lines of its own.
    pub(crate) fn broken(&self, indent: usize) -> String {
        let [open, close] = self.brackets;
        let outer = " ".repeat(indent);
        let mut text = format!("{}{open}\n", self.head);
        for inside in &self.inside {
            let inside = inside.lay_out(indent + 4, indent + 4, WIDTH - 1);
            text.push_str(&format!("{outer}    {inside},\n"));
        }
        text.push_str(&format!("{outer}{close}"));
        text
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [open, close] = self.brackets;
        f.write_str(&self.head)?;
        if self.inside.is_empty() { Ok(()) } else { write!(f, "{open}{}{close}", self.list()) }
    }
}
