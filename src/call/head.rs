//! What rides on a call beside its messages.

use std::fmt;
use std::sync::Arc;

use http::Extensions;
use tokio::time::Instant;

use crate::call::protocol::Protocol;
use crate::call::{CancelHandle, ConnectionContext};
use crate::compression::{Encoding, Offer};
use crate::metadata::Metadata;

#[derive(Clone, Default)]
pub(crate) struct Head {
    pub(crate) metadata: Metadata,
    pub(crate) deadline: Option<Instant>,
    /// The connection it came over, on a server.
    pub(crate) connection: Option<Arc<ConnectionContext>>,
    pub(crate) extensions: Extensions,
    /// What the call speaks.
    pub(crate) protocol: Protocol,
    /// What the request says of compression, on a server.
    pub(crate) offer: Offer,
    /// Whether the one message of the request came compressed, on a server.
    pub(crate) was_compressed: bool,
    /// How the call's messages are to be compressed, on a client, if it was chosen for this call.
    pub(crate) compression: Option<Encoding>,
    /// What may cancel the call, on a client.
    pub(crate) cancel: Option<CancelHandle>,
    /// The call whose headers its handler may send, on a server ([`running`](crate::call::running)).
    pub(crate) call: usize,
}

impl Head {
    /// What a server knows of a call that has come.
    #[inline]
    pub(crate) fn received(
        metadata: Metadata,
        deadline: Option<Instant>,
        connection: Arc<ConnectionContext>,
        protocol: Protocol,
        offer: Offer,
    ) -> Self {
        Self {
            metadata,
            deadline,
            connection: Some(connection),
            extensions: Extensions::new(),
            protocol,
            offer,
            was_compressed: false,
            compression: None,
            cancel: None,
            call: 0,
        }
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("metadata", &self.metadata)
            .field("deadline", &self.deadline)
            .field("peer", &self.connection.as_ref().map(|connection| &connection.peer))
            .finish_non_exhaustive()
    }
}
