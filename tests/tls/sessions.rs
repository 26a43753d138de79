//! Sessions that are taken up again, those that must not be, and what they could carry too early.

use crate::set_up::{client_tls, echo, foreign_config, provider, provider_for, roots, server_tls};
use puregrpc::{InProcessConnector, Listener, Server, in_process};
use puregrpc_support::{Ca, Frame, RawPeer, RawServer, Running, Script, error};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection,
    HandshakeKind::{self, Full, Resumed},
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A server as rustls makes it by itself: it asks for certificates, and keeps sessions.
fn bare_config(ca: &Ca) -> ServerConfig {
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from(pem::parse(&ca.pem).unwrap().into_contents())).unwrap();
    let provider = Arc::new(provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(trusted.into(), Arc::clone(&provider));
    let issued = ca.server(&["localhost"]);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
        .with_single_cert(vec![issued.der.into()], PrivateKeyDer::Pkcs8(issued.pkcs8.into()))
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// Says one byte to whoever comes.
fn bare_server(config: ServerConfig) -> InProcessConnector {
    let (mut listener, connector) = in_process();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok(Some((pipe, _))) = listener.accept().await {
            let mut stream = acceptor.accept(pipe).await.unwrap();
            stream.write_all(b"x").await.unwrap();
            stream.flush().await.unwrap();
            while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {}
        }
    });
    connector
}

/// Makes a connection, and waits until the client has whatever it may use for the next one.
async fn begin(server: &InProcessConnector, config: &Arc<ClientConfig>) -> std::io::Result<HandshakeKind> {
    let pipe = server.connect().await?;
    let connector = TlsConnector::from(Arc::clone(config));
    let mut stream = connector.connect("localhost".try_into().unwrap(), pipe).await?;
    // The tickets come before the first byte of what is under TLS.
    stream.read_u8().await?;
    Ok(stream.get_ref().1.handshake_kind().unwrap())
}

/// By both versions, and with the client's certificate: a client that does take its sessions up where it may begins
/// anew at a server that asks for certificates, so that each connection is checked.
#[tokio::test]
async fn servers_that_ask_for_certificates_resume_no_session() {
    let ca = Ca::new("root");
    let own = ca.client(&["ada"]);
    for tls13 in [false, true] {
        let client = || Arc::new(foreign_config(&ca, Some(&own), provider_for(tls13)));
        let twice = async |server: InProcessConnector| {
            let client = client();
            [begin(&server, &client).await.unwrap(), begin(&server, &client).await.unwrap()]
        };
        assert_eq!(twice(bare_server(bare_config(&ca))).await, [Full, Resumed], "TLS 1.3 {tls13}");
        assert_eq!(twice(echo(server_tls(&ca)).connector()).await, [Full, Resumed], "TLS 1.3 {tls13}");
        let required = echo(server_tls(&ca).require_client_certificate(roots(&ca)));
        assert_eq!(twice(required.connector()).await, [Full, Full], "required, TLS 1.3 {tls13}");
        let accepted = echo(server_tls(&ca).accept_client_certificate(roots(&ca)));
        assert_eq!(twice(accepted.connector()).await, [Full, Full], "accepted, TLS 1.3 {tls13}");
    }
}

/// A session that began when no certificate was asked for is no way around one that is asked for since.
#[tokio::test]
async fn a_reload_ends_the_sessions_of_before() {
    let ca = Ca::new("root");
    for tls13 in [false, true] {
        let mut handle = None;
        let server = Running::over(Server::new().add(Script::echo()), |listener| {
            let listener = server_tls(&ca).listen(listener).unwrap();
            handle = Some(listener.reload_handle());
            listener
        });
        let (server, handle) = (server.connector(), handle.unwrap());
        let client = Arc::new(foreign_config(&ca, None, provider_for(tls13)));
        assert_eq!(begin(&server, &client).await.unwrap(), Full);
        assert_eq!(begin(&server, &client).await.unwrap(), Resumed);
        handle.reload(server_tls(&ca)).unwrap();
        assert_eq!(begin(&server, &client).await.unwrap(), Full);
        handle.reload(server_tls(&ca).require_client_certificate(roots(&ca))).unwrap();
        let refused = begin(&server, &client).await.unwrap_err();
        assert!(refused.to_string().contains("received fatal alert"), "{refused}");
    }
}

/// What a server lets its clients say before the handshake is over (0-RTT): nothing.
#[tokio::test]
async fn servers_take_no_early_data() {
    let ca = Ca::new("root");
    let mut eager = bare_config(&ca);
    eager.max_early_data_size = 16_384;
    let ours = echo(server_tls(&ca));
    for (server, takes_it) in [(bare_server(eager), true), (ours.connector(), false)] {
        let mut config = foreign_config(&ca, None, provider_for(true));
        config.enable_early_data = true;
        let config = Arc::new(config);
        assert_eq!(begin(&server, &config).await.unwrap(), Full);
        let mut next = ClientConnection::new(Arc::clone(&config), "localhost".try_into().unwrap()).unwrap();
        assert_eq!(next.early_data().is_some(), takes_it);
        assert_eq!(begin(&server, &config).await.unwrap(), Resumed);
    }
}

/// A channel takes its sessions up, but says nothing before the handshake is over to a server that would take it.
#[tokio::test]
async fn channels_resume_sessions_and_send_no_early_data() {
    let ca = Ca::new("root");
    let mut eager = bare_config(&ca);
    eager.max_early_data_size = 16_384;
    let acceptor = TlsAcceptor::from(Arc::new(eager));
    let mut server = RawServer::new();
    let client = server.client_built(|channel| channel.tls(client_tls(&ca)));
    for kind in [Full, Resumed] {
        let accept = async {
            let mut stream = acceptor.accept(server.accept_pipe().await).await.unwrap();
            let session = stream.get_mut().1;
            assert_eq!((session.handshake_kind(), session.early_data().is_some()), (Some(kind), false));
            RawPeer::server(stream).await
        };
        let (ready, mut peer) = tokio::join!(client.channel.ready(), accept);
        ready.unwrap();
        peer.send(&Frame::goaway(0, error::NO_ERROR, "")).await;
        peer.closed().await;
    }
}
