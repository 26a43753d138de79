//! Calls that stream their messages, one way or both.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use h2::SendStream;
use tokio::task::coop::consume_budget;
use tokio::time::Instant;

use crate::call::deadline::Timer;
use crate::call::download::Download;
use crate::call::outbox::{Fate, Outbox};
use crate::call::reply::{Reply, SharedDownload};
use crate::call::send_queue::SendQueue;
use crate::call::single::Single;
use crate::call::{Receiver, Request, Response, SendSink, Sender};
use crate::client::calls::attempts::{Attempts, Repeat};
use crate::client::calls::outgoing::{Opened, Outgoing, Payload};
use crate::client::calls::upload::Upload;
use crate::client::channel::Channel;
use crate::codec::Message;
use crate::metadata::Metadata;
use crate::status::Status;
use crate::transport::Peer;

impl Channel {
    /// Makes a call with one request and a stream of answers.
    ///
    /// It returns once the request is on its way, and waits for no answer;
    /// [`Receiver::headers`] does. As a unary call it is made once more if the
    /// server says that it has not begun it, unless the request is larger than 16 KiB.
    ///
    /// # Errors
    ///
    /// As [`unary`](Self::unary), as far as it is known by then.
    pub async fn server_streaming<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<Q>,
    ) -> Result<Receiver<R>, Status> {
        // To open a call waits for nobody, and to fail does not either.
        consume_budget().await;
        let outgoing = Outgoing::new(path, request.head, &self.settings);
        let cancel = outgoing.cancel.clone();
        let payload = outgoing.encode(&request.message, &self.settings).map_err(|status| self.failed(path, status))?;
        let (head, deadline) = (outgoing.head(), outgoing.deadline);
        let mut attempts = Attempts::default();
        let opened = attempts.open(self, &outgoing).await;
        let Opened { response, mut stream, permit, readers } = opened.map_err(|status| self.failed(path, status))?;
        let download = Download::new(response, Timer::new(deadline), permit).of_method(path);
        let download = match payload {
            Payload::Small(payload) => {
                // As in a unary call.
                let _ = stream.send_data(payload.clone(), true);
                let repeat = Repeat { channel: self.clone(), outgoing, payload, attempts };
                let download = SharedDownload::new(download.or_again(Box::new(repeat)));
                readers.add(&download);
                download
            }
            Payload::Large(send_queue) => {
                let outbox = Arc::new(Outbox::new(0));
                outbox.close(Fate::Closed);
                spawn_upload(stream, *send_queue, outbox, download, deadline)
            }
        };
        if let Some(handle) = cancel {
            handle.attach(&download);
        }
        Ok(Receiver::client(head, Reply::new(download), self.settings.message_reader()))
    }

    /// Makes a call with a stream of requests and one answer.
    ///
    /// It returns once the headers are on their way.
    ///
    /// # Errors
    ///
    /// As [`unary`](Self::unary), as far as it is known by then.
    pub async fn client_streaming<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<()>,
    ) -> Result<ClientStreaming<Q, R>, Status> {
        let outgoing = Outgoing::new(path, request.head, &self.settings);
        let (sender, reply) = self.open_stream(path, &outgoing).await?;
        Ok(ClientStreaming { sender, reply, single: Single::new(self.settings.message_reader()) })
    }

    /// Makes a call with a stream each way.
    ///
    /// It returns once the headers are on their way. The halves are independent
    /// of each other: each may go to a task of its own.
    ///
    /// # Errors
    ///
    /// As [`unary`](Self::unary), as far as it is known by then.
    pub async fn bidi_streaming<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<()>,
    ) -> Result<(Sender<Q>, Receiver<R>), Status> {
        let outgoing = Outgoing::new(path, request.head, &self.settings);
        let head = outgoing.head();
        let (sender, reply) = self.open_stream(path, &outgoing).await?;
        Ok((sender, Receiver::client(head, reply, self.settings.message_reader())))
    }

    async fn open_stream<Q: Message>(
        &self,
        path: &'static str,
        outgoing: &Outgoing,
    ) -> Result<(Sender<Q>, Reply), Status> {
        consume_budget().await;
        let opened = Attempts::default().open(self, outgoing).await;
        let Opened { response, stream, permit, .. } = opened.map_err(|status| self.failed(path, status))?;
        let outbox = Arc::new(Outbox::new(self.settings.max_send_message_size));
        let download = Download::new(response, Timer::new(outgoing.deadline), permit).of_method(path);
        let download = spawn_upload(stream, SendQueue::default(), Arc::clone(&outbox), download, outgoing.deadline);
        if let Some(handle) = &outgoing.cancel {
            handle.attach(&download);
        }
        Ok((Sender::client(outbox, outgoing.compression), Reply::new(download)))
    }
}

/// The task ends when all is sent, or with the call.
fn spawn_upload(
    stream: SendStream<Bytes>,
    send_queue: SendQueue,
    outbox: Arc<Outbox>,
    download: Download,
    deadline: Option<Instant>,
) -> SharedDownload {
    let download = SharedDownload::new(download.with_outbox(Arc::clone(&outbox)));
    tokio::spawn(Upload::new(stream, send_queue, outbox, download.downgrade(), Timer::new(deadline)));
    download
}

/// A call with a stream of requests and one answer.
///
/// **Dropping it before [`finish`](Self::finish) cancels the call**, so that an
/// early `?` never looks like a complete stream.
///
/// ```no_run
/// # use puregrpc::{ClientStreaming, Message, Response, Status};
/// # async fn example<Q: Message, R: Message>(mut route: ClientStreaming<Q, R>, points: Vec<Q>) -> Result<R, Status> {
/// for point in &points {
///     // The server may answer before it has all; `finish` gives what it said.
///     if route.send(point).await.is_err() && route.is_closed() {
///         break;
///     }
/// }
/// let summary = route.finish().await?;
/// # Ok(summary.into_inner())
/// # }
/// ```
pub struct ClientStreaming<Q, R> {
    sender: Sender<Q>,
    reply: Reply,
    single: Single<R>,
}

impl<Q: Message, R: Message> ClientStreaming<Q, R> {
    /// Sends one message, at the server's pace.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`]: among others once the call is over, also where the server
    /// ended it with OK. [`finish`](Self::finish) then gives the answer or the status.
    pub async fn send(&mut self, message: &Q) -> Result<(), Status> {
        self.sender.send(message).await
    }

    /// As [`send`](Self::send), but does not compress this message
    /// ([`Sender::send_uncompressed`]).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_uncompressed(&mut self, message: &Q) -> Result<(), Status> {
        self.sender.send_uncompressed(message).await
    }

    /// Sends every message of a stream, at the server's pace.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_all(&mut self, messages: impl Stream<Item = Q>) -> Result<(), Status> {
        self.sender.send_all(messages).await
    }

    /// As [`send_all`](Self::send_all), up to the first error of the stream, which
    /// it returns: drop the call then, or `finish` would make the stream look complete.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and those of the stream.
    pub async fn try_send_all<E: Into<Status>>(
        &mut self,
        messages: impl Stream<Item = Result<Q, E>>,
    ) -> Result<(), Status> {
        self.sender.try_send_all(messages).await
    }

    /// The messages as a sink ([`Sender::sink`]).
    pub fn sink(&mut self) -> SendSink<'_, Q> {
        self.sender.sink()
    }

    /// Whether the call is over, so that [`send`](Self::send) fails
    /// ([`Sender::is_closed`]).
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until the call is over ([`Sender::closed`]). Cancel safe.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }

    /// The server that was called.
    pub fn peer(&self) -> Option<&Peer> {
        self.reply.peer()
    }

    /// Waits for the metadata of the response, which a server may send before it has
    /// all messages. Cancel safe.
    ///
    /// # Errors
    ///
    /// The status of a call that has failed without sending any.
    pub async fn headers(&mut self) -> Result<&Metadata, Status> {
        poll_fn(|cx| self.reply.poll_headers(cx)).await?;
        Ok(self.reply.headers().unwrap_or_else(|| Metadata::none()))
    }

    /// Ends the stream and waits for the answer. Dropping the future cancels the call.
    ///
    /// # Errors
    ///
    /// As [`Channel::unary`].
    pub async fn finish(self) -> Result<Response<R>, Status> {
        let Self { sender, mut reply, mut single } = self;
        sender.close();
        let result = poll_fn(|cx| single.poll(&mut reply.download(), cx)).await;
        // Those that were waited for have gone through the reply.
        let Some(headers) = reply.take_headers() else {
            return result;
        };
        match result {
            Ok(response) => Ok(Response { metadata: Some(Box::new(headers)), ..response }),
            Err(status) => Err(status.with_headers(Some(headers))),
        }
    }
}

impl<Q, R> fmt::Debug for ClientStreaming<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientStreaming").finish_non_exhaustive()
    }
}
