//! The modules of packages, with the services in them.

use std::collections::BTreeMap;

use protobuf::descriptor::{FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};

use crate::fault::Error;
use crate::layout::Code;
use crate::names;
use crate::outline::join;
use crate::output::{ATTRIBUTES, Output};
use crate::reexports::{Module, Reexports};
use crate::rust_type::Type;
use crate::scope::{Ident, Scope};
use crate::service::{Method, Service, ServiceNames};
use crate::table::Home;

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
        let modules = self.modules(output);
        if !self.files.is_empty() {
            self.depth = 1;
            code.gap();
            code.line("#[doc(hidden)]");
            code.lines(ATTRIBUTES);
            let mut result = Ok(());
            code.block("pub mod __root {", |code| result = self.write_own(code, output, &modules), "}");
            result?;
            code.gap();
            code.line("#[allow(unreachable_pub, unused_imports, reason = \"not every crate uses it\")]");
            code.line("pub use self::__root::*;");
        }
        self.write_inner(code, output, &modules, ATTRIBUTES)
    }

    /// The modules of the files of this package.
    fn modules(&self, output: &Output<'a>) -> Vec<Module<'a>> {
        let module = |file: &&'a FileDescriptorProto| {
            Some(Module::of_file(file, output.names.module(file.name())?, output.lite))
        };
        self.files.iter().filter_map(module).collect()
    }

    /// What the modules of the packages in this one are called.
    fn packages(&self) -> Vec<Ident> {
        let mut scope = if self.name.is_empty() { Scope::with(["__files", "__root"]) } else { Scope::default() };
        let part = |part: &&'a str| (*part, (*part).to_owned(), names::package_ident(part));
        scope.take_all(&self.inner.keys().map(part).collect::<Vec<_>>())
    }

    /// Writes what is in this package alone, of which `modules` have the messages.
    fn write_own(&self, code: &mut Code, output: &Output<'a>, modules: &[Module<'a>]) -> Result<(), Error> {
        let packages: Vec<_> = self.packages().into_iter().map(|package| package.text).collect();
        let mut reexports = Reexports::of(modules, output.names, &packages);
        reexports.write(code, &self.path_to_files());
        let services = self.files.iter().flat_map(|file| file.service.iter().map(move |service| (*file, service)));
        let services: Vec<_> = services.collect();
        let names = services.iter().map(|(_, service)| service.name());
        let names = ServiceNames::of(names, &mut reexports.scope);
        for ((file, service), names) in services.into_iter().zip(names) {
            self.service(output, &reexports, file, service, names)?.write(code, output.style);
        }
        Ok(())
    }

    /// Writes the packages in this one. The items of messages' modules that are called like one of
    /// them join it, for it hides those modules.
    fn write_inner(
        &self,
        code: &mut Code,
        output: &Output<'a>,
        modules: &[Module<'a>],
        attributes: &str,
    ) -> Result<(), Error> {
        for (inner, ident) in self.inner.values().zip(self.packages()) {
            let mut within = inner.modules(output);
            within.extend(modules.iter().flat_map(|module| module.nested(output.names, &ident.text)));
            code.gap();
            code.docs(&[], &format!("The package `{}`.", inner.name));
            code.lines(attributes);
            let mut result = Ok(());
            let inside = |code: &mut Code| {
                let own = inner.write_own(code, output, &within);
                result = own.and_then(|()| inner.write_inner(code, output, &within, ""));
            };
            code.block(format!("pub mod {} {{", ident.text), inside, "}");
            result?;
        }
        Ok(())
    }

    fn path_to_files(&self) -> String {
        "super::".repeat(self.depth) + "__files"
    }

    fn service<'b>(
        &self,
        output: &Output<'b>,
        reexports: &Reexports,
        file: &FileDescriptorProto,
        service: &'b ServiceDescriptorProto,
        names: ServiceNames,
    ) -> Result<Service<'b>, Error> {
        let full_name = join(file.package(), service.name());
        let method = |(method, ident): (&'b MethodDescriptorProto, Ident)| {
            let path = join(&full_name, method.name());
            let message = |name: &str| {
                let message = self.message(output, reexports, name);
                message.ok_or_else(|| Error::set_up(format!("{}: {path}: `{name}` is no message", file.name())))
            };
            Ok(Method {
                name: method.name(),
                ident,
                docs: output.docs.get(&path),
                deprecated: method.options.deprecated(),
                request: message(method.input_type())?,
                reply: message(method.output_type())?,
                streams_requests: method.client_streaming(),
                streams_replies: method.server_streaming(),
            })
        };
        let methods = service.method.iter().zip(method_idents(service));
        let methods = methods.map(method).collect::<Result<_, Error>>()?;
        Ok(Service { names, docs: output.docs.get(&full_name), methods, full_name })
    }

    /// The type of a message, seen from the module of this package.
    fn message(&self, output: &Output<'_>, reexports: &Reexports, name: &str) -> Option<Type> {
        let message = output.names.message_type(name)?;
        let path = &message.path;
        let home = match &message.home {
            Home::Runtime(module) => return Some(Type::path(format!("{}::{module}::{path}", output.style.runtime))),
            Home::File(module) => module,
        };
        let is_here = self.files.iter().any(|file| output.names.module(file.name()) == Some(home));
        let is_here = is_here && reexports.keeps(name.trim_start_matches('.'));
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

/// What the methods of a service are called. Clients have a `new` and a `clone` already.
fn method_idents(service: &ServiceDescriptorProto) -> Vec<Ident> {
    let wanted = service.method.iter().map(|method| {
        let wanted = names::method_name(method.name());
        (method.name(), wanted.clone(), names::plain_ident(&wanted))
    });
    Scope::with(["new", "clone"]).take_all(&wanted.collect::<Vec<_>>())
}
