use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use super::address::Bound;
use super::service::Service;
use super::tls::Files;

/// Says on the standard output what is served where, and how to try it.
pub(super) fn print(bound: &[Bound], services: &[Service], tls: Option<&Files>, by_default: bool) {
    let program = env::args().next().unwrap_or_else(|| "puregrpc".into());
    // A server without readers of its banner serves all the same.
    let _ = io::stdout().write_all(text(&program, bound, services, tls, by_default).as_bytes());
    let _ = io::stdout().flush();
}

fn text(program: &str, bound: &[Bound], services: &[Service], tls: Option<&Files>, by_default: bool) -> String {
    let kind = if tls.is_some() { " (TLS)" } else { "" };
    let mut text = format!("puregrpc {} listens{kind} on\n", env!("CARGO_PKG_VERSION"));
    for bound in bound {
        let note = if bound.is_dual_stack() { " (IPv6 and IPv4)" } else { "" };
        let _ = writeln!(text, "  {bound}{note}");
    }
    if by_default {
        text.push_str("for this machine alone (--listen [::]:50051 for others, too)\n");
    }
    text.push_str("and serves\n");
    for service in services {
        let _ = writeln!(text, "  {:24} {}", service.full_name(), service.summary());
    }
    let _ = writeln!(text, "  {:24} whether each of them is ready", "grpc.health.v1.Health");
    if let Some(first) = bound.first() {
        text.push_str("Try it from another terminal:\n");
        let options = tls.map(Files::client_options).unwrap_or_default();
        for service in services {
            let server = reachable(first, tls.is_some());
            let _ = writeln!(text, "  {program} client {} --server {server}{options}", service.name());
        }
    }
    if let Some(made) = tls.and_then(|files| files.made.as_ref()) {
        let _ = writeln!(text, "Other programs have to trust the CA in {}.", made.ca.display());
    }
    if let Some((certificate, key)) = tls.and_then(Files::client_identity) {
        let (certificate, key) = (certificate.display(), key.display());
        let _ = writeln!(text, "They also have to show a certificate, such as {certificate} with the key {key}.");
    }
    text.push_str("Ctrl-C finishes the calls under way and ends.\n");
    text
}

/// The listener as a client on the same machine names it.
fn reachable(bound: &Bound, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    match bound {
        Bound::Tcp(_, address) if address.ip().is_unspecified() => format!("{scheme}://localhost:{}", address.port()),
        Bound::Tcp(_, address) => format!("{scheme}://{address}"),
        #[cfg(unix)]
        Bound::Unix(..) => bound.to_string(),
    }
}
