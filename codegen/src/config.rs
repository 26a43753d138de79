//! What to compile and how.

use std::path::{Path, PathBuf};
use std::{env, fs};

use protobuf::descriptor::FileDescriptorProto;

use crate::check;
use crate::docs::Docs;
use crate::fault::Error;
use crate::messages::Messages;
use crate::output::Output;
use crate::scratch::Scratch;
use crate::service::Style;
use crate::shapes::Shapes;
use crate::source::Sources;
use crate::table::Names;

/// What to compile and how; [`compile`](crate::compile) serves where the defaults do.
///
/// ```no_run
/// // build.rs
/// puregrpc_build::Config::new()
///     .input("proto/route_guide.proto")
///     .include("proto")
///     .blocking(true)
///     .compile();
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    inputs: Vec<PathBuf>,
    includes: Vec<PathBuf>,
    externs: Vec<Extern>,
    lite: bool,
    blocking: bool,
    default_methods: bool,
    crate_path: String,
    out_file: String,
}

/// Files that another module has the code of.
#[derive(Debug, Clone)]
struct Extern {
    prefix: String,
    path: String,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// A configuration without any input.
    pub fn new() -> Self {
        Self {
            inputs: Vec::new(),
            includes: Vec::new(),
            externs: Vec::new(),
            lite: false,
            blocking: false,
            default_methods: false,
            crate_path: "::puregrpc".to_owned(),
            out_file: "puregrpc".to_owned(),
        }
    }

    /// Compiles a `.proto` file, or every such file below a folder; may be called several times.
    ///
    /// Relative paths begin at the folder of the package. A folder is an import root as well, and
    /// so is the folder of a file, unless it lies below one given to [`include`](Self::include).
    /// What the inputs import is found and compiled by itself. **Default:** none.
    pub fn input(mut self, path: impl AsRef<Path>) -> Self {
        self.inputs.push(path.as_ref().to_owned());
        self
    }

    /// Looks for imports in a folder; may be called several times, and the first folder that has
    /// a file provides it.
    ///
    /// The files of `google/protobuf/` that belong to Protocol Buffers themselves are always
    /// found. **Default:** none but the inputs' own folders.
    pub fn include(mut self, folder: impl AsRef<Path>) -> Self {
        self.includes.push(folder.as_ref().to_owned());
        self
    }

    /// Leaves reflection out of the messages.
    ///
    /// They compile about six times faster and take a sixth of the space; they lose `Display`,
    /// JSON, text format and descriptors. Calls need none of these. **Default:** `false`.
    pub fn lite(mut self, lite: bool) -> Self {
        self.lite = lite;
        self
    }

    /// Generates a second client for each service, to be used in code that is not async.
    ///
    /// It is called `…BlockingClient`, and its streams are iterators. **Default:** `false`, for it
    /// takes time to compile even where it is not used.
    pub fn blocking(mut self, blocking: bool) -> Self {
        self.blocking = blocking;
        self
    }

    /// Gives every method of a service a body that answers UNIMPLEMENTED.
    ///
    /// A service then compiles with some methods missing, which helps where the `.proto` file
    /// grows elsewhere. **Default:** `false`: a method that is missing is an error of the compiler.
    pub fn default_methods(mut self, default_methods: bool) -> Self {
        self.default_methods = default_methods;
        self
    }

    /// Takes the code of files from another module rather than generating it once more.
    ///
    /// `prefix` is what the files' names begin with, as they are imported; `path` is the module
    /// that includes them, from the root of all crates: `extern_files("acme/", "::acme::proto")`.
    /// That module must have been generated from the same files by the same version of this crate.
    /// **Default:** none.
    pub fn extern_files(mut self, prefix: impl Into<String>, path: impl Into<String>) -> Self {
        self.externs.push(Extern { prefix: prefix.into(), path: path.into() });
        self
    }

    /// Names the output, for a package that generates more than one.
    ///
    /// `out_file("x")` writes `x.rs` into `OUT_DIR`; `puregrpc::include_protos!("x")` includes it.
    /// **Default:** `puregrpc`, which is what `include_protos!()` includes.
    pub fn out_file(mut self, name: impl Into<String>) -> Self {
        self.out_file = name.into();
        self
    }

    /// Says where the output finds the crate `puregrpc`, for a package that has it under another
    /// name or reexports it.
    ///
    /// The path must hold in every module: it begins with `::` or `crate`. **Default:**
    /// `::puregrpc`.
    pub fn crate_path(mut self, path: impl Into<String>) -> Self {
        self.crate_path = path.into();
        self
    }

    /// Compiles, from a build script; a fault fails the build.
    ///
    /// Faults are given to cargo, which prints them and nothing else: see [`Error`]. The script
    /// itself goes on, so let this be its last act or use [`try_compile`](Self::try_compile).
    pub fn compile(self) {
        if let Err(error) = self.try_compile() {
            // A panic or a failing exit would have cargo print all that the script wrote besides.
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
        }
    }

    /// Compiles, from a build script; the script decides what to do about a fault.
    ///
    /// Tells cargo to run the script again when an input or an imported file changes, and to print
    /// warnings, such as that an import is not used.
    ///
    /// # Errors
    ///
    /// Faults of the inputs, files that cannot be read or written, and a missing `OUT_DIR`.
    pub fn try_compile(self) -> Result<(), Error> {
        for path in self.inputs.iter().chain(&self.includes) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        let sources = Sources::read(&self.inputs, &self.includes)?;
        for source in &sources.files {
            println!("cargo::rerun-if-changed={}", source.path.display());
        }
        for warning in &sources.warnings {
            println!("cargo::warning={warning}");
        }
        let Some(folder) = env::var_os("OUT_DIR") else {
            return Err(Error::set_up("OUT_DIR is not set: this is for build scripts; elsewhere use Config::generate"));
        };
        let path = Path::new(&folder).join(format!("{}.rs", self.out_file));
        let text = self.output(&sources)?;
        // An unchanged file keeps its time, and what includes it need not be compiled again.
        if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(());
        }
        fs::write(&path, text).map_err(|error| Error::file(&path, error))
    }

    /// Compiles and returns the code, for use outside of build scripts: it needs no `OUT_DIR`,
    /// prints nothing, and what it returns may be checked in.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("puregrpc-build-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// let file = folder.join("hello.proto");
    /// std::fs::write(&file, r#"
    ///     syntax = "proto3";
    ///     package hello;
    ///     service HelloService { rpc SayHello(Name) returns (Greeting); }
    ///     message Name { string name = 1; }
    ///     message Greeting { string text = 1; }
    /// "#)?;
    /// let code = puregrpc_build::Config::new().input(&file).generate()?;
    /// assert!(code.contains("pub trait HelloService"));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Faults of the inputs and files that cannot be read.
    pub fn generate(&self) -> Result<String, Error> {
        self.output(&Sources::read(&self.inputs, &self.includes)?)
    }

    /// The shapes of the well-known types that the inputs import, for the library itself.
    #[doc(hidden)]
    pub fn well_known_shapes(&self) -> Result<String, Error> {
        let files = Sources::read(&self.inputs, &self.includes)?.descriptors;
        let names = Names::of(&files);
        let shapes = Shapes { names: &names, runtime: "crate", well_known: "::" };
        let mut text = String::from("// Generated by puregrpc-build. Do not edit.\n");
        for file in files.iter().filter(|file| names.module(file.name()).is_none()) {
            text.push_str(&shapes.write(file)?);
        }
        Ok(text)
    }

    fn output(&self, sources: &Sources) -> Result<String, Error> {
        self.check_paths()?;
        check::check(sources)?;
        let scratch = Scratch::new()?;
        let files = &sources.descriptors;
        let names = Names::of(files);
        let docs = Docs::of(sources);
        let own = files.iter().filter(|file| names.module(file.name()).is_some());
        let (externs, own): (Vec<_>, Vec<_>) = own.partition(|file| self.extern_of(file).is_some());
        let (set, runtime) = (&sources.set, &self.crate_path);
        let messages = Messages { files, set, names: &names, docs: &docs, lite: self.lite, runtime };
        let texts = messages.write(&own, &scratch)?;
        let externs = externs.into_iter().filter_map(|file| Some((self.extern_of(file)?.path.clone(), file)));
        let style = Style { runtime: &self.crate_path, blocking: self.blocking, default_methods: self.default_methods };
        let output = Output {
            set: &sources.set,
            generated: own.into_iter().zip(texts).collect(),
            externs: externs.collect(),
            names: &names,
            docs: &docs,
            style,
            lite: self.lite,
        };
        output.write()
    }

    /// Refuses paths that would mean something else in each module of the output.
    fn check_paths(&self) -> Result<(), Error> {
        let externs = self.externs.iter().map(|known| &known.path);
        for path in externs.chain([&self.crate_path]) {
            if path != "crate" && !path.starts_with("crate::") && !path.starts_with("::") {
                return Err(Error::set_up(format!("`{path}` must begin with `::` or `crate`")));
            }
        }
        Ok(())
    }

    fn extern_of(&self, file: &FileDescriptorProto) -> Option<&Extern> {
        self.externs.iter().find(|known| file.name().starts_with(&known.prefix))
    }
}
