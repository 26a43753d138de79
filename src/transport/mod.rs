//! Bytes in and out: the IO object under an HTTP/2 connection.

mod ages;
mod alarm;
mod backlog;
mod breach;
mod bucket;
mod budget;
mod buffered;
mod first_bytes;
mod gauge;
mod grants;
mod header_lists;
mod hpack;
mod huffman;
mod in_process;
mod keepalive;
mod ledger;
mod line;
mod losses;
mod meter;
mod outlet;
mod peer;
mod peer_settings;
mod pings;
mod pulse;
mod quota;
mod refund;
pub(crate) mod reset;
mod respite;
mod scratch;
pub(crate) mod settings;
mod sieve;
mod spare;
#[cfg(feature = "tls")]
mod tls;
mod turned;
mod unnamed;
mod walker;
mod windows;

pub(crate) use alarm::Alarm;
pub(crate) use backlog::{Backlog, Held, Share};
pub(crate) use breach::Breach;
pub(crate) use budget::{Budget, Exhausted, Reservation};
pub(crate) use buffered::{BufferedIo, IoHandle};
pub(crate) use gauge::{Gauge, Ticket};
pub(crate) use grants::{Grant, Grants};
pub(crate) use header_lists::HeaderLists;
pub use in_process::{InProcessConnector, InProcessListener, in_process};
pub(crate) use keepalive::{Gone, Pinger};
pub(crate) use losses::Losses;
pub(crate) use meter::{Allowance, Meter};
pub use peer::Peer;
pub(crate) use pulse::Pulse;
pub(crate) use quota::{Callee, MEMORY_LIMIT, Permit, Queue, Quota};
pub(crate) use respite::wake_after_others;
#[cfg(feature = "tls")]
pub(crate) use tls::Connector;
#[cfg(feature = "tls")]
pub use tls::{ClientTls, Identity, Roots, ServerTls, TlsStream};
pub(crate) use turned::Written;
pub(crate) use unnamed::Unnamed;
pub(crate) use windows::Windows;

use tokio::io::{AsyncRead, AsyncWrite};

/// An object that bytes are read from and written to: a socket, a pipe, a TLS stream.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Io for T {}
