//! The code of a service: its trait and its server.

use crate::client;
use crate::layout::Code;
use crate::messages::documented;
use crate::names::{message_ident, type_name};
use crate::rust_type::{Parameter, Type};
use crate::scope::{Ident, Scope};

/// A service with all its names resolved.
#[derive(Debug)]
pub(crate) struct Service<'a> {
    /// The name with the package, as it is in paths of calls.
    pub(crate) full_name: String,
    pub(crate) names: ServiceNames,
    pub(crate) docs: &'a [String],
    pub(crate) methods: Vec<Method<'a>>,
}

/// What the items of a service are called.
#[derive(Debug, Clone)]
pub(crate) struct ServiceNames {
    pub(crate) service: Ident,
    pub(crate) server: Ident,
    pub(crate) client: Ident,
    pub(crate) blocking: Ident,
}

impl ServiceNames {
    /// The names of all services of a package. What the files name comes first, then the servers and
    /// the clients; the blocking clients are last, so that nothing else depends on whether they are there.
    pub(crate) fn of<'a>(services: impl Iterator<Item = &'a str>, scope: &mut Scope) -> Vec<Self> {
        let services: Vec<_> = services.collect();
        let mut named = |suffix: &str| {
            let wanted = services.iter().map(|service| {
                let wanted = format!("{}{suffix}", type_name(service));
                (*service, wanted.clone(), message_ident(&wanted))
            });
            scope.take_all(&wanted.collect::<Vec<_>>()).into_iter()
        };
        let (traits, servers) = (named(""), named("Server"));
        let clients = servers.zip(named("Client")).zip(named("BlockingClient"));
        let names = |(service, ((server, client), blocking))| Self { service, server, client, blocking };
        traits.zip(clients).map(names).collect()
    }
}

#[derive(Debug)]
pub(crate) struct Method<'a> {
    /// The name in the `.proto` file.
    pub(crate) name: &'a str,
    pub(crate) ident: Ident,
    pub(crate) docs: &'a [String],
    pub(crate) deprecated: bool,
    pub(crate) request: Type,
    pub(crate) reply: Type,
    pub(crate) streams_requests: bool,
    pub(crate) streams_replies: bool,
}

/// What the code of every service depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style<'a> {
    /// The path of the runtime crate.
    pub(crate) runtime: &'a str,
    pub(crate) blocking: bool,
    pub(crate) default_methods: bool,
}

impl Style<'_> {
    /// A type of the runtime crate.
    pub(crate) fn runtime_type<const N: usize>(&self, name: &str, inside: [Type; N]) -> Type {
        Type::of(format!("{}::{name}", self.runtime), inside)
    }

    /// `Result` with the status of the runtime crate.
    pub(crate) fn result(&self, value: Type) -> Type {
        Type::of("::std::result::Result", [value, self.runtime_type("Status", [])])
    }
}

impl Method<'_> {
    pub(crate) fn path(&self, service: &Service<'_>) -> String {
        format!("/{}/{}", service.full_name, self.name)
    }

    pub(crate) fn write_docs(&self, code: &mut Code, service: &Service<'_>) {
        let otherwise = [format!("The method `{}`.", self.path(service))];
        let docs = if self.docs.is_empty() { &otherwise } else { self.docs };
        code.docs(&documented(docs, &self.ident), "");
    }
}

impl Service<'_> {
    /// Writes the trait, the server and the clients.
    pub(crate) fn write(&self, code: &mut Code, style: Style<'_>) {
        self.write_trait(code, style);
        self.write_server(code);
        self.write_routes(code, style);
        client::write(code, self, style, &client::ASYNC);
        if style.blocking {
            client::write(code, self, style, &client::BLOCKING);
        }
    }

    fn write_trait(&self, code: &mut Code, style: Style<'_>) {
        code.gap();
        let otherwise = [format!("The service `{}`.", self.full_name)];
        let docs = if self.docs.is_empty() { &otherwise } else { self.docs };
        code.docs(&documented(docs, &self.names.service), "");
        let name = &self.names.service.text;
        let bounds = "::std::marker::Send + ::std::marker::Sync + 'static";
        if self.methods.is_empty() {
            return code.line(format!("pub trait {name}: {bounds} {{}}"));
        }
        code.trait_head(name, bounds);
        let methods = |code: &mut Code| {
            for method in &self.methods {
                code.gap();
                method.write_docs(code, self);
                self.write_trait_method(code, style, method);
            }
        };
        code.block_of(methods, "}");
    }

    fn write_trait_method(&self, code: &mut Code, style: Style<'_>, method: &Method<'_>) {
        let (request, reply) = (method.request.clone(), method.reply.clone());
        let mut parameters = vec![Parameter::SELF];
        parameters.push(if method.streams_requests {
            Parameter::new("requests", style.runtime_type("Receiver", [request]).prefixed("&mut "))
        } else {
            Parameter::new("request", style.runtime_type("Request", [request]))
        });
        let output = if method.streams_replies {
            let replies = style.runtime_type("Sender", [reply]).prefixed("&mut ");
            parameters.push(Parameter::new("replies", replies));
            Type::path("()")
        } else {
            style.runtime_type("Response", [reply])
        };
        let head = format!("fn {}", method.ident.text);
        let output = style.result(output);
        if !style.default_methods {
            return code.future_signature(&head, &parameters, &output, ";");
        }
        code.future_signature(&head, &parameters, &output, " {");
        let body = |code: &mut Code| {
            code.assign("message", &format!("\"method {} is not implemented\"", method.path(self)));
            code.line(format!("let status = {}::Status::unimplemented(message);", style.runtime));
            code.line("::std::future::ready(::std::result::Result::Err(status))");
        };
        code.block_of(body, "}");
    }

    fn write_server(&self, code: &mut Code) {
        let (name, server) = (&self.names.service.text, &self.names.server.text);
        let handler = self.handler();
        code.gap();
        code.docs(&documented(&[format!("Serves [`{name}`].")], &self.names.server), "");
        code.line("#[derive(Debug)]");
        code.line(format!("pub struct {server}<{handler}>(::std::sync::Arc<{handler}>);"));
        code.gap();
        code.lines(&format!(
            "impl<{handler}: {name}> {server}<{handler}> {{
    /// Serves a service.
    pub fn new(service: {handler}) -> Self {{
        Self(::std::sync::Arc::new(service))
    }}

    /// Serves a service that other parts of the program hold as well.
    pub fn from_arc(service: ::std::sync::Arc<{handler}>) -> Self {{
        Self(service)
    }}
}}

impl<{handler}> ::std::clone::Clone for {server}<{handler}> {{
    fn clone(&self) -> Self {{
        Self(::std::sync::Arc::clone(&self.0))
    }}
}}"
        ));
    }

    /// The name of the type that implements the trait; it must not be the name of the trait.
    fn handler(&self) -> &'static str {
        if self.names.service.text == "T" { "U" } else { "T" }
    }

    /// Writes what the runtime calls the service through.
    fn write_routes(&self, code: &mut Code, style: Style<'_>) {
        let (name, server, handler) = (&self.names.service.text, &self.names.server.text, self.handler());
        code.gap();
        code.impl_head(
            &format!("<{handler}: {name}> {}::codegen::Service", style.runtime),
            &format!("{server}<{handler}>"),
        );
        let inside = |code: &mut Code| {
            code.line(format!("const NAME: &'static str = \"{}\";", self.full_name));
            let names: Vec<_> = self.methods.iter().map(|method| format!("\"{}\"", method.name)).collect();
            code.list("const METHODS: &'static [&'static str]", &names);
            code.gap();
            let call = Parameter::new("call", style.runtime_type("codegen::Call", []));
            let parameters = [Parameter::SELF, Parameter::new("method", Type::path("usize")), call];
            code.signature("fn call", &parameters, &style.runtime_type("codegen::BoxFuture", []));
            code.block_of(|code| self.write_call(code), "}");
        };
        code.block_of(inside, "}");
    }

    fn write_call(&self, code: &mut Code) {
        if self.methods.is_empty() {
            return code.line("call.unimplemented()");
        }
        code.line("let service = ::std::sync::Arc::clone(&self.0);");
        let arms = |code: &mut Code| {
            for (index, method) in self.methods.iter().enumerate() {
                code.block(format!("{index} => {{"), |code| self.write_arm(code, method), "}");
            }
            code.line("_ => call.unimplemented(),");
        };
        code.block("match method {", arms, "}");
    }

    /// Writes one call: the handler is polled by the driver, which knows of cancellation and
    /// deadline, and its result becomes the answer or the status.
    fn write_arm(&self, code: &mut Code, method: &Method<'_>) {
        let inbound = if method.streams_requests { "inbound" } else { "mut inbound" };
        code.line(format!("let ({inbound}, mut driver) = call.split();"));
        let mut arguments = vec!["&*service"];
        if method.streams_requests {
            code.line("let mut requests = driver.receiver(inbound);");
            arguments.push("&mut requests");
        } else {
            arguments.push("inbound.message().await?");
        }
        if method.streams_replies {
            code.line("let mut replies = driver.sender();");
            arguments.push("&mut replies");
        }
        let function = format!("<{} as {}>::{}", self.handler(), self.names.service.text, method.ident.text);
        let end = if method.streams_replies { "finish(result, &mut replies)" } else { "answer(result)" };
        let handler = |code: &mut Code| {
            let open = "let handler = ::std::pin::pin!(async {";
            code.block(open, |code| code.awaited(&function, &arguments), "});");
            code.line("driver.run(handler).await");
        };
        let call = |code: &mut Code| {
            code.block("let result = {", handler, "};");
            code.line(format!("driver.{end}.await"));
        };
        code.block("::std::boxed::Box::pin(async move {", call, "})");
    }
}
