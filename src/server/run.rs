//! The futures that generated code awaits to run a handler and to answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::call::deadline;
use crate::server::driver::Driver;
use crate::status::Status;

/// The future of [`Driver::run`].
#[must_use = "the handler runs only when this is awaited"]
pub struct Run<'a, F> {
    driver: &'a mut Driver,
    handler: Pin<&'a mut F>,
}

impl<'a, F> Run<'a, F> {
    pub(crate) fn new(driver: &'a mut Driver, handler: Pin<&'a mut F>) -> Self {
        Self { driver, handler }
    }
}

impl<T, F: Future<Output = Result<T, Status>>> Future for Run<'_, F> {
    type Output = Option<Result<T, Status>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { driver, handler } = &mut *self;
        driver.poll_run(cx, handler.as_mut())
    }
}

/// The future of [`Driver::answer`] and [`Driver::finish`].
#[must_use = "a large answer is sent only when this is awaited"]
pub struct Finish<'a> {
    driver: &'a mut Driver,
}

impl<'a> Finish<'a> {
    pub(crate) fn new(driver: &'a mut Driver) -> Self {
        Self { driver }
    }
}

impl Future for Finish<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.driver.poll_finish(cx)
    }
}

/// Why a handler is dropped before its end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Gone,
    Late,
}

impl End {
    #[cold]
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Gone => Status::cancelled("the client cancelled the call or is gone"),
            Self::Late => deadline::exceeded(),
        }
    }

    /// What the call has come to.
    #[cold]
    pub(crate) fn result<T>(self) -> Option<Result<T, Status>> {
        match self {
            Self::Gone => None,
            Self::Late => Some(Err(self.status())),
        }
    }
}

impl<F> fmt::Debug for Run<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

impl fmt::Debug for Finish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finish").finish_non_exhaustive()
    }
}
