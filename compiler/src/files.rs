//! Where the compiler gets files from.

use std::collections::{BTreeMap, HashMap};

/// Gives the compiler the texts of files. It reads nothing by itself.
///
/// The well-known types and the other files of Protocol Buffers are built in: they are asked for
/// here first, and found without your help if you do not have them.
pub trait Files {
    /// The text of the file with a path such as `google/type/date.proto`, or `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// A message about a file that is there and cannot be read. The compiler reports it at the
    /// import.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;

    /// Where files are looked for, to be shown to people beside a file that is not found.
    fn looked_in(&self) -> Option<String> {
        None
    }
}

impl<F: Fn(&str) -> Result<Option<Vec<u8>>, String>> Files for F {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        self(path)
    }
}

impl<T: AsRef<[u8]>> Files for HashMap<String, T> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.get(path).map(|text| text.as_ref().to_vec()))
    }
}

impl<T: AsRef<[u8]>> Files for BTreeMap<String, T> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.get(path).map(|text| text.as_ref().to_vec()))
    }
}
