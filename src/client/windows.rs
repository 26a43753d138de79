//! How far ahead of its readers a server may send.

use crate::client::channel::Channel;
use crate::transport::settings::MAX_WINDOW;

impl Channel {
    /// How many bytes of one call the server may send ahead of its reader: for the
    /// connections that this handle and its later clones make. **Default:** 256 KiB.
    ///
    /// More helps single streams on links that are both fast and long.
    /// It is what HTTP/2 calls the initial window of a stream (RFC 9113, section 6.9.2).
    #[must_use]
    pub fn stream_window(mut self, bytes: u32) -> Self {
        self.settings.wiring.stream_window = bytes.min(MAX_WINDOW);
        self
    }

    /// How many bytes of all calls of a connection the server may send beyond those
    /// that lie unread: for the connections that this handle and its later clones make.
    /// **Default:** 4 MiB.
    ///
    /// What nobody reads does not count, so that it holds up no other call. It counts
    /// again from 256 MiB on, and for each call beyond 1,000 there is the window of one more.
    /// It also counts where half of [`memory_limit`](Self::memory_limit) is used up.
    /// It is what HTTP/2 calls the window of a connection.
    #[must_use]
    pub fn connection_window(mut self, bytes: u32) -> Self {
        self.settings.wiring.connection_window = bytes.min(MAX_WINDOW);
        self
    }
}
