//! Finds names that meet: in protobuf, or only once they are names in Rust.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use protobuf_parse::camel_case;

use crate::fault::{Fault, Place};
use crate::names;
use crate::outline::{Definition, Kind, join};
use crate::source::{Source, Sources};

/// The faults of all sources.
pub(crate) fn find(sources: &Sources, blocking: bool) -> Vec<Fault> {
    let mut clashes = Clashes { taken: BTreeMap::new(), faults: Vec::new() };
    for source in &sources.files {
        for definition in &source.outline.definitions {
            if clashes.protobuf_name(source, definition) {
                clashes.rust_names(source, definition, blocking);
            }
        }
        clashes.packages(source);
    }
    clashes.faults
}

/// What has a name already.
struct Owner<'a> {
    source: &'a Source,
    place: Place,
    what: String,
}

struct Clashes<'a> {
    /// The owner of each name by the space of names it is in.
    taken: BTreeMap<(String, String), Owner<'a>>,
    faults: Vec<Fault>,
}

impl<'a> Clashes<'a> {
    /// Takes a full name of protobuf; false if it is taken.
    fn protobuf_name(&mut self, source: &'a Source, definition: &'a Definition) -> bool {
        let full_name = source.outline.full_name(definition);
        match self.taken.entry((String::new(), full_name)) {
            Entry::Vacant(vacant) => {
                vacant.insert(Owner { source, place: definition.place, what: String::new() });
                true
            }
            Entry::Occupied(entry) => {
                let Owner { source: first, place, .. } = entry.get();
                let file = first.path.display();
                let what = format!("`{}` is defined twice; first at {file}:{}", definition.name, place.line);
                self.faults.push(source.fault(definition.place, what));
                false
            }
        }
    }

    /// Takes a name of Rust in one of its spaces; false if it is taken.
    fn take(&mut self, source: &'a Source, place: Place, claim: Claim) -> bool {
        match self.taken.entry((claim.space, claim.name)) {
            Entry::Vacant(vacant) => {
                vacant.insert(Owner { source, place, what: claim.what });
                true
            }
            Entry::Occupied(entry) if entry.get().what == claim.what => true,
            Entry::Occupied(entry) => {
                let (other, name) = (&entry.get().what, &entry.key().1);
                let what = claim.what;
                let what = format!("{other} and {what} are both `{name}` in Rust; rename one of them");
                self.faults.push(source.fault(place, what));
                false
            }
        }
    }

    /// Takes the names that a definition has in Rust, up to the first that is taken.
    fn rust_names(&mut self, source: &'a Source, definition: &'a Definition, blocking: bool) {
        for claim in claims(source, definition, blocking) {
            if !self.take(source, definition.place, claim) {
                break;
            }
        }
    }

    /// Takes the names of the modules of a file's package.
    fn packages(&mut self, source: &'a Source) {
        let mut outer = String::new();
        let place = source.outline.package_place.unwrap_or(Place::START);
        for part in source.outline.package.split('.').filter(|part| !part.is_empty()) {
            let space = types(&outer, "");
            outer = join(&outer, part);
            self.take(source, place, Claim::new(space, names::package_ident(part), "package", &outer));
        }
    }
}

/// A name of Rust that a definition takes in one of the spaces where names must differ.
struct Claim {
    space: String,
    name: String,
    what: String,
}

impl Claim {
    fn new(space: String, name: String, what: &str, of: &str) -> Self {
        Self { space, name, what: format!("{what} `{of}`") }
    }
}

/// The space of the types in the module of a package, or in the modules of messages in it.
fn types(package: &str, scope: &str) -> String {
    format!("types of {package}/{}", modules(scope))
}

fn claims(source: &Source, definition: &Definition, blocking: bool) -> Vec<Claim> {
    let Definition { name, scope, .. } = definition;
    let outline = &source.outline;
    let types = types(&outline.package, scope);
    let within = |what: &str| format!("{what} of {}", join(&outline.package, scope));
    let ident = names::message_ident(name);
    match definition.kind {
        Kind::Message => message_claims(source, definition, types),
        Kind::Enum => vec![Claim::new(types, names::type_ident(name), "enum", name)],
        Kind::Oneof => vec![
            Claim::new(types, names::type_ident(name), "oneof", name),
            Claim::new(within("fields"), ident, "oneof", name),
        ],
        Kind::Field => match &definition.oneof {
            None => vec![Claim::new(within("fields"), ident, "field", name)],
            Some(oneof) => variant_claims(name, within(&format!("variants of {oneof}")), &within("functions")),
        },
        Kind::Value => vec![Claim::new(within("values"), ident, "value", name)],
        Kind::Method => vec![Claim::new(within("methods"), names::method_ident(name), "method", name)],
        Kind::Service => service_claims(name, &types, blocking),
        Kind::Extension => Vec::new(),
    }
}

fn message_claims(source: &Source, message: &Definition, types: String) -> Vec<Claim> {
    let name = &message.name;
    let full_name = source.outline.full_name(message);
    let own = |what: &str, name: &str, owner: &str| Claim {
        space: format!("{what} of {full_name}"),
        name: name.to_owned(),
        what: owner.to_owned(),
    };
    let mut claims = vec![
        Claim::new(types, names::type_ident(name), "message", name),
        own("fields", "special_fields", "a field of every message"),
        own("functions", "new", "a function of every message"),
    ];
    if has_module(source, message) {
        let space = format!("modules of {}/{}", source.name, modules(&message.scope));
        claims.push(Claim::new(space, names::nested_module(name), "the module of message", name));
    }
    claims
}

/// A field of a oneof is a variant, and protobuf-codegen writes functions for it.
fn variant_claims(field: &str, variants: String, functions: &str) -> Vec<Claim> {
    let mut claims = vec![Claim::new(variants, names::message_ident(&camel_case(field)), "field", field)];
    let prefixed = ["clear", "has", "set", "mut", "take"].map(|prefix| format!("{prefix}_{field}"));
    for function in [names::message_ident(field)].into_iter().chain(prefixed) {
        claims.push(Claim::new(functions.to_owned(), function, "an accessor of field", field));
    }
    claims
}

fn service_claims(service: &str, types: &str, blocking: bool) -> Vec<Claim> {
    let name = names::service_name(service);
    let claim = |suffix: &str, what: &str| Claim::new(types.to_owned(), format!("{name}{suffix}"), what, service);
    let mut claims =
        vec![claim("", "service"), claim("Server", "the server of service"), claim("Client", "the client of service")];
    if blocking {
        claims.push(claim("BlockingClient", "the blocking client of service"));
    }
    claims
}

/// The modules in which the types of a scope are.
fn modules(scope: &str) -> String {
    let parts = scope.split('.').filter(|part| !part.is_empty());
    parts.map(|part| names::nested_module(part) + "::").collect()
}

/// Whether protobuf-codegen writes a module for what is within a message.
fn has_module(source: &Source, message: &Definition) -> bool {
    let path = message.path();
    let mut inner = source.outline.definitions.iter().filter(|inner| inner.scope == path);
    inner.any(|inner| matches!(inner.kind, Kind::Message | Kind::Enum | Kind::Oneof))
}
