//! The whole output: the code of the files, and a module for each package.

use std::collections::BTreeMap;

use protobuf::descriptor::{FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};

use crate::descriptors;
use crate::fault::Error;
use crate::layout::{Code, Type};
use crate::messages::Docs;
use crate::names::{self, Home, Names};
use crate::service::{Method, Service, Style};

/// Lints that the crate around the output may forbid what it does, or may not care for. There is
/// no `unsafe` in the output, so `forbid(unsafe_code)` needs nothing.
const ATTRIBUTES: &str = "\
#[allow(
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
    clippy::all,
    clippy::cargo,
    clippy::nursery,
    clippy::pedantic,
    clippy::restriction,
    rustdoc::all
)]";

/// What the output is written from.
pub(crate) struct Output<'a> {
    /// All files, each after those it imports.
    pub(crate) files: &'a [FileDescriptorProto],
    /// The files that are generated here, with the code of their messages.
    pub(crate) generated: Vec<(&'a FileDescriptorProto, String)>,
    /// The modules of other crates that have the code of the other files, by path.
    pub(crate) externs: Vec<(String, &'a FileDescriptorProto)>,
    pub(crate) names: &'a Names,
    pub(crate) docs: &'a Docs,
    pub(crate) style: Style<'a>,
}

/// A package or the root of all, with the packages in it.
#[derive(Default)]
struct Package<'a> {
    name: String,
    depth: usize,
    files: Vec<&'a FileDescriptorProto>,
    inner: BTreeMap<&'a str, Self>,
}

impl Output<'_> {
    pub(crate) fn write(&self) -> Result<String, Error> {
        let mut code = Code::default();
        code.line("// Generated from .proto files by puregrpc-build. Do not edit.");
        code.gap();
        self.write_descriptors(&mut code);
        self.write_files(&mut code);
        let mut root = Package::default();
        for (file, _) in &self.generated {
            let mut package = &mut root;
            for part in file.package().split('.').filter(|part| !part.is_empty()) {
                let (outer, depth) = (package.name.clone(), package.depth);
                package = package.inner.entry(part).or_default();
                package.name = crate::outline::join(&outer, part);
                package.depth = depth + 1;
            }
            package.files.push(file);
        }
        let style = Style { attributes: ATTRIBUTES, ..self.style };
        self.write_package(&mut code, &root, &[], style)?;
        Ok(code.into_text())
    }

    fn write_descriptors(&self, code: &mut Code) {
        code.line("/// All files of this module and all they import, as an encoded `FileDescriptorSet`.");
        code.lines(ATTRIBUTES);
        code.line("#[rustfmt::skip]");
        let set = descriptors::literal(&descriptors::encoded_set(self.files), "    ");
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

    /// Writes what is in a package. The items of `nested`, modules of a message, join it: their
    /// module has the name of the package and would be hidden by it.
    fn write_package(
        &self,
        code: &mut Code,
        package: &Package<'_>,
        nested: &[String],
        style: Style<'_>,
    ) -> Result<(), Error> {
        let files = if package.depth == 0 { "self::".to_owned() } else { "super::".repeat(package.depth) };
        let modules = package.files.iter().filter_map(|file| self.names.module(file.name()));
        let mut modules: Vec<&str> = modules.chain(nested.iter().map(String::as_str)).collect();
        modules.sort_unstable();
        for module in modules {
            code.gap();
            code.lines(style.attributes);
            code.line(format!("pub use {files}__files::{module}::*;"));
        }
        for file in &package.files {
            for service in &file.service {
                self.service(package, file, service)?.write(code, style);
            }
        }
        for (part, inner) in &package.inner {
            code.gap();
            code.line(format!("/// The package `{}`.", inner.name));
            code.lines(style.attributes);
            let nested = self.nested(package, &names::package_ident(part));
            let style = Style { attributes: "", ..style };
            let mut result = Ok(());
            let inside = |code: &mut Code| result = self.write_package(code, inner, &nested, style);
            code.block(format!("pub mod {} {{", names::package_ident(part)), inside, "}");
            result?;
        }
        Ok(())
    }

    /// The modules called `name` of messages of a package.
    fn nested(&self, package: &Package<'_>, name: &str) -> Vec<String> {
        let messages =
            package.files.iter().flat_map(|file| file.message_type.iter().map(move |message| (file, message)));
        let with_module = messages.filter(|(_, message)| {
            let empty = message.nested_type.is_empty() && message.enum_type.is_empty() && message.oneof_decl.is_empty();
            names::nested_module(message.name()) == name && !empty
        });
        with_module.map(|(file, _)| format!("{}::{name}", self.names.module(file.name()).unwrap_or_default())).collect()
    }

    fn service<'a>(
        &'a self,
        package: &Package<'_>,
        file: &FileDescriptorProto,
        service: &'a ServiceDescriptorProto,
    ) -> Result<Service<'a>, Error> {
        let full_name = crate::outline::join(file.package(), service.name());
        let method = |method: &'a MethodDescriptorProto| {
            let kind = |name: &str| {
                let kind = self.message(package, name);
                kind.ok_or_else(|| {
                    Error::set_up(format!("{}: {full_name}.{}: {name} is no message", file.name(), method.name()))
                })
            };
            Ok(Method {
                name: method.name(),
                ident: names::method_ident(method.name()),
                docs: self.docs.get(&format!("{full_name}.{}", method.name())),
                deprecated: method.options.deprecated(),
                request: kind(method.input_type())?,
                reply: kind(method.output_type())?,
                streams_requests: method.client_streaming(),
                streams_replies: method.server_streaming(),
            })
        };
        Ok(Service {
            name: names::service_name(service.name()),
            docs: self.docs.get(&full_name),
            methods: service.method.iter().map(method).collect::<Result<_, Error>>()?,
            full_name,
        })
    }

    /// The type of a message, seen from the module of a package.
    fn message(&self, package: &Package<'_>, name: &str) -> Option<Type> {
        let message = self.names.message(name)?;
        let path = &message.path;
        Some(Type::path(match &message.home {
            Home::Runtime(module) => format!("{}::{module}::{path}", self.style.runtime),
            Home::File(module) => {
                let is_here = |file: &&FileDescriptorProto| self.names.module(file.name()) == Some(module);
                if path.contains("::") || !package.files.iter().any(is_here) {
                    let files = if package.depth == 0 { "self::".to_owned() } else { "super::".repeat(package.depth) };
                    format!("{files}__files::{module}::{path}")
                } else if ["T", "U"].contains(&path.as_str()) {
                    // The server has a type parameter of this name.
                    format!("self::{path}")
                } else {
                    path.clone()
                }
            }
        }))
    }
}
