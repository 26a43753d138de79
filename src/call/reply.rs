//! The answers of a call, for the client that receives them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;

use crate::call::download::{Download, trailers_of};
use crate::compression::Encoding;
use crate::metadata::Metadata;
use crate::status::Status;
use crate::transport::{Callee, Peer};

/// A [`Download`] that the sending half may watch while nobody receives.
#[derive(Clone, Debug)]
pub(crate) struct SharedDownload(Arc<Mutex<Download>>);

/// The sending half's view of it: gone when the receiver is.
#[derive(Debug)]
pub(crate) struct WeakDownload(Weak<Mutex<Download>>);

impl SharedDownload {
    /// Of a call that streams: what it holds it may hold for long.
    pub(crate) fn new(mut download: Download) -> Self {
        download.holdings.is_counted = true;
        Self(Arc::new(Mutex::new(download)))
    }

    pub(crate) fn downgrade(&self) -> WeakDownload {
        WeakDownload(Arc::downgrade(&self.0))
    }

    /// Takes what has come out of `h2`, for a receiver that does not wait for it.
    pub(crate) fn gather_unless_waited_for(&self) {
        // Who holds the lock receives.
        if let Ok(mut download) = self.0.try_lock() {
            download.watch(false, &mut Context::from_waker(Waker::noop()));
        }
    }

    /// Gives the call up, unless it is over, and keeps what has come.
    pub(crate) fn abandon(&self, status: Status) {
        let receiver = self.lock().abandon(status);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Download> {
        // A panic can leave it between two messages, not inside of one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WeakDownload {
    /// Whether somebody has the receiver.
    pub(crate) fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }

    pub(crate) fn upgrade(&self) -> Option<SharedDownload> {
        self.0.upgrade().map(SharedDownload)
    }
}

/// What a client receives in one call; dropping it before the end cancels the call.
#[derive(Debug)]
pub(crate) struct Reply {
    download: SharedDownload,
    /// The headers, once they have come.
    headers: Option<Metadata>,
    encoding: Option<Encoding>,
    /// The server that it went to; if the call is made again, perhaps by another connection.
    callee: Option<Callee>,
    /// The trailers or the error, once the call is over.
    end: Option<Result<Option<Box<Metadata>>, Status>>,
    /// What the receiver has of messages, as the download was told last.
    received: usize,
}

impl Reply {
    pub(crate) fn new(download: SharedDownload) -> Self {
        let callee = download.lock().callee();
        Self { download, headers: None, encoding: Some(Encoding::Identity), callee, end: None, received: 0 }
    }

    /// The bytes of one or more messages; `None` once the call has succeeded.
    #[inline]
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        match &self.end {
            Some(Ok(_)) => return Poll::Ready(Ok(None)),
            Some(Err(status)) => return Poll::Ready(Err(status.clone())),
            None => {}
        }
        let mut download = self.download.lock();
        let chunk = ready!(download.poll_chunk(cx));
        if self.headers.is_none() {
            self.headers = download.take_headers();
            self.encoding = download.encoding();
            self.callee = download.callee();
        }
        if !matches!(chunk, Ok(Some(_))) {
            self.end = download.take_end();
        }
        Poll::Ready(chunk)
    }

    /// Ready once the headers have come, or the call has succeeded without; an
    /// error if it failed before.
    pub(crate) fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.headers.is_some() {
            return Poll::Ready(Ok(()));
        }
        let mut download = self.download.lock();
        ready!(download.poll_headers(cx));
        self.headers = download.take_headers();
        self.encoding = download.encoding();
        self.callee = download.callee();
        match download.failure() {
            Some(status) if self.headers.is_none() => Poll::Ready(Err(status)),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// For a receiver that has to wait: what it has of messages takes so many bytes.
    /// Without memory for it the call is given up.
    #[inline(always)]
    pub(crate) fn receive(&mut self, bytes: usize) -> Result<(), Status> {
        if bytes == self.received { Ok(()) } else { self.tell_received(bytes) }
    }

    #[inline(never)]
    fn tell_received(&mut self, bytes: usize) -> Result<(), Status> {
        self.received = bytes;
        self.download.lock().receive(bytes)
    }

    /// Gives the call up: a message cannot be read.
    #[cold]
    pub(crate) fn fail(&mut self, status: &Status) {
        self.download.lock().cancel(status.clone());
        self.end = Some(Err(status.clone()));
    }

    /// The headers, once, if they have been waited for.
    pub(crate) fn take_headers(&mut self) -> Option<Metadata> {
        self.headers.take()
    }

    pub(crate) fn headers(&self) -> Option<&Metadata> {
        self.headers.as_ref()
    }

    /// The server that the call goes to.
    pub(crate) fn peer(&self) -> Option<&Peer> {
        self.callee.as_ref().map(Callee::peer)
    }

    /// How messages are compressed, once the headers have come; `None` if that is not known here.
    pub(crate) fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// For a call with one answer: the download itself.
    pub(crate) fn download(&self) -> MutexGuard<'_, Download> {
        self.download.lock()
    }

    /// The trailers of a call that is over, also of one that has failed.
    pub(crate) fn trailers(&self) -> Option<&Metadata> {
        self.end.as_ref().map(trailers_of)
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if self.end.is_none() {
            self.download.lock().cancel(Status::cancelled("the receiver was dropped before the end of the call"));
        }
    }
}
