//! Checks of declarations: which extensions a message says it has.

use std::collections::HashSet;

use super::Checker;
use crate::lexer;
use crate::options::{Dynamic, Value};
use crate::schema::ExtensionRange;
use crate::syntax::Type;

/// What a message says about an extension.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) number: i64,
    pub(super) full_name: Option<String>,
    pub(super) type_name: Option<String>,
    pub(super) reserved: bool,
    pub(super) repeated: bool,
}

impl Declaration {
    pub(super) fn all(options: &Dynamic) -> Vec<Self> {
        let one = |declaration: &Dynamic| Self {
            number: match declaration.get(1) {
                Some(Value::Signed(number)) => *number,
                _ => 0,
            },
            full_name: declaration.text(2),
            type_name: declaration.text(3),
            reserved: declaration.is_true(5),
            repeated: declaration.is_true(6),
        };
        options.messages(DECLARATION).map(one).collect()
    }
}

impl Checker<'_> {
    /// Checks the declarations of a range; `names` are those of the ranges before it.
    pub(super) fn declarations(&mut self, range: &ExtensionRange, names: &mut HashSet<String>) {
        let declarations = Declaration::all(&range.settings.value);
        if declarations.is_empty() {
            return;
        }
        if range.settings.value.enumerated(VERIFICATION) == Some(UNVERIFIED) {
            let told = self.fault(range.at, "a range with declarations cannot be UNVERIFIED");
            return told.help("remove the declarations or the verification");
        }
        let mut numbers = HashSet::new();
        for declaration in &declarations {
            let number = declaration.number;
            if !(i64::from(range.start)..i64::from(range.end)).contains(&number) {
                self.fault(range.at, format!("the extension {number} is declared, but is not in the range"));
            }
            if !numbers.insert(number) {
                self.fault(range.at, format!("the extension {number} is declared twice"))
                    .help("remove one of the declarations");
            }
            self.declared_names(range, declaration, names);
        }
    }

    fn declared_names(&mut self, range: &ExtensionRange, declaration: &Declaration, names: &mut HashSet<String>) {
        let number = declaration.number;
        let (Some(full_name), Some(type_name)) = (&declaration.full_name, &declaration.type_name) else {
            let half = declaration.full_name.is_some() != declaration.type_name.is_some();
            if half || !declaration.reserved {
                self.fault(
                    range.at,
                    format!("the declaration of the extension {number} needs both full_name and type"),
                );
            }
            return;
        };
        if !names.insert(full_name.clone()) {
            self.fault(range.at, format!("the extension `{full_name}` is declared twice"));
            return;
        }
        let scalar =
            Type::named(type_name.as_bytes()).is_some_and(|scalar| scalar != Type::Group) || type_name == "enum";
        for name in
            [(full_name, false), (type_name, scalar)].into_iter().filter(|(_, scalar)| !scalar).map(|(name, _)| name)
        {
            let Some(rest) = name.strip_prefix('.') else {
                let told = self
                    .fault(range.at, format!("`{name}` in the declaration of the extension {number} is not complete"));
                told.help(format!("write the full name, with a point before it: `.{name}`"));
                continue;
            };
            let letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| lexer::is_identifier(&[b'a', byte]));
            if !rest.split('.').all(letters) {
                self.fault(range.at, format!("`{name}` in the declaration of the extension {number} is no name"));
            }
        }
    }
}

// Options of ranges of extensions.
const DECLARATION: i32 = 2;
pub(super) const VERIFICATION: i32 = 3;
const UNVERIFIED: i32 = 1;
