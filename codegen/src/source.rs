//! Finds and reads the input files and all that they import.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fault::{Error, Fault};
use crate::outline::Outline;
use crate::scan::{self, Place};

/// One `.proto` file.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name that imports call it by: its path below its root, with slashes.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Its text without a byte order mark, which the parser would refuse.
    pub(crate) text: String,
    pub(crate) outline: Outline,
}

impl Source {
    pub(crate) fn fault(&self, place: Place, what: impl Into<String>) -> Fault {
        Fault::at(&self.path, &self.text, place, what)
    }
}

/// Everything that is to be compiled.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Each file after those that it imports.
    pub(crate) files: Vec<Source>,
}

impl Sources {
    /// Reads the input files and folders, and what they import from the import roots.
    pub(crate) fn read(inputs: &[PathBuf], includes: &[PathBuf]) -> Result<Self, Error> {
        let found = Inputs::find(inputs, includes)?;
        let mut walk =
            Walk { found: &found, files: Vec::new(), seen: BTreeSet::new(), ring: Vec::new(), faults: Vec::new() };
        for (name, path) in &found.files {
            walk.visit(name, path)?;
        }
        Error::check(walk.faults)?;
        Ok(Self { files: walk.files })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Source> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// Whether a file is part of the protobuf crate, which then has the code for it too. A copy of such
/// a file among the inputs is left aside: the copy may use what the parser does not know.
pub(crate) fn is_bundled(name: &str) -> bool {
    const STEMS: [&str; 11] = [
        "any",
        "api",
        "descriptor",
        "duration",
        "empty",
        "field_mask",
        "source_context",
        "struct",
        "timestamp",
        "type",
        "wrappers",
    ];
    let stem = name.strip_prefix("google/protobuf/").and_then(|file| file.strip_suffix(".proto"));
    stem.is_some_and(|stem| STEMS.contains(&stem)) || name == "rustproto.proto"
}

/// The input files by name, and the folders that imports are looked up in.
#[derive(Default)]
struct Inputs {
    files: BTreeMap<String, PathBuf>,
    roots: Vec<PathBuf>,
}

impl Inputs {
    fn find(inputs: &[PathBuf], includes: &[PathBuf]) -> Result<Self, Error> {
        let mut found = Self::default();
        for include in includes {
            if !include.is_dir() {
                return Err(Error::file(include, missing("no such folder")));
            }
            found.roots.push(include.clone());
        }
        for input in inputs {
            if input.is_dir() {
                found.folder(input, includes)?;
            } else if input.is_file() {
                let folder = input.parent().filter(|folder| !folder.as_os_str().is_empty());
                let prefix = found.prefix(folder.unwrap_or(Path::new(".")), includes)?;
                found.add(&prefix.join(input.file_name().unwrap_or_default()), input)?;
            } else {
                return Err(Error::file(input, missing("no such file or folder")));
            }
        }
        if found.files.is_empty() {
            return Err(Error::set_up("no .proto files to compile: name a file or a folder with Config::input"));
        }
        Ok(found)
    }

    /// Adds every `.proto` file below a folder.
    fn folder(&mut self, folder: &Path, includes: &[PathBuf]) -> Result<(), Error> {
        let prefix = self.prefix(folder, includes)?;
        let mut open = vec![(folder.to_owned(), prefix)];
        let mut empty = true;
        while let Some((folder, prefix)) = open.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| Error::file(&folder, error))? {
                let entry = entry.map_err(|error| Error::file(&folder, error))?;
                let (path, name) = (entry.path(), prefix.join(entry.file_name()));
                if path.is_dir() {
                    open.push((path, name));
                } else if path.extension() == Some(OsStr::new("proto")) {
                    self.add(&name, &path)?;
                    empty = false;
                }
            }
        }
        if empty { Err(Error::file(folder, "no .proto file in this folder")) } else { Ok(()) }
    }

    /// What the names of a folder's files begin with: its path below an import root. A folder below
    /// none of those that the user named becomes a root itself.
    fn prefix(&mut self, folder: &Path, includes: &[PathBuf]) -> Result<PathBuf, Error> {
        let whole = |path: &Path| path.canonicalize().map_err(|error| Error::file(path, error));
        let place = whole(folder)?;
        for include in includes {
            if let Ok(prefix) = place.strip_prefix(whole(include)?) {
                return Ok(prefix.to_owned());
            }
        }
        if !self.roots.iter().any(|root| root == folder) {
            self.roots.push(folder.to_owned());
        }
        Ok(PathBuf::new())
    }

    fn add(&mut self, name: &Path, path: &Path) -> Result<(), Error> {
        let Some(name) = name.to_str() else {
            return Err(Error::file(path, "the name is not UTF-8"));
        };
        let name = name.replace('\\', "/");
        if let Some(other) = self.files.get(&name)
            && other.canonicalize().ok() != path.canonicalize().ok()
        {
            let other = other.display();
            let what = format!("{other} is imported as `{name}` too; name a folder above both with Config::include");
            return Err(Error::file(path, what));
        }
        self.files.insert(name, path.to_owned());
        Ok(())
    }

    fn resolve(&self, name: &str) -> Option<PathBuf> {
        let input = self.files.get(name).cloned();
        input.or_else(|| self.roots.iter().map(|root| root.join(name)).find(|path| path.is_file()))
    }
}

/// Where a relative path was looked for; a build script runs in the folder of its package.
fn missing(what: &str) -> String {
    match std::env::current_dir() {
        Ok(folder) => format!("{what} (seen from {})", folder.display()),
        Err(_) => what.to_owned(),
    }
}

/// The way through the imports, depth first.
struct Walk<'a> {
    found: &'a Inputs,
    files: Vec<Source>,
    seen: BTreeSet<String>,
    /// The files that are open, from an input to the file being read. The parser would follow a
    /// ring of imports until the stack ends.
    ring: Vec<String>,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    fn visit(&mut self, name: &str, path: &Path) -> Result<(), Error> {
        if is_bundled(name) || !self.seen.insert(name.to_owned()) {
            return Ok(());
        }
        let source = read(name, path)?;
        self.ring.push(name.to_owned());
        match syntax_fault(&source) {
            Some(fault) => self.faults.push(fault),
            None => self.imports(&source)?,
        }
        self.ring.pop();
        self.files.push(source);
        Ok(())
    }

    fn imports(&mut self, source: &Source) -> Result<(), Error> {
        for import in &source.outline.imports {
            if let Some(start) = self.ring.iter().position(|open| *open == import.path) {
                let ring = self.ring[start..].join(" -> ");
                let what = format!("imports form a ring: {ring} -> {}", import.path);
                self.faults.push(source.fault(import.place, what));
            } else if let Some(path) = self.found.resolve(&import.path) {
                self.visit(&import.path, &path)?;
            } else if !is_bundled(&import.path) {
                let roots: Vec<_> = self.found.roots.iter().map(|root| root.display().to_string()).collect();
                let what = format!("import not found; looked in {}", roots.join(", "));
                self.faults.push(source.fault(import.place, what));
            }
        }
        Ok(())
    }
}

fn read(name: &str, path: &Path) -> Result<Source, Error> {
    let bytes = fs::read(path).map_err(|error| Error::file(path, error))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            return Err(not_text(path, error.as_bytes(), error.utf8_error().valid_up_to()));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    let outline = Outline::of(&text);
    Ok(Source { name: name.to_owned(), path: path.to_owned(), text, outline })
}

/// The fault of a file that is not UTF-8, at the first byte that is none.
fn not_text(path: &Path, bytes: &[u8], valid: usize) -> Error {
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Fault::at(path, "", Place { line, column }, "not UTF-8").into()
}

fn syntax_fault(source: &Source) -> Option<Fault> {
    if let Some(place) = source.outline.edition {
        let what = "protobuf editions are not supported; begin the file with `syntax = \"proto3\";`";
        return Some(source.fault(place, what));
    }
    let error = protobuf_parse::pure::parse_dependencies(&source.text).err()?;
    let place = Place { line: error.line as usize, column: error.col as usize };
    let mut what = error.error.to_string();
    let tokens = scan::tokens(&source.text);
    if let Some(token) = tokens.iter().find(|token| token.place == place && ["inf", "nan"].contains(&token.text)) {
        what = format!("`{}` is read as a number and cannot be a name here; choose another name", token.text);
    }
    Some(source.fault(place, what))
}
