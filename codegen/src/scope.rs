//! Places in the code where names must differ, and the one rule for names that do not.

use std::collections::BTreeSet;

/// A name in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ident {
    /// How it is written.
    pub(crate) text: String,
    /// How it would be written if nothing else had the name, and it were no keyword.
    pub(crate) wanted: String,
}

impl Ident {
    /// What the documentation says of a name that is not as wanted.
    pub(crate) fn note(&self) -> Option<String> {
        let is_changed = bare(&self.text) != self.wanted;
        is_changed.then(|| format!("Renamed from `{}`, a name that is taken in Rust.", self.wanted))
    }
}

/// The names that are taken in one place of the code.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    taken: BTreeSet<String>,
}

impl Scope {
    /// A scope in which some names are taken from the start.
    pub(crate) fn with<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { taken: names.into_iter().map(str::to_owned).collect() }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains(bare(name))
    }

    /// Takes a name, with as many `_` behind it as it needs to differ from all that are taken.
    pub(crate) fn take(&mut self, name: &str) -> String {
        let mut name = name.to_owned();
        while !self.taken.insert(bare(&name).to_owned()) {
            name = format!("{}_", bare(&name));
        }
        name
    }

    /// Takes names for definitions, which are given by their names in the `.proto` file, as wanted
    /// in Rust and as they are written there. Those that are called in Rust what they are called in
    /// the file come first, so that the others give way.
    pub(crate) fn take_all(&mut self, definitions: &[(&str, String, String)]) -> Vec<Ident> {
        let mut idents = vec![None; definitions.len()];
        for keeps in [true, false] {
            for (ident, (name, wanted, text)) in idents.iter_mut().zip(definitions) {
                if (bare(text) == *name) == keeps {
                    *ident = Some(Ident { text: self.take(text), wanted: wanted.clone() });
                }
            }
        }
        idents.into_iter().flatten().collect()
    }
}

/// A name without what marks it as no keyword.
fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(idents: &[Ident]) -> Vec<&str> {
        idents.iter().map(|ident| ident.text.as_str()).collect()
    }

    fn definition(name: &'static str, text: &str) -> (&'static str, String, String) {
        (name, text.trim_end_matches('_').to_owned(), text.to_owned())
    }

    #[test]
    fn names_that_are_taken_get_an_underscore_each() {
        let mut scope = Scope::with(["new"]);
        assert_eq!(scope.take("new"), "new_");
        assert_eq!(scope.take("new"), "new__");
        assert_eq!(scope.take("r#gen"), "r#gen");
        assert_eq!(scope.take("r#gen"), "gen_");
        assert!(scope.has("gen"));
    }

    #[test]
    fn what_is_called_so_in_the_file_keeps_its_name() {
        let wanted = [definition("foo", "Foo"), definition("type", "type_"), definition("Foo", "Foo")];
        assert_eq!(texts(&Scope::default().take_all(&wanted)), ["Foo_", "type_", "Foo"]);
        let wanted = [definition("type", "type_"), ("type_", "type_".to_owned(), "type_".to_owned())];
        assert_eq!(texts(&Scope::default().take_all(&wanted)), ["type__", "type_"]);
    }

    #[test]
    fn a_note_tells_of_names_that_have_changed() {
        let ident = |text: &str| Ident { text: text.to_owned(), wanted: "gen".to_owned() };
        assert_eq!(ident("r#gen").note(), None);
        assert_eq!(ident("gen_").note().as_deref(), Some("Renamed from `gen`, a name that is taken in Rust."));
    }
}
