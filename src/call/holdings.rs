//! What a client's call holds of what its server has sent.

use crate::metadata::Metadata;
use crate::status::Status;
use crate::transport::{Permit, Reservation};

/// The memory of a call's headers and trailers, of messages that nobody has
/// received, and of one that has come in part.
///
/// A call that has all of its answer at once holds nothing: its headers are
/// counted only when it has to wait, or from the beginning if it streams.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    metadata: Reservation,
    unread: Reservation,
    message: Reservation,
    pub(crate) is_counted: bool,
}

impl Holdings {
    /// Counts this metadata from now on; an error if there is no memory for it.
    pub(crate) fn add(&mut self, metadata: &Metadata, permit: Option<&Permit>) -> Result<(), Status> {
        let Some(memory) = permit.and_then(Permit::memory) else { return Ok(()) };
        let bytes = self.metadata.held() + metadata.memory();
        self.metadata.resize(memory, bytes).map_err(|_| exhausted())
    }

    /// What the receiver has of messages takes so many bytes; an error if there is no
    /// memory for it.
    #[inline]
    pub(crate) fn receive(&mut self, bytes: usize, permit: Option<&Permit>) -> Result<(), Status> {
        match permit.and_then(Permit::memory) {
            Some(memory) if bytes != self.message.held() => self.message.resize(memory, bytes).map_err(|_| exhausted()),
            _ => Ok(()),
        }
    }

    /// Messages that are kept take so many bytes beyond their own, which the windows
    /// bound and count, whether they lie here or in h2.
    pub(crate) fn keep(&mut self, bytes: usize, permit: Option<&Permit>) {
        if bytes != self.unread.held()
            && let Some(memory) = permit.and_then(Permit::memory)
        {
            self.unread.hold(memory, bytes);
        }
    }

    /// The messages were received.
    pub(crate) fn let_go(&mut self) {
        self.unread.clear();
    }
}

#[cold]
fn exhausted() -> Status {
    Status::resource_exhausted(
        "the memory for what servers send is used up (ChannelBuilder::memory_limit): try again later",
    )
}
