//! Names, and what they stand for.

use std::collections::HashMap;

use super::{EnumId, FieldId, FileId, FileSet, MessageId, Schema, ServiceId};

/// What a full name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbol {
    /// By its index among the packages.
    Package(u32),
    Message(MessageId),
    Field(FieldId),
    Oneof(MessageId, u32),
    Enum(EnumId),
    EnumValue(EnumId, u32),
    Service(ServiceId),
    Method(ServiceId, u32),
}

impl Symbol {
    /// Whether other names can stand below it.
    fn is_aggregate(self) -> bool {
        matches!(self, Self::Package(_) | Self::Message(_) | Self::Enum(_) | Self::Service(_))
    }

    fn is_type(self) -> bool {
        matches!(self, Self::Message(_) | Self::Enum(_))
    }
}

/// All names of a set of files.
#[derive(Debug, Clone, Default)]
pub(crate) struct SymbolTable {
    names: HashMap<String, Symbol>,
    /// The files in each package or below it.
    packages: Vec<FileSet>,
}

impl SymbolTable {
    pub(crate) fn get(&self, name: &str) -> Option<Symbol> {
        self.names.get(name).copied()
    }

    /// Adds a name. If it is taken, what it stands for remains and is given.
    pub(crate) fn add(&mut self, name: &str, symbol: Symbol) -> Result<(), Symbol> {
        if let Some(&taken) = self.names.get(name) {
            return Err(taken);
        }
        self.names.insert(name.to_string(), symbol);
        Ok(())
    }

    /// Adds a package and those above it.
    pub(crate) fn add_package(&mut self, package: &str, file: FileId) -> Result<(), Symbol> {
        let ends = package.match_indices('.').map(|(dot, _)| dot).chain([package.len()]);
        for end in ends {
            let next = Symbol::Package(self.packages.len() as u32);
            let index = match *self.names.entry(package[..end].to_string()).or_insert(next) {
                Symbol::Package(index) => index as usize,
                other => return Err(other),
            };
            if index == self.packages.len() {
                self.packages.push(FileSet::default());
            }
            self.packages[index].insert(file);
        }
        Ok(())
    }

    /// All messages and enums.
    pub(crate) fn types(&self) -> impl Iterator<Item = (&str, Symbol)> {
        self.names.iter().map(|(name, symbol)| (&name[..], *symbol)).filter(|(_, symbol)| symbol.is_type())
    }

    pub(crate) fn in_package(&self, package: u32) -> &FileSet {
        &self.packages[package as usize]
    }
}

/// Which symbols a name may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Anything: other symbols of the same name hide it.
    Any,
    /// A message or an enum: other symbols are passed over.
    Type,
}

/// What has become of looking up a name.
#[derive(Debug)]
pub(crate) enum Lookup {
    Found(Symbol),
    /// It is defined in a file that is not imported.
    NotImported(String, FileId),
    /// Its first part is found in an inner scope, but has nothing of this full name in it.
    Hidden(String),
    Unknown,
}

impl Schema {
    /// The file that a symbol is defined in. Packages are in many.
    pub(crate) fn file_of(&self, symbol: Symbol) -> Option<FileId> {
        match symbol {
            Symbol::Package(_) => None,
            Symbol::Message(id) | Symbol::Oneof(id, _) => Some(self[id].file),
            Symbol::Field(id) => Some(self[id].file),
            Symbol::Enum(id) | Symbol::EnumValue(id, _) => Some(self[id].file),
            Symbol::Service(id) | Symbol::Method(id, _) => Some(self[id].file),
        }
    }

    /// Looks up a name as it is written in a file. `scope` is the full name of the element that it
    /// is written for: names are looked for beside that element, then in the scopes around.
    pub(crate) fn look_up(&self, file: FileId, scope: &str, name: &str, wanted: Wanted) -> Lookup {
        let mut search = Search { schema: self, file, not_imported: None };
        let found = match name.strip_prefix('.') {
            Some(full) => search.find(full).ok_or(None),
            None => search.scoped(scope, name, wanted),
        };
        match (found, search.not_imported) {
            (Ok(symbol), _) => Lookup::Found(symbol),
            (Err(_), Some((full, file))) => Lookup::NotImported(full, file),
            (Err(Some(full)), None) => Lookup::Hidden(full),
            (Err(None), None) => Lookup::Unknown,
        }
    }
}

struct Search<'a> {
    schema: &'a Schema,
    file: FileId,
    not_imported: Option<(String, FileId)>,
}

impl Search<'_> {
    /// What a full name stands for, as far as the file can see it.
    fn find(&mut self, full: &str) -> Option<Symbol> {
        let table = self.schema.table(self.file);
        let symbol = table.get(full)?;
        let file = &self.schema[self.file];
        let Some(defined) = self.schema.file_of(symbol) else {
            let Symbol::Package(package) = symbol else { return None };
            let files = table.in_package(package);
            return (files.meets(&file.visible) || files.meets(&file.option_visible)).then_some(symbol);
        };
        let option = matches!(symbol, Symbol::Field(_)) && file.option_visible.contains(defined);
        if file.visible.contains(defined) || option {
            return Some(symbol);
        }
        self.not_imported = Some((full.to_string(), defined));
        None
    }

    fn scoped(&mut self, scope: &str, name: &str, wanted: Wanted) -> Result<Symbol, Option<String>> {
        let first = name.split('.').next().unwrap_or(name);
        let mut scope = scope;
        let mut full = String::with_capacity(scope.len() + name.len() + 1);
        while let Some((outer, _)) = scope.rsplit_once('.') {
            scope = outer;
            full.clear();
            full.extend([scope, ".", first]);
            let whole = first.len() == name.len();
            match self.find(&full) {
                Some(symbol) if !whole && symbol.is_aggregate() => {
                    full.push_str(&name[first.len()..]);
                    return self.find(&full).ok_or(Some(full));
                }
                Some(symbol) if whole && (wanted == Wanted::Any || symbol.is_type()) => return Ok(symbol),
                _ => {}
            }
        }
        self.find(name).ok_or(None)
    }
}
