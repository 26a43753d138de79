//! Calls with one message each way.

use std::future::{Future, poll_fn};
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};
use tokio::task::coop::consume_budget;

use crate::call::cancel;
use crate::call::deadline::Timer;
use crate::call::download::Download;
use crate::call::outbound::Outbound;
use crate::call::single::Single;
use crate::call::{Request, Response};
use crate::client::calls::outgoing::{Opened, Outgoing, Payload};
use crate::client::channel::Channel;
use crate::client::connection::orders::Made;
use crate::codec::Message;
use crate::excerpt::Excerpt;
use crate::status::Status;

impl Channel {
    /// Makes a call with one message each way; `path` is `/package.Service/Method`.
    ///
    /// The message is encoded now, the call is made when the future is first
    /// polled. Dropping the future cancels the call. A call that the server
    /// says it has not begun (it was full, or about to go) is made once more.
    ///
    /// # Errors
    ///
    /// The status that the server gives, or that of what went wrong on the way:
    /// UNAVAILABLE if there is no connection or it is lost, DEADLINE_EXCEEDED,
    /// RESOURCE_EXHAUSTED for a message that is too large.
    pub fn unary<Q: Message, R: Message>(
        &self,
        path: &'static str,
        request: Request<Q>,
    ) -> impl Future<Output = Result<Response<R>, Status>> + Send + use<'_, Q, R> {
        let Request { head, message } = request;
        let outgoing = Outgoing::new(path, head, &self.settings);
        let mut payload = outgoing.encode(&message, &self.settings);
        async move {
            let payload = match &mut payload {
                Ok(payload) => payload,
                Err(status) => return Err(in_turn(self.failed(path, status.clone())).await),
            };
            let mut result = self.exchange(&outgoing, payload).await;
            if let Err(Failure { unprocessed: true, .. }) = result {
                *payload = outgoing.encode(&message, &self.settings)?;
                result = Box::pin(self.exchange(&outgoing, payload)).await;
            }
            let failure = match result {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            Err(in_turn(self.failed(path, failure.status)).await)
        }
    }

    /// Notes that a call has failed.
    #[cold]
    pub(crate) fn failed(&self, method: &'static str, status: Status) -> Status {
        let (server, code, text) = (&self.subchannel.target, status.code(), Excerpt(status.message()));
        tracing::debug!(%server, method, %code, %text, "call failed");
        status
    }

    /// Makes the call once, with this payload.
    async fn exchange<R: Message>(&self, outgoing: &Outgoing, payload: &mut Payload) -> Result<Response<R>, Failure> {
        let (mut upload, mut made) = match std::mem::take(payload) {
            Payload::Small(payload) if outgoing.cancel.is_none() => {
                (None, outgoing.order(&self.subchannel, &self.settings, payload).await?)
            }
            // Large, or what has come must be at hand when the call is cancelled.
            payload => {
                let Opened { response, mut stream, permit, .. } =
                    outgoing.open(&self.subchannel, &self.settings).await?;
                let download = Download::new(response, Timer::new(outgoing.deadline), permit);
                let upload = match payload {
                    Payload::Large(outbound) => Some(Upload { stream, outbound: *outbound }),
                    Payload::Small(payload) => {
                        let _ = stream.send_data(payload, true);
                        None
                    }
                };
                (upload, Box::new(Made { download, chunk: None }))
            }
        };
        let Made { download, chunk } = &mut *made;
        let mut single = Single::new(self.settings.intake());
        single.begin(download, chunk.take()).map_err(Failure::from)?;
        let mut cancelled = outgoing.cancelled();
        let result = poll_fn(|cx| {
            if cancelled.as_mut().is_some_and(|cancelled| cancelled.as_mut().poll(cx).is_ready()) {
                cancelled = None;
                download.abandon(cancel::cancelled());
            }
            if upload.as_mut().is_some_and(|upload| upload.poll(cx).is_ready()) {
                upload = None;
            }
            single.poll(download, cx)
        });
        let result = result.await;
        if let Some(mut upload) = upload
            && download.is_ended_by_peer()
        {
            // C17: it wants nothing more; to drop the stream would say CANCEL.
            upload.stream.send_reset(Reason::NO_ERROR);
        }
        result.map_err(|status| Failure { status, unprocessed: download.is_unprocessed() })
    }
}

/// The status of a call that has failed, perhaps without having waited: a task that
/// calls again and again lets others run now and then.
async fn in_turn(status: Status) -> Status {
    consume_budget().await;
    status
}

/// Why a call has failed.
struct Failure {
    status: Status,
    /// Whether it may be made again without being made twice.
    unprocessed: bool,
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self { status, unprocessed: false }
    }
}

/// A large message on its way, while the call's own future is polled.
struct Upload {
    stream: SendStream<Bytes>,
    outbound: Outbound,
}

impl Upload {
    /// Ready when all is sent or the stream is gone.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.outbound.poll_flush(&mut self.stream, true, None, cx).map(drop)
    }
}
