//! Locations: where in the source each part of a descriptor comes from.

use crate::comments::Comments;
use crate::token::Token;

/// An entry of `SourceCodeInfo`. Lines and columns are those of tokens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Location {
    pub(crate) path: Vec<i32>,
    pub(crate) start: (u32, u32),
    pub(crate) end: Option<(u32, u32)>,
    pub(crate) comments: Comments,
}

/// One location among those of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(usize);

/// The locations of a file, in the order in which their elements begin.
#[derive(Debug)]
pub(crate) struct Locations {
    wanted: bool,
    list: Vec<Location>,
}

impl Locations {
    /// If locations are not wanted, none are kept and every mark is the same.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { wanted, list: Vec::new() }
    }

    pub(crate) fn wanted(&self) -> bool {
        self.wanted
    }

    pub(crate) fn into_list(self) -> Vec<Location> {
        self.list
    }

    /// Begins a location at `token`. Its path is that of `parent` and what follows.
    pub(crate) fn open(&mut self, parent: Option<Mark>, path: &[i32], token: &Token) -> Mark {
        if !self.wanted {
            return Mark(0);
        }
        let mut whole = parent.map_or_else(Vec::new, |parent| self.list[parent.0].path.clone());
        whole.extend(path);
        self.list.push(Location { path: whole, start: (token.line, token.column), ..Location::default() });
        Mark(self.list.len() - 1)
    }

    /// Ends a location with `token`, unless it has ended.
    pub(crate) fn close(&mut self, mark: Mark, token: &Token) {
        if let Some(location) = self.get(mark) {
            location.end.get_or_insert((token.line, token.end_column));
        }
    }

    /// Lets a location begin where another one does.
    pub(crate) fn start_with(&mut self, mark: Mark, other: Mark) {
        if self.wanted {
            self.list[mark.0].start = self.list[other.0].start;
        }
    }

    /// Lets a location begin with `token`.
    pub(crate) fn start_at(&mut self, mark: Mark, token: &Token) {
        if let Some(location) = self.get(mark) {
            location.start = (token.line, token.column);
        }
    }

    /// Makes a path longer.
    pub(crate) fn extend(&mut self, mark: Mark, part: i32) {
        if let Some(location) = self.get(mark) {
            location.path.push(part);
        }
    }

    pub(crate) fn attach(&mut self, mark: Mark, comments: Comments) {
        if let Some(location) = self.get(mark) {
            location.comments = comments;
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Repeats the locations from `first` on for each of `indices`, which takes the place of the
    /// last part in the path of `parent`'s children. The children themselves are left out.
    pub(crate) fn repeat(&mut self, first: usize, parent: Mark, indices: std::ops::Range<usize>) {
        if !self.wanted {
            return;
        }
        let depth = self.list[parent.0].path.len();
        let repeated = self.list.split_off(first);
        for index in indices {
            for location in repeated.iter().filter(|location| location.path.len() > depth + 1) {
                let mut copy = location.clone();
                copy.path[depth] = index as i32;
                self.list.push(copy);
            }
        }
    }

    fn get(&mut self, mark: Mark) -> Option<&mut Location> {
        if self.wanted { self.list.get_mut(mark.0) } else { None }
    }
}
