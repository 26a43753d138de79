//! The modules of packages, with the services in them.

use std::collections::BTreeMap;

use protobuf::descriptor::{DescriptorProto, FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};

use crate::fault::Error;
use crate::layout::Code;
use crate::names::{self, Home, Names};
use crate::outline::join;
use crate::output::{ATTRIBUTES, Output};
use crate::rust_type::Type;
use crate::service::{Method, Service};

/// A package, or the root of all, with the packages in it.
#[derive(Default)]
pub(crate) struct Package<'a> {
    /// Empty for the root.
    name: String,
    /// How many modules deep it is.
    depth: usize,
    files: Vec<&'a FileDescriptorProto>,
    inner: BTreeMap<&'a str, Self>,
}

impl<'a> Package<'a> {
    /// The packages of some files.
    pub(crate) fn tree(files: impl Iterator<Item = &'a FileDescriptorProto>) -> Self {
        let mut root = Self::default();
        for file in files {
            let mut package = &mut root;
            for part in file.package().split('.').filter(|part| !part.is_empty()) {
                let (name, depth) = (join(&package.name, part), package.depth + 1);
                package = package.inner.entry(part).or_insert(Self { name, depth, ..Self::default() });
            }
            package.files.push(file);
        }
        root
    }

    /// Writes all packages. What has no package is in a module as well, so that the attributes are
    /// said once.
    pub(crate) fn write(mut self, code: &mut Code, output: &Output<'_>) -> Result<(), Error> {
        if !self.files.is_empty() {
            self.depth = 1;
            code.gap();
            code.line("#[doc(hidden)]");
            code.lines(ATTRIBUTES);
            let mut result = Ok(());
            code.block("pub mod __root {", |code| result = self.write_own(code, output, &[]), "}");
            result?;
            code.gap();
            code.line("#[allow(unreachable_pub, unused_imports, reason = \"not every crate uses it\")]");
            code.line("pub use self::__root::*;");
        }
        self.write_inner(code, output, ATTRIBUTES)
    }

    /// Writes what is in this package alone. The items of `nested`, modules of a message, join it:
    /// their module has the name of the package and would be hidden by it.
    fn write_own(&self, code: &mut Code, output: &Output<'_>, nested: &[String]) -> Result<(), Error> {
        let modules = self.files.iter().filter_map(|file| output.names.module(file.name()));
        let mut modules: Vec<&str> = modules.chain(nested.iter().map(String::as_str)).collect();
        modules.sort_unstable();
        for module in modules {
            code.line(format!("pub use {}::{module}::*;", self.path_to_files()));
        }
        for file in &self.files {
            for service in &file.service {
                self.service(output, file, service)?.write(code, output.style);
            }
        }
        Ok(())
    }

    fn write_inner(&self, code: &mut Code, output: &Output<'_>, attributes: &str) -> Result<(), Error> {
        for (part, inner) in &self.inner {
            let module = names::package_ident(part);
            code.gap();
            code.line(format!("/// The package `{}`.", inner.name));
            code.lines(attributes);
            let mut result = Ok(());
            let inside = |code: &mut Code| {
                let own = inner.write_own(code, output, &self.nested(output.names, &module));
                result = own.and_then(|()| inner.write_inner(code, output, ""));
            };
            code.block(format!("pub mod {module} {{"), inside, "}");
            result?;
        }
        Ok(())
    }

    fn path_to_files(&self) -> String {
        "super::".repeat(self.depth) + "__files"
    }

    /// The modules called `name` of messages of this package.
    fn nested(&self, names: &Names, name: &str) -> Vec<String> {
        let mut nested = Vec::new();
        for file in &self.files {
            let messages = file.message_type.iter();
            let messages =
                messages.filter(|message| names::nested_module(message.name()) == name && has_module(message));
            let module = names.module(file.name()).unwrap_or_default();
            nested.extend(messages.map(|_| format!("{module}::{name}")));
        }
        nested
    }

    fn service<'b>(
        &self,
        output: &Output<'b>,
        file: &FileDescriptorProto,
        service: &'b ServiceDescriptorProto,
    ) -> Result<Service<'b>, Error> {
        let full_name = join(file.package(), service.name());
        let method = |method: &'b MethodDescriptorProto| {
            let path = join(&full_name, method.name());
            let message = |name: &str| {
                let message = self.message(output, name);
                message.ok_or_else(|| Error::set_up(format!("{}: {path}: `{name}` is no message", file.name())))
            };
            Ok(Method {
                name: method.name(),
                ident: names::method_ident(method.name()),
                docs: output.docs.get(&path),
                deprecated: method.options.deprecated(),
                request: message(method.input_type())?,
                reply: message(method.output_type())?,
                streams_requests: method.client_streaming(),
                streams_replies: method.server_streaming(),
            })
        };
        Ok(Service {
            name: names::service_name(service.name()),
            docs: output.docs.get(&full_name),
            methods: service.method.iter().map(method).collect::<Result<_, Error>>()?,
            full_name,
        })
    }

    /// The type of a message, seen from the module of this package.
    fn message(&self, output: &Output<'_>, name: &str) -> Option<Type> {
        let message = output.names.message(name)?;
        let path = &message.path;
        let home = match &message.home {
            Home::Runtime(module) => return Some(Type::path(format!("{}::{module}::{path}", output.style.runtime))),
            Home::File(module) => module,
        };
        let is_here = self.files.iter().any(|file| output.names.module(file.name()) == Some(home));
        Some(Type::path(if path.contains("::") || !is_here {
            format!("{}::{home}::{path}", self.path_to_files())
        } else if ["T", "U"].contains(&path.as_str()) {
            // The server has a type parameter of this name.
            format!("self::{path}")
        } else {
            path.clone()
        }))
    }
}

/// Whether protobuf-codegen writes a module for what is in a message. Entries of maps and the oneofs
/// of `optional` fields have no code.
fn has_module(message: &DescriptorProto) -> bool {
    let optional = message.field.iter().filter(|field| field.proto3_optional()).count();
    let types = message.nested_type.iter().filter(|nested| !nested.options.map_entry()).count();
    types + message.enum_type.len() + message.oneof_decl.len() > optional
}
