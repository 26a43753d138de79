//! The documentation of what the sources define.

use std::collections::BTreeMap;

use crate::comments;
use crate::source::Sources;

/// The documentation of everything that has some, by full name.
#[derive(Debug, Default)]
pub(crate) struct Docs(BTreeMap<String, Vec<String>>);

impl Docs {
    pub(crate) fn of(sources: &Sources) -> Self {
        let mut docs = BTreeMap::new();
        for file in &sources.files {
            for definition in &file.outline.definitions {
                let lines = comments::documentation(&definition.comment);
                if !lines.is_empty() {
                    docs.insert(file.outline.full_name(definition), lines);
                }
            }
        }
        Self(docs)
    }

    pub(crate) fn get(&self, full_name: &str) -> &[String] {
        self.0.get(full_name).map_or(&[], Vec::as_slice)
    }
}
