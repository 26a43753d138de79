//! Connections over TLS by the cryptography that puregrpc uses; tonic itself has the choice between two others.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use vs_common::{Error, TlsFiles};

/// Those that have made their handshakes, each on a task of its own.
pub(crate) fn connections(
    listener: TcpListener,
    files: &TlsFiles,
) -> Result<impl Stream<Item = io::Result<TlsStream<TcpStream>>> + use<>, Error> {
    let acceptor = TlsAcceptor::from(Arc::new(config(files)?));
    let (sender, receiver) = mpsc::channel(BACKLOG);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let (acceptor, sender) = (acceptor.clone(), sender.clone());
            tokio::spawn(async move {
                // Whoever fails its handshake is none of the server's.
                if connection.set_nodelay(true).is_ok()
                    && let Ok(connection) = acceptor.accept(connection).await
                {
                    drop(sender.send(Ok(connection)).await);
                }
            });
        }
    });
    Ok(ReceiverStream::new(receiver))
}

fn config(files: &TlsFiles) -> Result<ServerConfig, Error> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)?.collect::<Result<_, _>>()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&files.key)?)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Connections that wait to be taken.
const BACKLOG: usize = 1024;
