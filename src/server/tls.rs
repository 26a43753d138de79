//! A listener whose connections speak TLS.

use std::io;
use std::time::Duration;

use crate::error::Error;
use crate::server::certificate_watch::CertificateWatch;
use crate::server::listener::Listener;
use crate::server::reload::TlsReload;
use crate::transport::{Peer, ServerTls, TlsStream};

impl ServerTls {
    /// A listener that does TLS on the connections of another one, of any kind.
    ///
    /// # Errors
    ///
    /// If a key does not belong to its certificate, or no cryptography is built
    /// in that runs on this CPU ([`Error::is_tls`]).
    pub fn listen<L: Listener>(self, listener: L) -> Result<TlsListener<L>, Error> {
        Ok(TlsListener { listener, reload: TlsReload::new(self)?, watch: None })
    }
}

/// A listener whose connections speak TLS, made by [`ServerTls::listen`].
///
/// A handshake is made on the task of its connection, so that a peer that is
/// silent or slow holds up nobody else.
#[derive(Debug)]
pub struct TlsListener<L> {
    listener: L,
    reload: TlsReload,
    watch: Option<CertificateWatch>,
}

impl<L: Listener> TlsListener<L> {
    /// What gives this listener new certificates while it listens.
    pub fn reload_handle(&self) -> TlsReload {
        self.reload.clone()
    }

    /// Asks `load` for the settings at this interval, for as long as the listener
    /// is served, and takes those that differ, as [`TlsReload::reload`] does.
    ///
    /// `load` may block to read its files. What it fails with is logged, and so is
    /// what cannot be used, such as a certificate whose key is not there yet: the
    /// old settings hold until there are better ones.
    #[must_use]
    pub fn reload_every(
        mut self,
        interval: Duration,
        load: impl Fn() -> Result<ServerTls, Error> + Send + Sync + 'static,
    ) -> Self {
        self.watch = Some(CertificateWatch::new(interval, load));
        self
    }
}

impl<L: Listener> Listener for TlsListener<L> {
    type Io = TlsStream<L::Io>;

    async fn accept(&mut self) -> io::Result<Option<(Self::Io, Peer)>> {
        let accepted = match &mut self.watch {
            None => self.listener.accept().await,
            Some(watch) => tokio::select! {
                biased;
                never = watch.run(&self.reload) => match never {},
                accepted = self.listener.accept() => accepted,
            },
        };
        Ok(accepted?.map(|(io, peer)| (TlsStream::new(io, self.reload.config()), peer)))
    }

    async fn prepare(io: &mut Self::Io, peer: &mut Peer) -> io::Result<()> {
        if let Some(raw) = io.raw() {
            L::prepare(raw, peer).await?;
        }
        peer.set_tls(io.accept().await?);
        Ok(())
    }
}
