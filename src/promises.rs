//! What SECURITY.md and the documentation of setters promise of defaults, for tests.

use std::collections::BTreeMap;
use std::time::Duration;

/// What is promised of the limits of a `Server`, or of a `Channel` and its builder.
pub(crate) struct Promises {
    /// What SECURITY.md's table says, by setter.
    table: BTreeMap<String, String>,
    /// What stands behind "Default:" in the documentation of each setter.
    docs: BTreeMap<String, String>,
}

impl Promises {
    /// Reads the table, and the sources of the setters but for those that limit nothing.
    pub(crate) fn of(owner: &str, sources: &[&str], others: &[&str]) -> Self {
        let mut docs: BTreeMap<_, _> = sources.iter().flat_map(|source| documented(source)).collect();
        for other in others {
            assert!(docs.remove(*other).is_some(), "{owner}::{other} is no setter");
        }
        Self { table: table(owner), docs }
    }

    /// Asserts that each default is what both say of it, in one of its spellings, and that none is left out.
    pub(crate) fn check(&self, defaults: &[(&str, Vec<String>)]) {
        let mut setters: Vec<&str> = defaults.iter().map(|(setter, _)| *setter).collect();
        setters.sort_unstable();
        assert_eq!(setters, self.table.keys().collect::<Vec<_>>(), "the setters in SECURITY.md");
        assert_eq!(setters, self.docs.keys().collect::<Vec<_>>(), "the setters in the sources");
        for (setter, spellings) in defaults {
            for (place, text) in [("SECURITY.md", &self.table[*setter]), ("its documentation", &self.docs[*setter])] {
                let said = spellings.iter().any(|spelling| says(text, spelling));
                assert!(said, "the default of {setter} is {spellings:?}, {place} says {text:?}");
            }
        }
    }

    /// Asserts that SECURITY.md says this, too, of a default.
    pub(crate) fn check_table(&self, setter: &str, spelling: &str) {
        let text = &self.table[setter];
        assert!(says(text, spelling), "the default of {setter} is {spelling}, SECURITY.md says {text:?}");
    }
}

/// A number of bytes, or none at all.
pub(crate) fn bytes(bytes: usize) -> Vec<String> {
    match bytes {
        usize::MAX => none(),
        _ if bytes.is_multiple_of(1 << 30) => vec![format!("{} GiB", bytes >> 30)],
        _ if bytes.is_multiple_of(1 << 20) => vec![format!("{} MiB", bytes >> 20)],
        _ => vec![format!("{} KiB", bytes >> 10)],
    }
}

/// A number, with commas.
pub(crate) fn count(count: usize) -> Vec<String> {
    if count < 1_000 {
        return vec![count.to_string()];
    }
    vec![format!("{},{:03}", count / 1_000, count % 1_000)]
}

/// A time, or none at all.
pub(crate) fn time(time: impl Into<Option<Duration>>) -> Vec<String> {
    match time.into().map(|time| time.as_secs()) {
        None | Some(0) => none(),
        // Which is said in full and in short.
        Some(seconds) if seconds.is_multiple_of(3_600) => vec![format!("{} h", seconds / 3_600)],
        Some(seconds) if seconds.is_multiple_of(60) && seconds > 60 => vec![format!("{} minutes", seconds / 60)],
        Some(seconds) => vec![format!("{seconds} s")],
    }
}

pub(crate) fn none() -> Vec<String> {
    ["none", "no limit", "`None`"].map(str::to_owned).to_vec()
}

pub(crate) fn words(words: &str) -> Vec<String> {
    vec![words.to_owned()]
}

/// Whether a text has these words, and not as the end of a longer number.
fn says(text: &str, words: &str) -> bool {
    let is_whole = |at: usize| !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == ',');
    text.match_indices(words).any(|(at, _)| is_whole(at))
}

/// The second and third cell of each row of SECURITY.md's table, by the setters that the third one names.
fn table(owner: &str) -> BTreeMap<String, String> {
    let mut table = BTreeMap::new();
    let rows = include_str!("../SECURITY.md").lines().skip_while(|line| !line.starts_with('|'));
    // The first table: others have other columns.
    let rows = rows.take_while(|line| line.starts_with('|')).filter(|line| line.starts_with("| "));
    for row in rows.skip(1) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, default, setters, _] = cells[..] else { panic!("four cells: {row}") };
        let mut whose = None;
        for name in setters.split('`').skip(1).step_by(2) {
            // One without its owner has that of the one before, or is of both sides.
            let setter = name.split_once("::").map_or(name, |(named, setter)| {
                whose = Some(named);
                setter
            });
            if whose.is_none_or(|named| named == owner || named.strip_suffix("Builder") == Some(owner)) {
                table.insert(setter.to_owned(), format!("{default} {setters}"));
            }
        }
    }
    table
}

/// The defaults that the setters in a source are documented with.
fn documented(source: &str) -> Vec<(String, String)> {
    let (mut found, mut docs) = (Vec::new(), String::new());
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            docs.push_str(if text.is_empty() { "\n" } else { text });
        } else if let Some((name, _)) = line.strip_prefix("pub fn ").and_then(|rest| rest.split_once("(mut self")) {
            let default =
                docs.split_once("**Default:**").map(|(_, default)| default.split('\n').next().unwrap_or(default));
            found.push((name.to_owned(), default.unwrap_or_default().to_owned()));
        }
        if line.ends_with('}') {
            docs.clear();
        }
    }
    found
}
