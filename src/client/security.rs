//! Whether a connection is encrypted.

use std::io;
#[cfg(feature = "tls")]
use std::sync::Arc;

use http::uri::Scheme;
#[cfg(feature = "tls")]
use tokio::{sync::OnceCell, task::spawn_blocking};

#[cfg(feature = "tls")]
use crate::transport::{ClientTls, Connector};
use crate::transport::{Io, Peer};

/// What lies between a connection and HTTP/2. One never becomes another by
/// itself: where TLS fails, there is no connection.
#[derive(Clone, Debug)]
pub(crate) enum Security {
    /// Nothing, since the address says so.
    Plaintext,
    /// Nothing, since nothing was said.
    Unsaid,
    /// Made ready with the first connection, unless it was before.
    #[cfg(feature = "tls")]
    Tls(Arc<OnceCell<Connector>>),
}

impl Security {
    /// What `https://` means by itself; `None` if it is not built in.
    pub(crate) fn https() -> Option<Self> {
        #[cfg(feature = "tls")]
        let https = Some(Self::Tls(Arc::default()));
        #[cfg(not(feature = "tls"))]
        let https = None;
        https
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(connector: Connector) -> Self {
        Self::Tls(Arc::new(OnceCell::new_with(Some(connector))))
    }

    /// `:scheme` of the calls.
    pub(crate) fn scheme(&self) -> Scheme {
        match self {
            Self::Plaintext | Self::Unsaid => Scheme::HTTP,
            #[cfg(feature = "tls")]
            Self::Tls(_) => Scheme::HTTPS,
        }
    }

    /// Puts the connection to `host` under TLS, if it is to be.
    #[cfg(feature = "tls")]
    pub(crate) async fn apply(&self, io: Box<dyn Io>, mut peer: Peer, host: &str) -> io::Result<(Box<dyn Io>, Peer)> {
        match self {
            Self::Plaintext | Self::Unsaid => Ok((io, peer)),
            Self::Tls(connector) => {
                let (io, certificates) = connector.get_or_try_init(usual).await?.connect(io, host).await?;
                peer.set_tls(certificates);
                Ok((io, peer))
            }
        }
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) async fn apply(&self, io: Box<dyn Io>, peer: Peer, _: &str) -> io::Result<(Box<dyn Io>, Peer)> {
        Ok((io, peer))
    }
}

/// TLS as nobody has set it up. To read the system's roots takes a while.
#[cfg(feature = "tls")]
async fn usual() -> io::Result<Connector> {
    let connector = spawn_blocking(|| ClientTls::new().connector());
    Ok(connector.await.map_err(io::Error::other)??)
}
