//! The header that mostly comes first.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

/// As [`HeaderMap::get`], for a header that is mostly the first or only one: a look
/// at the first costs a third of a look-up.
#[inline]
pub(crate) fn get_first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    match headers.iter().next() {
        Some((first, value)) if first == name => Some(value),
        _ => headers.get(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_wherever_it_stands() {
        let (a, b) = (HeaderName::from_static("a"), HeaderName::from_static("b"));
        let mut headers = HeaderMap::new();
        assert_eq!(get_first(&headers, &a), None);
        for (name, value) in [(&b, "0"), (&b, "1"), (&a, "2"), (&a, "3")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        assert_eq!(get_first(&headers, &a).unwrap(), "2");
        assert_eq!(get_first(&headers, &b).unwrap(), "0");
    }
}
