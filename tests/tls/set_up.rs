//! What the tests share: certificates, a server, clients.

use puregrpc::{ChannelBuilder, ClientTls, Identity, Response, Roots, Server, ServerTls};
use puregrpc_support::{Ca, Issued, Running, Script, WireClient};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio_rustls::rustls::{
    CipherSuite, ClientConfig, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer},
};

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

/// The service that echoes, with the count of its unary calls.
pub(crate) fn counted() -> (Server, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let script = Script::echo().unary(move |request| {
        counter.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { Ok(Response::new(request.into_inner())) })
    });
    (Server::new().add(script), count)
}

/// A client under TLS.
pub(crate) fn client(server: &Running, tls: ClientTls) -> WireClient {
    WireClient::new(ChannelBuilder::in_process(server.connector()).tls(tls).build().unwrap())
}

pub(crate) fn provider() -> CryptoProvider {
    rustls_graviola::default_provider()
}

/// Cryptography for TLS 1.3 alone, or for TLS 1.2 alone.
pub(crate) fn provider_for(tls13: bool) -> Arc<CryptoProvider> {
    let mut provider = provider();
    let is_tls13 = |suite: CipherSuite| suite.as_str().is_some_and(|name| name.starts_with("TLS13_"));
    provider.cipher_suites.retain(|suite| is_tls13(suite.suite()) == tls13);
    Arc::new(provider)
}

/// The settings of a client of another library, which trusts `ca`, shows `own`, and keeps its sessions.
pub(crate) fn foreign_config(ca: &Ca, own: Option<&Issued>, provider: Arc<CryptoProvider>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(pem::parse(&ca.pem).unwrap().into_contents())).unwrap();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let key = PrivateKeyDer::Pkcs8(own.pkcs8.clone().into());
            builder.with_client_auth_cert(vec![CertificateDer::from(own.der.clone())], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// A client of another library, which trusts `ca` and offers these protocols.
pub(crate) fn foreign_client(ca: &Ca, alpn: &[&[u8]]) -> Arc<ClientConfig> {
    let mut config = foreign_config(ca, None, provider().into());
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(config)
}
