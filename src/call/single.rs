//! The one answer of a call that has one.

use std::task::{Context, Poll, ready};

use crate::call::download::Download;
use crate::call::message_reader::MessageReader;
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
    message_reader: MessageReader,
    message: Option<T>,
}

impl<T: Message> Single<T> {
    pub(crate) fn new(message_reader: MessageReader) -> Self {
        Self { message_reader, message: None }
    }

    /// Begins with what has been received before.
    pub(crate) fn begin(&mut self, download: &mut Download, chunk: Option<bytes::Bytes>) -> Result<(), Status> {
        let taken = chunk.map_or(Ok(()), |chunk| self.take_from(download, chunk));
        taken.map_err(|status| status.with_headers(download.take_headers()))
    }

    /// Ready once the call is over.
    pub(crate) fn poll(&mut self, download: &mut Download, cx: &mut Context<'_>) -> Poll<Result<Response<T>, Status>> {
        let failure = loop {
            match ready!(download.poll_chunk(cx)) {
                Ok(Some(chunk)) => match self.take_from(download, chunk) {
                    Ok(()) => {}
                    Err(status) => break status,
                },
                Ok(None) if !self.message_reader.is_empty() => break cut_short(),
                Ok(None) => match self.message.take() {
                    Some(message) => return Poll::Ready(Ok(self.respond(download, message))),
                    None => break Status::unimplemented("the server ended a call with one answer without any"),
                },
                Err(status) => break status,
            }
        };
        // Headers that came before a failure are no trailers.
        Poll::Ready(Err(failure.with_headers(download.take_headers())))
    }

    #[inline]
    fn respond(&self, download: &mut Download, message: T) -> Response<T> {
        let trailers = download.take_end().and_then(Result::ok).flatten();
        // One header alone is the content-type, which nobody can see there.
        let metadata = download.take_headers().filter(|metadata| metadata.headers().len() > 1);
        Response {
            metadata: metadata.map(Box::new),
            trailers: trailers.filter(|trailers| !trailers.is_empty()),
            was_compressed: self.message_reader.was_compressed(),
            callee: download.take_callee(),
            ..Response::new(message)
        }
    }

    fn take_from(&mut self, download: &mut Download, chunk: bytes::Bytes) -> Result<(), Status> {
        self.message_reader.set_encoding(download.encoding());
        self.take(chunk).inspect_err(|status| download.cancel(status.clone()))?;
        download.receive(self.message_reader.memory())
    }

    fn take(&mut self, chunk: bytes::Bytes) -> Result<(), Status> {
        self.message_reader.push(chunk, None)?;
        while let Some(payload) = self.message_reader.next::<T>(None)? {
            if self.message.replace(T::decode(payload)?).is_some() {
                return Err(Status::unimplemented("the server sent a second answer in a call with one"));
            }
        }
        Ok(())
    }
}
