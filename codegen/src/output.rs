//! The whole output: the descriptors, the code of the files, and a module for each package.

use protobuf::descriptor::FileDescriptorProto;

use crate::descriptors;
use crate::docs::Docs;
use crate::fault::Error;
use crate::layout::Code;
use crate::package::Package;
use crate::service::Style;
use crate::table::Names;

/// Lints that the crate around the output may forbid what it does, or may not care for. There is
/// no `unsafe` in the output, so `forbid(unsafe_code)` needs nothing. Which of them it does
/// depends on the crate, so that `expect` would itself be a warning in most.
pub(crate) const ATTRIBUTES: &str = r#"#[allow(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    elided_lifetimes_in_paths,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    bindings_with_variant_name,
    clippy::all,
    clippy::cargo,
    clippy::nursery,
    clippy::pedantic,
    clippy::restriction,
    rustdoc::all,
    reason = "generated: what the crate around it asks of its own code is no concern of this"
)]"#;

/// What the output is written from.
pub(crate) struct Output<'a> {
    /// All files, as an encoded `FileDescriptorSet`.
    pub(crate) set: &'a [u8],
    /// The files that are generated here, with the code of their messages.
    pub(crate) generated: Vec<(&'a FileDescriptorProto, String)>,
    /// The modules of other crates that have the code of the other files, by path.
    pub(crate) externs: Vec<(String, &'a FileDescriptorProto)>,
    pub(crate) names: &'a Names,
    pub(crate) docs: &'a Docs,
    pub(crate) style: Style<'a>,
    pub(crate) lite: bool,
}

impl Output<'_> {
    pub(crate) fn write(&self) -> Result<String, Error> {
        let mut code = Code::default();
        code.line("// Generated from .proto files by puregrpc-build. Do not edit.");
        code.gap();
        self.write_descriptors(&mut code);
        self.write_files(&mut code);
        let root = Package::tree(self.generated.iter().map(|(file, _)| *file));
        root.write(&mut code, self)?;
        Ok(code.into_text())
    }

    fn write_descriptors(&self, code: &mut Code) {
        code.line("/// All files of this module and all they import, as an encoded `FileDescriptorSet`.");
        code.line("#[allow(dead_code, unreachable_pub, reason = \"not every crate uses it\")]");
        code.line("#[rustfmt::skip]");
        let set = descriptors::literal(self.set, "    ");
        code.lines(&format!("pub const FILE_DESCRIPTOR_SET: &[u8] = {set};"));
    }

    /// Writes the modules of the files, which refer to each other as neighbours.
    fn write_files(&self, code: &mut Code) {
        code.gap();
        code.line("#[doc(hidden)]");
        code.lines(ATTRIBUTES);
        code.line("#[rustfmt::skip]");
        let files = |code: &mut Code| {
            for (path, file) in &self.externs {
                let module = self.names.module(file.name()).unwrap_or_default();
                code.line(format!("pub use {path}::__files::{module};"));
            }
            for (file, text) in &self.generated {
                let module = self.names.module(file.name()).unwrap_or_default();
                code.gap();
                code.line(format!("/// The messages of `{}`.", file.name()));
                code.block(format!("pub mod {module} {{"), |code| code.lines(text), "}");
            }
        };
        code.block("pub mod __files {", files, "}");
    }
}
