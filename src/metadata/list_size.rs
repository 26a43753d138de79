//! How large a list of headers is, as HTTP/2 counts it.

use http::header::HeaderMap;

use crate::metadata::Metadata;

/// Names, values, and 32 bytes for each field (RFC 9113, section 6.5.2).
pub(crate) fn list_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| field_size(name.as_str().len(), value.len())).sum()
}

/// The size of one field.
#[inline]
pub(crate) const fn field_size(name: usize, value: usize) -> usize {
    name + value + 32
}

impl Metadata {
    /// The size of what an application sees of it.
    pub(crate) fn list_size(&self) -> usize {
        self.iter().map(|(name, value)| field_size(name.len(), value.len())).sum()
    }
}
