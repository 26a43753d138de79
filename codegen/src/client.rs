//! The code of the clients of a service: one to await and one that blocks.

use crate::layout::Code;
use crate::messages::documented;
use crate::rust_type::{Parameter, Type};
use crate::scope::Ident;
use crate::service::{Method, Service, ServiceNames, Style};

/// What the two kinds of client differ in.
#[derive(Debug)]
pub(crate) struct Flavour {
    ident: fn(&ServiceNames) -> &Ident,
    about: &'static str,
    /// Where in the runtime crate the channel and the streams are.
    module: &'static str,
    function: &'static str,
    awaits: &'static str,
}

pub(crate) const ASYNC: Flavour = Flavour {
    ident: |names| &names.client,
    about: "over a channel",
    module: "",
    function: "pub async fn",
    awaits: ".await",
};

pub(crate) const BLOCKING: Flavour = Flavour {
    ident: |names| &names.blocking,
    about: "over a channel, from code that is not async",
    module: "blocking::",
    function: "pub fn",
    awaits: "",
};

/// Writes a client of a service.
pub(crate) fn write(code: &mut Code, service: &Service<'_>, style: Style<'_>, flavour: &Flavour) {
    let ident = (flavour.ident)(&service.names);
    let name = &ident.text;
    let channel = style.runtime_type(&format!("{}Channel", flavour.module), []);
    code.gap();
    code.docs(&documented(&[format!("Calls [`{}`] {}.", service.names.service.text, flavour.about)], ident), "");
    code.line("#[derive(Clone, Debug)]");
    let field = |code: &mut Code| code.line(format!("channel: {channel},"));
    code.block(format!("pub struct {name} {{"), field, "}");
    code.gap();
    let functions = |code: &mut Code| {
        code.line("/// Calls over this channel.");
        let new = |code: &mut Code| code.line("Self { channel }");
        code.block(format!("pub fn new(channel: {channel}) -> Self {{"), new, "}");
        for method in &service.methods {
            write_method(code, service, method, style, flavour);
        }
    };
    code.block(format!("impl {name} {{"), functions, "}");
}

fn write_method(code: &mut Code, service: &Service<'_>, method: &Method<'_>, style: Style<'_>, flavour: &Flavour) {
    let own = |name: &str, inside: &Type| style.runtime_type(&format!("{}{name}", flavour.module), [inside.clone()]);
    let (request, reply) = (&method.request, &method.reply);
    let (call, value) = match (method.streams_requests, method.streams_replies) {
        (false, false) => ("unary", style.runtime_type("Response", [reply.clone()])),
        (false, true) => ("server_streaming", own("Receiver", reply)),
        (true, false) => {
            let name = format!("{}ClientStreaming", flavour.module);
            ("client_streaming", style.runtime_type(&name, [request.clone(), reply.clone()]))
        }
        (true, true) => ("bidi_streaming", Type::tuple([own("Sender", request), own("Receiver", reply)])),
    };
    // A call that streams its requests begins with metadata only.
    let first = if method.streams_requests { Type::path("()") } else { request.clone() };
    let into = Type::of("impl ::std::convert::Into", [style.runtime_type("Request", [first])]);
    code.gap();
    method.write_docs(code, service);
    if method.deprecated {
        code.line("#[deprecated]");
    }
    let head = format!("{} {}", flavour.function, method.ident.text);
    let parameters = [Parameter::SELF, Parameter::new("request", into)];
    code.signature(&head, &parameters, &style.result(value));
    let body = |code: &mut Code| {
        code.assign("path", &format!("\"{}\"", method.path(service)));
        code.line(format!("self.channel.{call}(path, request.into()){}", flavour.awaits));
    };
    code.block_of(body, "}");
}
