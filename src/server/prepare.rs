//! What comes on a connection before HTTP/2.

use tokio::time::timeout;

use crate::server::goaway;
use crate::server::listener::Listener;
use crate::server::shared::Shared;
use crate::transport::Peer;

/// Lets the listener do what it has to, such as a TLS handshake, within the
/// time for it; `None` if nothing is to follow.
pub(crate) async fn prepare<L: Listener>(mut io: L::Io, mut peer: Peer, shared: &Shared) -> Option<(L::Io, Peer)> {
    let prepared = timeout(shared.limits.handshake_timeout, L::prepare(&mut io, &mut peer));
    let prepared = tokio::select! {
        biased;
        prepared = prepared => prepared,
        () = goaway::to_stranger(&shared.drain) => return None,
    };
    match prepared {
        Ok(Ok(())) => Some((io, peer)),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "connection refused");
            goaway::part(&shared.drain, io).await;
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "connection refused: no handshake in time");
            None
        }
    }
}
