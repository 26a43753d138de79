//! The one answer of a call that has one.

use std::task::{Context, Poll, ready};

use crate::call::download::Download;
use crate::call::intake::Intake;
use crate::call::receiver::cut_short;
use crate::call::response::Response;
use crate::codec::Message;
use crate::status::Status;

/// Collects exactly one message and the status behind it.
///
/// None or several with status OK are UNIMPLEMENTED, a "cardinality violation" of
/// grpc/doc/statuscodes.md: what such a call has done is not known, so that it must
/// never look like a success.
#[derive(Debug)]
pub(crate) struct Single<T> {
    intake: Intake,
    message: Option<T>,
}

impl<T: Message> Single<T> {
    pub(crate) fn new(intake: Intake) -> Self {
        Self { intake, message: None }
    }

    /// Begins with what has been received before.
    pub(crate) fn begin(&mut self, download: &mut Download, chunk: Option<bytes::Bytes>) -> Result<(), Status> {
        let taken = chunk.map_or(Ok(()), |chunk| self.take_from(download, chunk));
        taken.map_err(|status| status.with_headers(download.take_headers()))
    }

    /// Ready once the call is over.
    pub(crate) fn poll(&mut self, download: &mut Download, cx: &mut Context<'_>) -> Poll<Result<Response<T>, Status>> {
        let result = ready!(self.poll_all(download, cx)).and_then(|()| self.finish(download));
        // Headers that came before a failure are no trailers.
        Poll::Ready(result.map_err(|status| status.with_headers(download.take_headers())))
    }

    fn poll_all(&mut self, download: &mut Download, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        while let Some(chunk) = ready!(download.poll_chunk(cx))? {
            self.take_from(download, chunk)?;
        }
        Poll::Ready(if self.intake.is_empty() { Ok(()) } else { Err(cut_short()) })
    }

    fn finish(&mut self, download: &mut Download) -> Result<Response<T>, Status> {
        match self.message.take() {
            Some(message) => {
                let trailers = download.take_end().and_then(Result::ok).filter(|trailers| !trailers.is_empty());
                let metadata = download.take_headers().unwrap_or_default();
                let was_compressed = self.intake.was_compressed();
                let callee = download.take_callee();
                Ok(Response {
                    metadata,
                    trailers: trailers.map(Box::new),
                    was_compressed,
                    callee,
                    ..Response::new(message)
                })
            }
            None => Err(Status::unimplemented("the server ended a call with one answer without any")),
        }
    }

    fn take_from(&mut self, download: &mut Download, chunk: bytes::Bytes) -> Result<(), Status> {
        self.intake.set_encoding(download.encoding());
        self.take(chunk).inspect_err(|status| download.cancel(status.clone()))?;
        download.receive(self.intake.memory())
    }

    fn take(&mut self, chunk: bytes::Bytes) -> Result<(), Status> {
        self.intake.push(chunk, None)?;
        while let Some(payload) = self.intake.next::<T>(None)? {
            if self.message.replace(T::decode(payload)?).is_some() {
                return Err(Status::unimplemented("the server sent a second answer in a call with one"));
            }
        }
        Ok(())
    }
}
