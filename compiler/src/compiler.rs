//! The compiler: files in, descriptors out.

use std::fmt::{self, Debug, Formatter};

use protobuf::Message;
use protobuf::descriptor::FileDescriptorProto;

use crate::encode;
use crate::fault::{Fault, Faults};
use crate::files::Files;
use crate::loader::Loader;
use crate::schema::{FileId, Schema};
use crate::writer::Writer;

/// Compiles `.proto` files.
///
/// ```
/// use std::collections::BTreeMap;
/// use puregrpc_proto::Compiler;
///
/// let files = BTreeMap::from([("hello.proto".to_string(), "syntax = \"proto3\"; message Hello {}")]);
/// let compiled = Compiler::new(&files).compile(["hello.proto"])?;
/// let descriptor = compiled.files()[0].to_proto()?;
/// assert_eq!(descriptor.message_type[0].name(), "Hello");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct Compiler<'a> {
    files: &'a dyn Files,
    source_info: bool,
}

impl<'a> Compiler<'a> {
    /// A compiler that asks `files` for texts.
    pub fn new(files: &'a dyn Files) -> Self {
        Self { files, source_info: false }
    }

    /// Whether descriptors say where in the source things stand, and their comments. Default: no.
    #[must_use]
    pub fn source_info(mut self, wanted: bool) -> Self {
        self.source_info = wanted;
        self
    }

    /// Compiles files and everything that they import.
    ///
    /// # Errors
    ///
    /// All faults of all files, if there is any.
    pub fn compile<P: AsRef<str>>(&self, paths: impl IntoIterator<Item = P>) -> Result<Compiled, Faults> {
        let paths: Vec<String> = paths.into_iter().map(|path| path.as_ref().to_string()).collect();
        let mut loader = Loader::new(self.files, self.source_info, paths.iter().cloned().collect());
        paths.iter().for_each(|path| loader.load(path));
        let Loader { schema, mut report, .. } = loader;
        crate::check::unused_imports(&schema, &mut report);
        let warnings = report.finish()?;
        let file = |id: FileId| CompiledFile::new(&schema, id);
        let files = schema.file_ids().filter(|&id| !schema[id].hidden).map(file).collect();
        Ok(Compiled { files, warnings })
    }
}

impl Debug for Compiler<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("source_info", &self.source_info).finish_non_exhaustive()
    }
}

/// What has come of compiling files.
#[derive(Debug, Clone)]
pub struct Compiled {
    files: Vec<CompiledFile>,
    warnings: Vec<Fault>,
}

impl Compiled {
    /// All files, each behind those that it imports.
    pub fn files(&self) -> &[CompiledFile] {
        &self.files
    }

    /// What is allowed and most likely not meant, such as imports that are of no use.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// The serialized `FileDescriptorSet` of the files that are wanted.
    pub fn descriptor_set(&self, wanted: impl Fn(&CompiledFile) -> bool) -> Vec<u8> {
        let mut writer = Writer::default();
        for file in self.files.iter().filter(|file| wanted(file)) {
            writer.bytes(1, file.descriptor());
        }
        writer.into_bytes()
    }
}

/// The descriptor of a file.
#[derive(Debug, Clone)]
pub struct CompiledFile {
    path: String,
    descriptor: Vec<u8>,
    asked_for: bool,
}

impl CompiledFile {
    fn new(schema: &Schema, id: FileId) -> Self {
        let file = &schema[id];
        Self { path: file.source.name().to_string(), descriptor: encode::file(schema, id), asked_for: file.asked_for }
    }

    /// The path that the file was asked for or imported by.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The serialized `FileDescriptorProto`: byte for byte what protoc writes.
    pub fn descriptor(&self) -> &[u8] {
        &self.descriptor
    }

    /// Whether the file was to be compiled itself, and not only imported.
    pub fn is_asked_for(&self) -> bool {
        self.asked_for
    }

    /// The descriptor as a message. What the `protobuf` crate does not know of is among its
    /// unknown fields.
    ///
    /// # Errors
    ///
    /// If a string in the descriptor is not UTF-8, as the default value of a field may be.
    pub fn to_proto(&self) -> protobuf::Result<FileDescriptorProto> {
        FileDescriptorProto::parse_from_bytes(&self.descriptor)
    }
}
