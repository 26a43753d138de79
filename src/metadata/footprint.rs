//! How much memory metadata takes.

use http::HeaderMap;

use crate::metadata::Metadata;

impl Metadata {
    /// How much memory a map of headers takes, in bytes, with all that is in it.
    ///
    /// `size` is what HTTP/2 counts: names, values, and 32 bytes for each entry,
    /// which stand for the overhead of the two allocations.
    pub(crate) fn footprint(headers: &HeaderMap, size: usize) -> usize {
        let further = headers.len() - headers.keys_len();
        let further = if further == 0 { 0 } else { further.next_power_of_two().max(4) };
        headers.capacity() * NAMED + further * FURTHER + size
    }

    /// How much memory it takes, in bytes.
    pub(crate) fn memory(&self) -> usize {
        let size = self.map.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        Self::footprint(&self.map, size)
    }
}

/// What the map takes for a name with its value, and for each further value.
const NAMED: usize = 112;
const FURTHER: usize = 72;
