//! The compiler: files in, descriptors out.

use std::fmt::{self, Debug, Formatter};

use protobuf::Message;
use protobuf::descriptor::FileDescriptorProto;

use crate::check;
use crate::encode::{self, Form};
use crate::fault::{Fault, Faults};
use crate::files::Files;
use crate::link;
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
/// let file = compiled.files().next().unwrap();
/// assert_eq!(file.to_proto()?.message_type[0].name(), "Hello");
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
        link::report_unknown(&schema, &mut report);
        check::unused_imports(&schema, &mut report);
        let warnings = report.finish()?;
        Ok(Compiled { schema, warnings })
    }
}

impl Debug for Compiler<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("source_info", &self.source_info).finish_non_exhaustive()
    }
}

/// What has come of compiling files.
pub struct Compiled {
    schema: Schema,
    warnings: Vec<Fault>,
}

impl Compiled {
    /// All files, each behind those that it imports.
    pub fn files(&self) -> impl Iterator<Item = CompiledFile<'_>> {
        let files = self.schema.file_ids().filter(|&id| !self.schema[id].hidden);
        files.map(|id| CompiledFile { schema: &self.schema, id })
    }

    /// What is allowed and most likely not meant, such as imports that are of no use.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// The serialized `FileDescriptorSet` of the files that are wanted.
    pub fn descriptor_set(&self, wanted: impl Fn(&CompiledFile<'_>) -> bool) -> Vec<u8> {
        let mut writer = Writer::default();
        for file in self.files().filter(wanted) {
            writer.bytes(1, &file.descriptor());
        }
        writer.into_bytes()
    }
}

impl Debug for Compiled {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let files: Vec<_> = self.files().collect();
        f.debug_struct("Compiled").field("files", &files).field("warnings", &self.warnings).finish_non_exhaustive()
    }
}

/// A file that has been compiled.
#[derive(Clone, Copy)]
pub struct CompiledFile<'a> {
    schema: &'a Schema,
    id: FileId,
}

impl<'a> CompiledFile<'a> {
    /// The path that the file was asked for or imported by.
    pub fn path(&self) -> &'a str {
        self.schema[self.id].source.name()
    }

    /// The text of the file.
    pub fn text(&self) -> &'a [u8] {
        self.schema[self.id].source.text()
    }

    /// Whether the file was to be compiled itself, and not only imported.
    pub fn is_asked_for(&self) -> bool {
        self.schema[self.id].asked_for
    }

    /// The serialized `FileDescriptorProto`: byte for byte what protoc writes.
    pub fn descriptor(&self) -> Vec<u8> {
        encode::file(self.schema, self.id, Form::Whole)
    }

    /// The descriptor without source information, whether it was asked for or not.
    pub fn bare_descriptor(&self) -> Vec<u8> {
        encode::file(self.schema, self.id, Form::Bare)
    }

    /// The descriptor as a message. What the `protobuf` crate does not know of is among its
    /// unknown fields.
    ///
    /// # Errors
    ///
    /// If a string in the descriptor is not UTF-8, as the default value of a field may be.
    pub fn to_proto(&self) -> protobuf::Result<FileDescriptorProto> {
        FileDescriptorProto::parse_from_bytes(&self.descriptor())
    }

    /// The descriptor in the words of proto2 or proto3, for tools that know no editions.
    ///
    /// A file of proto2 or proto3 is as [`descriptor`](Self::descriptor) gives it. A file of an
    /// edition becomes one of proto2, or of proto3 if it has fields of implicit presence; features
    /// become labels and options, and what only editions have (visibility, imports of options) is
    /// left out. The enums of either keep numbers that they have no names for.
    ///
    /// # Errors
    ///
    /// The fields that can be expressed in neither: beside fields of implicit presence, required
    /// ones and default values; and fields that are delimited.
    pub fn lowered(&self) -> Result<Vec<u8>, Faults> {
        encode::lowered(self.schema, self.id)
    }
}

impl Debug for CompiledFile<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledFile").field("path", &self.path()).finish_non_exhaustive()
    }
}
