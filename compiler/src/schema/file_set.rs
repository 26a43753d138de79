//! Sets of files.

use super::FileId;

/// A set of files, as bits.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileSet(Vec<u64>);

impl FileSet {
    pub(crate) fn insert(&mut self, file: FileId) {
        let (word, bit) = place(file);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    pub(crate) fn contains(&self, file: FileId) -> bool {
        let (word, bit) = place(file);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Adds the files of another set.
    pub(crate) fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, others) in self.0.iter_mut().zip(&other.0) {
            *mine |= others;
        }
    }

    /// Whether there is a file in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, others)| mine & others != 0)
    }
}

fn place(file: FileId) -> (usize, u64) {
    (file.0 as usize / 64, 1 << (file.0 % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_is_put_in() {
        let (mut one, mut other) = (FileSet::default(), FileSet::default());
        one.insert(FileId(3));
        other.insert(FileId(130));
        assert!(one.contains(FileId(3)) && !one.contains(FileId(130)) && !one.meets(&other));
        one.add(&other);
        assert!(one.contains(FileId(130)) && one.meets(&other));
    }
}
