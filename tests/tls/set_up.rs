//! What the tests share: certificates, a server, clients.

use puregrpc::{Channel, ClientTls, Identity, Roots, Server, ServerTls};
use puregrpc_support::{Ca, Issued, Running, Script, WireClient};

/// A certificate as the library takes it.
pub(crate) fn identity(issued: &Issued) -> Identity {
    Identity::from_bytes(&issued.pem, &issued.key).unwrap()
}

/// The roots with this authority alone.
pub(crate) fn roots(ca: &Ca) -> Roots {
    Roots::from_bytes(&ca.pem).unwrap()
}

/// TLS with a certificate of this authority for `localhost`.
pub(crate) fn server_tls(ca: &Ca) -> ServerTls {
    ServerTls::new(identity(&ca.server(&["localhost"])))
}

/// TLS that trusts this authority.
pub(crate) fn client_tls(ca: &Ca) -> ClientTls {
    ClientTls::new().roots(roots(ca))
}

/// The service that echoes, under TLS.
pub(crate) fn echo(tls: ServerTls) -> Running {
    serve(Server::new().add(Script::echo()), tls)
}

pub(crate) fn serve(server: Server, tls: ServerTls) -> Running {
    Running::over(server, |listener| tls.listen(listener).unwrap())
}

/// A client under TLS.
pub(crate) fn client(server: &Running, tls: ClientTls) -> WireClient {
    WireClient::new(Channel::in_process(server.connector()).tls(tls).unwrap())
}
