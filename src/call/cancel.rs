//! Calls that are cancelled from elsewhere.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::call::reply::{SharedDownload, WeakDownload};
use crate::status::Status;

/// Cancels calls of a client, from any task or thread.
///
/// Give it to a call of any kind by
/// [`Request::with_cancel_handle`](crate::Request::with_cancel_handle). A cancelled
/// call gives what had come by then: headers, messages of a stream, and then the
/// status CANCELLED. The server is told as if the call had been dropped. Calls that are
/// over are left alone, and those made with the handle later fail at once.
///
/// Clones cancel the same calls. Dropping it cancels nothing.
///
/// ```no_run
/// # use puregrpc::{Channel, Message, Receiver, Status};
/// use puregrpc::{CancelHandle, Request};
///
/// # async fn example<M: Message>(channel: Channel, message: M) -> Result<(), Status> {
/// let handle = CancelHandle::new();
/// let request = Request::new(message).with_cancel_handle(&handle);
/// let mut answers: Receiver<M> = channel.server_streaming("/package.Service/Method", request).await?;
/// tokio::spawn(async move {
///     drop(tokio::signal::ctrl_c().await);
///     handle.cancel();
/// });
/// while let Some(answer) = answers.recv().await? { // CANCELLED after Ctrl-C
///     // …
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelHandle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    calls: Mutex<Calls>,
    cancelled: Notify,
}

#[derive(Debug, Default)]
struct Calls {
    cancelled: bool,
    /// Those with a stream: they need not be polled to be cancelled.
    open: Vec<WeakDownload>,
}

impl CancelHandle {
    /// A handle without calls.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the calls that were made with it, and those that will be.
    pub fn cancel(&self) {
        let open = {
            let mut calls = self.lock();
            calls.cancelled = true;
            std::mem::take(&mut calls.open)
        };
        self.0.cancelled.notify_waiters();
        for call in open.iter().filter_map(WeakDownload::upgrade) {
            call.abandon(cancelled());
        }
    }

    /// Whether [`cancel`](Self::cancel) was called, on this or on a clone.
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Waits for [`cancel`](Self::cancel).
    pub(crate) async fn cancelled(&self) {
        let told = self.0.cancelled.notified();
        if !self.is_cancelled() {
            told.await;
        }
    }

    /// An error if calls are not to be made any more.
    pub(crate) fn check(&self) -> Result<(), Status> {
        if self.is_cancelled() { Err(cancelled()) } else { Ok(()) }
    }

    /// Waits for `future`, but not beyond the call.
    pub(crate) async fn unless<T>(&self, future: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        tokio::select! {
            biased;
            () = self.cancelled() => Err(cancelled()),
            result = future => result,
        }
    }

    /// Cancels this call as well, now or later.
    pub(crate) fn attach(&self, call: &SharedDownload) {
        call.lock().share();
        let mut calls = self.lock();
        if calls.cancelled {
            drop(calls);
            return call.abandon(cancelled());
        }
        if calls.open.len() == calls.open.capacity() {
            calls.open.retain(|call| call.upgrade().is_some_and(|call| !call.lock().is_over()));
        }
        calls.open.push(call.downgrade());
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The status of a call that was cancelled by its handle.
#[cold]
pub(crate) fn cancelled() -> Status {
    Status::cancelled("the call was cancelled by its handle")
}
