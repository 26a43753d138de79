//! Finds and reads the input files and all that they import, and compiles them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use protobuf::descriptor::{DescriptorProto, FileDescriptorProto};
use protobuf::reflect::FileDescriptor;
use protobuf::well_known_types::{
    any, api, duration, empty, field_mask, source_context, struct_, timestamp, type_, wrappers,
};
use protobuf::{CodedOutputStream, Message};
use puregrpc_proto::{Compiled, CompiledFile, Compiler, Faults, Files};

use crate::fault::{Error, Fault, Place};
use crate::outline::Outline;

/// One `.proto` file that is not built in.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
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
    /// The descriptors of all files that code can be of, in the words of proto2 and proto3.
    pub(crate) descriptors: Vec<FileDescriptorProto>,
    /// All files and all they import, as an encoded `FileDescriptorSet`.
    pub(crate) set: Vec<u8>,
    /// Types that are built in and for which the protobuf crate has no code, with a dot before them.
    pub(crate) modern: BTreeSet<String>,
    /// What is most likely not meant, each in one line.
    pub(crate) warnings: Vec<String>,
}

impl Sources {
    /// Reads and compiles the input files and folders, and what they import from the import roots.
    pub(crate) fn read(inputs: &[PathBuf], includes: &[PathBuf]) -> Result<Self, Error> {
        let found = Inputs::find(inputs, includes)?;
        let reader = Reader { found: &found, paths: RefCell::default() };
        let names = found.files.keys().filter(|name| !is_bundled(name));
        let compiled =
            Compiler::new(&reader).source_info(true).compile(names).map_err(|faults| reader.faults(&faults))?;
        let mut sources = Self {
            files: Vec::new(),
            descriptors: Vec::new(),
            set: set(&compiled),
            modern: BTreeSet::new(),
            warnings: reader.warnings(&compiled),
        };
        for file in compiled.files() {
            sources.add(&file, &reader)?;
        }
        Ok(sources)
    }

    fn add(&mut self, file: &CompiledFile<'_>, reader: &Reader<'_>) -> Result<(), Error> {
        let path = reader.path(file.path());
        let readable =
            |bytes: &[u8]| FileDescriptorProto::parse_from_bytes(bytes).map_err(|error| Error::file(&path, error));
        if is_features(file.path()) {
            self.modern.extend(types(&readable(&file.bare_descriptor())?));
            return Ok(());
        }
        if let Some(known) = bundled(file.path()) {
            // Code for it is in the protobuf crate, and follows the descriptors there.
            self.descriptors.push(known.proto().clone());
            let own = types(known.proto());
            self.modern
                .extend(types(&readable(&file.bare_descriptor())?).into_iter().filter(|name| !own.contains(name)));
            return Ok(());
        }
        let lowered = file.lowered().map_err(|faults| reader.faults(&faults))?;
        self.descriptors.push(without_features(readable(&lowered)?));
        let text = String::from_utf8_lossy(file.text()).into_owned();
        let outline = Outline::of(&readable(&file.descriptor())?, &text);
        self.files.push(Source { path, text, outline });
        Ok(())
    }
}

/// Every file as protoc would describe it, without what only the sources tell.
fn set(compiled: &Compiled) -> Vec<u8> {
    let mut set = Vec::new();
    for file in compiled.files() {
        let mut stream = CodedOutputStream::vec(&mut set);
        // Writing into memory cannot fail.
        let _ = stream.write_bytes(1, &file.bare_descriptor()).and_then(|()| stream.flush());
    }
    set
}

/// Whether a file only defines features of languages, which say nothing about the code written here.
fn is_features(name: &str) -> bool {
    matches!(
        name,
        "google/protobuf/cpp_features.proto"
            | "google/protobuf/go_features.proto"
            | "google/protobuf/java_features.proto"
    )
}

/// Leaves out the imports of files that only define features.
fn without_features(mut file: FileDescriptorProto) -> FileDescriptorProto {
    let kept: Vec<usize> = (0..file.dependency.len()).filter(|&index| !is_features(&file.dependency[index])).collect();
    let moved = |index: &i32| kept.iter().position(|&old| old as i32 == *index).map(|new| new as i32);
    file.public_dependency = file.public_dependency.iter().filter_map(moved).collect();
    file.weak_dependency = file.weak_dependency.iter().filter_map(moved).collect();
    file.dependency.retain(|name| !is_features(name));
    file
}

/// The full names of all messages and enums of a file, with a dot before them.
fn types(file: &FileDescriptorProto) -> BTreeSet<String> {
    fn add(scope: &str, message: &DescriptorProto, types: &mut BTreeSet<String>) {
        let name = format!("{scope}.{}", message.name());
        types.extend(message.enum_type.iter().map(|inner| format!("{name}.{}", inner.name())));
        message.nested_type.iter().for_each(|inner| add(&name, inner, types));
        types.insert(name);
    }
    let scope = format!(".{}", file.package());
    let mut types: BTreeSet<String> = file.enum_type.iter().map(|inner| format!("{scope}.{}", inner.name())).collect();
    file.message_type.iter().for_each(|message| add(&scope, message, &mut types));
    types
}

/// Gives the compiler the texts of files, and remembers where they are.
struct Reader<'a> {
    found: &'a Inputs,
    paths: RefCell<BTreeMap<String, PathBuf>>,
}

impl Files for Reader<'_> {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        if name == "rustproto.proto" {
            return Ok(Some(include_bytes!("../rustproto/rustproto.proto").to_vec()));
        }
        let Some(path) = self.found.resolve(name).filter(|_| !is_bundled(name)) else { return Ok(None) };
        let text = fs::read(&path).map_err(|error| error.to_string());
        self.paths.borrow_mut().insert(name.to_owned(), path);
        text.map(Some)
    }

    fn looked_in(&self) -> Option<String> {
        let roots: Vec<_> = self.found.roots.iter().map(|root| root.display().to_string()).collect();
        Some(roots.join(", "))
    }
}

impl Reader<'_> {
    fn warnings(&self, compiled: &Compiled) -> Vec<String> {
        let told = |warning: &puregrpc_proto::Fault| {
            let path = self.path(warning.file());
            format!("{}:{}:{}: {}", path.display(), warning.line(), warning.column(), warning.message())
        };
        compiled.warnings().iter().map(told).collect()
    }

    /// Where a file is; the name of one that is built in.
    fn path(&self, name: &str) -> PathBuf {
        self.paths.borrow().get(name).cloned().unwrap_or_else(|| PathBuf::from(name))
    }

    fn faults(&self, faults: &Faults) -> Error {
        let faults = faults.iter().map(|fault| Fault::found(&self.path(fault.file()), fault));
        match Error::check(faults.collect()) {
            Err(error) => error,
            Ok(()) => Error::set_up("the files cannot be compiled"),
        }
    }
}

/// Whether a file is part of the protobuf crate, which then has the code for it too. A copy of such
/// a file among the inputs is left aside.
pub(crate) fn is_bundled(name: &str) -> bool {
    bundled(name).is_some()
}

/// The descriptor of a file that is part of the protobuf crate.
fn bundled(name: &str) -> Option<&'static FileDescriptor> {
    if name == "rustproto.proto" {
        return Some(protobuf::rustproto::file_descriptor());
    }
    Some(match name.strip_prefix("google/protobuf/")? {
        "any.proto" => any::file_descriptor(),
        "api.proto" => api::file_descriptor(),
        "descriptor.proto" => protobuf::descriptor::file_descriptor(),
        "duration.proto" => duration::file_descriptor(),
        "empty.proto" => empty::file_descriptor(),
        "field_mask.proto" => field_mask::file_descriptor(),
        "source_context.proto" => source_context::file_descriptor(),
        "struct.proto" => struct_::file_descriptor(),
        "timestamp.proto" => timestamp::file_descriptor(),
        "type.proto" => type_::file_descriptor(),
        "wrappers.proto" => wrappers::file_descriptor(),
        _ => return None,
    })
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
