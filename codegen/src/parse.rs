//! Parses the sources once, for messages and services alike.

use std::panic::{self, AssertUnwindSafe};

use protobuf::descriptor::FileDescriptorProto;

use crate::fault::{Error, Fault};
use crate::outline::{Definition, Kind};
use crate::scan::{self, Place};
use crate::scratch::{self, Scratch};
use crate::source::{Source, Sources};

/// The descriptors of the sources and of the bundled files they import, each after its imports.
pub(crate) fn descriptors(sources: &Sources, scratch: &Scratch) -> Result<Vec<FileDescriptorProto>, Error> {
    // The parser reads files only, and it compares paths letter by letter. Copies under one root
    // give it the texts as they were checked and spare it every other way to write a path.
    let root = scratch.folder("proto")?;
    let mut parser = protobuf_parse::Parser::new();
    parser.pure().include(&root);
    for source in &sources.files {
        let path = root.join(&source.name);
        scratch::write(&path, &source.text)?;
        parser.input(&path);
    }
    let parsed = contained("parser", AssertUnwindSafe(|| parser.parse_and_typecheck()))?;
    let parsed = parsed.map_err(|error| {
        let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
        let root = root.display().to_string();
        placed(&chain, &root, sources)
    })?;
    Ok(parsed.file_descriptors)
}

/// Runs a part of protobuf's own tools, whose panics become errors: a build script has more to say than a backtrace.
pub(crate) fn contained<T>(part: &str, run: AssertUnwindSafe<impl FnOnce() -> T>) -> Result<T, Error> {
    panic::catch_unwind(run).map_err(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
        let text = text.unwrap_or("no reason is known");
        Error::set_up(format!("the {part} of the protobuf crate cannot deal with these files: {text}"))
    })
}

/// Gives a fault of the type check its place. The parser tells the file and the name in its text only.
fn placed(chain: &[String], root: &str, sources: &Sources) -> Error {
    let what = chain.last().map_or("", String::as_str).replace(root, "").to_owned();
    if let Some(fault) = no_message(&what, sources) {
        return fault.into();
    }
    let file = chain.iter().find_map(|link| quoted(link, "error in `"));
    let name = file
        .and_then(|file| file.strip_prefix(root))
        .map(|file| file.trim_start_matches(['/', '\\']).replace('\\', "/"));
    let Some(source) = name.and_then(|name| sources.get(&name)) else {
        return Error::set_up(what);
    };
    let missing = quoted(&what, "not found by path `").map(str::to_owned);
    let scope = quoted(&what, "in scope `").unwrap_or_default();
    if let Some(missing) = missing {
        let place = find(source, &missing, scope).unwrap_or(Place::START);
        return source.fault(place, not_found(&missing, source, sources)).into();
    }
    let place = what.split('`').skip(1).step_by(2).find_map(|name| find(source, name, scope));
    source.fault(place.unwrap_or(Place::START), what).into()
}

/// The fault of a method that takes or returns an enum. Its file is not told at all.
fn no_message(what: &str, sources: &Sources) -> Option<Fault> {
    let full_name = quoted(what, "Message `")?;
    let shown = full_name.trim_start_matches('.');
    sources.files.iter().find_map(|source| {
        let methods = source.outline.definitions.iter().filter(|definition| definition.kind == Kind::Method);
        let mut methods = methods.map(|method| source.outline.full_name(method));
        let parts = full_name.match_indices('.').map(|(dot, _)| &full_name[dot + 1..]);
        let place = methods.find_map(|method| parts.clone().find_map(|name| find(source, name, &method)))?;
        Some(source.fault(place, format!("`{shown}` is no message; methods take and return messages")))
    })
}

/// What stands behind `start` in backquotes.
fn quoted<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split('`').next()
}

/// Says that a type is missing, and where it would be found.
fn not_found(name: &str, source: &Source, sources: &Sources) -> String {
    let bare = name.trim_start_matches('.');
    let is_type = |definition: &&Definition| matches!(definition.kind, Kind::Message | Kind::Enum);
    let elsewhere = sources.files.iter().filter(|file| file.name != source.name).find(|file| {
        let mut types = file.outline.definitions.iter().filter(is_type);
        types.any(|definition| {
            let full = file.outline.full_name(definition);
            full == bare || full.ends_with(&format!(".{bare}"))
        })
    });
    match elsewhere {
        Some(file) if source.outline.imports.iter().any(|import| import.path == file.name) => {
            let package = &file.outline.package;
            format!("type `{name}` is not found; package `{package}` has one of this name")
        }
        Some(file) => format!("type `{name}` is not found; `import \"{}\";` is missing", file.name),
        None => format!("type `{name}` is not found"),
    }
}

/// Where a name stands first within a scope, as a whole and with all its dots.
fn find(source: &Source, name: &str, scope: &str) -> Option<Place> {
    let outline = &source.outline;
    let scope = scope.trim_start_matches('.');
    let start = outline.definitions.iter().find(|definition| outline.full_name(definition) == scope);
    let start = start.map_or(Place::START, |definition| definition.place);
    let tokens = scan::tokens(&source.text);
    let wanted = scan::tokens(name);
    let wanted: Vec<_> = wanted.iter().map(|token| token.text).collect();
    let found = tokens
        .windows(wanted.len().max(1))
        .find(|window| window[0].place > start && window.iter().map(|token| token.text).eq(wanted.iter().copied()));
    found.map(|window| window[0].place)
}
