//! The paths of methods, as requests bear them.

use std::cell::RefCell;

use bytes::Bytes;
use http::uri::{InvalidUri, PathAndQuery};

/// Reads the path of a method, which is looked at byte by byte only once on
/// each thread: there are few of them, and they last.
pub(crate) fn parse(path: &'static str) -> Result<PathAndQuery, InvalidUri> {
    KNOWN.with_borrow_mut(|known| {
        if let Some((_, parsed)) = known.iter().find(|(name, _)| std::ptr::eq(*name, path)) {
            return Ok(parsed.clone());
        }
        let parsed = PathAndQuery::from_maybe_shared(Bytes::from_static(path.as_bytes()))?;
        if known.len() == MOST {
            known.clear();
        }
        known.push((path, parsed.clone()));
        Ok(parsed)
    })
}

/// How many paths a thread keeps: more would take longer to find than to read.
const MOST: usize = 16;

thread_local! {
    static KNOWN: RefCell<Vec<(&'static str, PathAndQuery)>> = const { RefCell::new(Vec::new()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_paths_are_each_their_own_and_few_are_kept() {
        let paths: Vec<&'static str> = (0..100).map(|number| &*format!("/a.B/{number}").leak()).collect();
        for _ in 0..2 {
            for path in &paths {
                for _ in 0..2 {
                    assert_eq!(parse(path).unwrap().as_str(), *path);
                }
                assert!(KNOWN.with_borrow(Vec::len) <= MOST);
            }
        }
    }

    #[test]
    fn what_is_no_path_is_none_each_time() {
        for _ in 0..2 {
            assert!(parse("/a b").is_err());
        }
    }
}
