//! What the module of a package reexports, and how it calls what would meet there.

use std::collections::BTreeMap;

use protobuf::descriptor::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

use crate::comments;
use crate::layout::Code;
use crate::outline::join;
use crate::scope::{Ident, Scope};
use crate::table::{self, EXTENSIONS, Names};

/// A module with definitions that belong to a package: that of a file, or that of what is in a
/// message, if a package has the same name.
#[derive(Clone)]
pub(crate) struct Module<'a> {
    /// Its path within the module of all files.
    path: String,
    /// The full name of what it is the module of.
    scope: String,
    messages: &'a [DescriptorProto],
    enums: &'a [EnumDescriptorProto],
    oneofs: Vec<&'a str>,
    has_extensions: bool,
}

/// One item of a module.
struct Item<'a> {
    ident: &'a str,
    path: String,
    full_name: String,
    is_module: bool,
}

/// What a package reexports.
#[derive(Default)]
pub(crate) struct Reexports {
    /// The names that are taken in the module of the package.
    pub(crate) scope: Scope,
    /// Modules, all of whose items are reexported.
    globs: Vec<String>,
    /// Modules of extensions, where there are several.
    extensions: Vec<String>,
    /// What is reexported one by one: its path, and what it is called.
    single: Vec<(String, Ident)>,
    /// The full names of the types that are not called here as they are in their file.
    renamed: Vec<String>,
}

impl<'a> Module<'a> {
    pub(crate) fn of_file(file: &'a FileDescriptorProto, module: &str, lite: bool) -> Self {
        Self {
            path: module.to_owned(),
            scope: file.package().to_owned(),
            messages: &file.message_type,
            enums: &file.enum_type,
            oneofs: Vec::new(),
            has_extensions: !lite && !file.extension.is_empty(),
        }
    }

    /// The modules called `name` in this module: those of messages, and that of extensions.
    pub(crate) fn nested(&self, names: &Names, name: &str) -> Vec<Self> {
        let of_message = |message: &'a DescriptorProto| {
            let scope = join(&self.scope, message.name());
            let is_it = names.entry(&scope)?.lower.text == name && table::has_module(message);
            is_it.then(|| Self {
                path: format!("{}::{name}", self.path),
                scope,
                messages: &message.nested_type,
                enums: &message.enum_type,
                oneofs: table::oneofs(message),
                has_extensions: false,
            })
        };
        let extensions = (name == EXTENSIONS && self.has_extensions).then(|| Self {
            path: format!("{}::{name}", self.path),
            scope: String::new(),
            messages: &[],
            enums: &[],
            oneofs: Vec::new(),
            has_extensions: false,
        });
        self.messages.iter().filter_map(of_message).chain(extensions).collect()
    }

    fn items<'b>(&self, names: &'b Names) -> Vec<Item<'b>> {
        let mut items = Vec::new();
        let mut add = |ident, full_name, is_module| {
            items.push(Item { ident, path: format!("{}::{ident}", self.path), full_name, is_module });
        };
        let messages = self.messages.iter().map(DescriptorProto::name);
        let types = messages.chain(self.enums.iter().map(EnumDescriptorProto::name)).chain(self.oneofs.iter().copied());
        for full_name in types.map(|name| join(&self.scope, name)) {
            if let Some(entry) = names.entry(&full_name) {
                add(&entry.upper.text, full_name, false);
            }
        }
        for message in self.messages.iter().filter(|message| table::has_module(message)) {
            let full_name = join(&self.scope, message.name());
            if let Some(entry) = names.entry(&full_name) {
                add(&entry.lower.text, full_name, true);
            }
        }
        items
    }
}

impl Reexports {
    /// What a package reexports from modules, beside the modules of the packages in it.
    pub(crate) fn of(modules: &[Module<'_>], names: &Names, packages: &[String]) -> Self {
        let mut own = Self { scope: Scope::with(packages.iter().map(String::as_str)), ..Self::default() };
        own.globs = modules.iter().map(|module| module.path.clone()).collect();
        own.globs.sort_unstable();
        let extensions = modules.iter().filter(|module| module.has_extensions);
        // One module of extensions is reexported as it is, and a package takes in those that it hides.
        if !own.scope.has(EXTENSIONS) && extensions.clone().next().is_some() {
            own.scope.take(EXTENSIONS);
            own.extensions = extensions.map(|module| format!("{}::{EXTENSIONS}", module.path)).collect();
        }
        if own.extensions.len() < 2 {
            own.extensions.clear();
        }
        let mut items: BTreeMap<&str, Vec<Item<'_>>> = BTreeMap::new();
        for item in modules.iter().flat_map(|module| module.items(names)) {
            // The module of a message that is called like a package in this one is a part of that.
            let is_joined = item.is_module && packages.iter().any(|package| package == item.ident);
            if !is_joined {
                items.entry(item.ident).or_default().push(item);
            }
        }
        let mut others = Vec::new();
        for (ident, mut same) in items {
            // The one that is called so in its file comes first.
            same.sort_by_key(|item| !item.full_name.ends_with(ident));
            let is_free = !own.scope.has(ident);
            let rest = if is_free { same.split_off(1) } else { std::mem::take(&mut same) };
            if is_free {
                own.scope.take(ident);
            }
            if !rest.is_empty() {
                own.single.extend(same.into_iter().map(|item| (item.path, plain(ident))));
            }
            others.extend(rest);
        }
        for item in others {
            let ident = Ident { text: own.scope.take(item.ident), wanted: item.ident.to_owned() };
            own.single.push((item.path, ident));
            own.renamed.push(item.full_name);
        }
        own
    }

    /// Whether a type, by its full name, is called here as it is in its file.
    pub(crate) fn keeps(&self, full_name: &str) -> bool {
        !self.renamed.iter().any(|renamed| renamed == full_name)
    }

    /// Writes the reexports; `files` is the path to the modules of files.
    pub(crate) fn write(&self, code: &mut Code, files: &str) {
        for module in &self.globs {
            code.line(format!("pub use {files}::{module}::*;"));
        }
        for (path, ident) in &self.single {
            if let Some(note) = ident.note() {
                code.line(comments::doc_line(&note));
            }
            let (_, last) = path.rsplit_once("::").unwrap_or_default();
            let rename = if last == ident.text { String::new() } else { format!(" as {}", ident.text) };
            code.line(format!("pub use {files}::{path}{rename};"));
        }
        if !self.extensions.is_empty() {
            code.gap();
            code.line("/// Extension fields");
            let inside = |code: &mut Code| {
                for module in &self.extensions {
                    code.line(format!("pub use super::{files}::{module}::*;"));
                }
            };
            code.block(format!("pub mod {EXTENSIONS} {{"), inside, "}");
        }
    }
}

fn plain(ident: &str) -> Ident {
    Ident { text: ident.to_owned(), wanted: ident.to_owned() }
}
